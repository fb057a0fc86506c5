"""The manual's example of 5.3.2 l: 10 A for 10 s opens, 50 s later it closes again."""

TITLE = "charge OCP 10 A / 10 s / 50 s into a 15 A charger; the fourth trip latches"
PACK = {"chemistry": 2, "soc": 0.5}
SETTINGS = {"chg_limit_ma": 10_000, "chg_ocp_delay_s": 10, "chg_ocpr_s": 50}
DO = (
    (10, "charger", 29.2, 15.0),
    (300, "unplug"),
)
UNTIL_S = 320
EXPECT = (
    (2, 0.1, "gates both on"),
    (20, 0.1, "chg_ocp"),
    (20, 0.1, "gates discharge only"),
    (70, 0.2, "chg_ocp released"),
    (70, 0.2, "gates both on"),
    (80, 0.3, "chg_ocp"),
    (80, 0.3, "gates discharge only"),
    (130, 0.4, "chg_ocp released"),
    (130, 0.4, "gates both on"),
    (140, 0.5, "chg_ocp"),
    (140, 0.5, "gates discharge only"),
    (190, 0.6, "chg_ocp released"),
    (190, 0.6, "gates both on"),
    (200, 0.7, "chg_ocp"),
    (200, 0.7, "chg_tries"),
    (200, 0.7, "gates discharge only"),
    (250, 0.9, "chg_ocp released"),
    (302, 0.2, "chg_tries released"),
    (302, 0.2, "gates both on"),
)
