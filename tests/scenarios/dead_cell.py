"""One cell is dead: nothing may charge it, and the board does not wait for the others."""

TITLE = "cell 5 far below the deep-discharge floor; deep sleep after ten minutes"
PACK = {"chemistry": 2, "soc": 0.6}
DO = ((10, "soc", 5, -0.005),)
UNTIL_S = 700
EXPECT = (
    (2, 0.1, "gates both on"),
    (11, 0.1, "cell_uvp"),
    (11, 0.1, "deep_discharge"),
    (11, 0.1, "gates both off"),
    (610, 0.2, "deep_sleep"),
    (610, 0.2, "power off"),
)
