"""The pack runs empty, the board cuts its own supply, a charger wakes it."""

TITLE = "discharge at 20 A to UVP, drain to power-off, wake by charger"
PACK = {"chemistry": 2, "soc": 0.05, "capacity_ah": 20.0}
DO = (
    (10, "load", "amps", 20.0),
    (400, "unload"),
    (400, "drain", 2.0),
    (560, "drain", 0.0),
    (1000, "charger", 29.2, 10.0),
)
UNTIL_S = 1800
# 1 Ah at 20 A lasts 180 s at most; the last per cents lie below 2.60 V under load.
EXPECT = (
    (2, 0.1, "gates both on"),
    (150, 40, "cell_uvp"),
    (150, 40, "gates charge only"),
    # 2 A out of 20 Ah cells take them from about 2.95 V to 2.50 V in some 150 s.
    (550, 20, "power_off"),
    (550, 20, "gates both off"),
    (550, 20, "power off"),
    (1000.05, 0.1, "power on"),
    (1002.1, 0.2, "gates charge only"),
    (1002.1, 0.2, "gates both on"),  # assist: charging spares the discharge body diode
    (1002.3, 0.3, "cell_uvp"),
    (1300, 290, "cell_uvp released"),
)
