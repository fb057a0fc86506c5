"""Eight cells are set, seven are wired: neither MOSFET may close (D26)."""

TITLE = "8 cells set, 7 wired"
PACK = {"chemistry": 2, "count": 7, "soc": 0.6}
SETTINGS = {"cell_count": 8}
DO = ((10, "charger", 25.5, 20.0),)
UNTIL_S = 60
EXPECT = (
    (2.3, 0.3, "cell_uvp"),
    (2.3, 0.3, "deep_discharge"),
    (2.3, 0.3, "cell_count"),
)
