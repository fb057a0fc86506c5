"""A fitted battery sensor comes off: charging ends within 1 s, the load after 10 minutes."""

TITLE = "T1 open (D22)"
PACK = {"chemistry": 2, "soc": 0.6}
DO = (
    (10, "fault", "t1", "open"),
    (700, "heal", "t1"),
)
UNTIL_S = 720
EXPECT = (
    (2, 0.1, "gates both on"),
    (10.6, 0.3, "temp_lost"),
    (10.6, 0.3, "gates discharge only"),
    (610, 0.2, "temp_lost_long"),
    (610, 0.2, "gates both off"),
    (702, 0.1, "temp_lost released"),
    (702, 0.1, "temp_lost_long released"),
    (702, 0.1, "gates both on"),
)
