"""The tap between cells 3 and 4 comes off: both read nothing, the stack disagrees."""

TITLE = "tap 3 lost for 50 s"
PACK = {"chemistry": 2, "soc": 0.6}
DO = (
    (5, "load", "amps", 20.0),
    (10, "fault", "tap3", "open"),
    (60, "heal", "tap3"),
)
UNTIL_S = 80
EXPECT = (
    (2, 0.1, "gates both on"),
    (11, 0.1, "cell_uvp"),
    (11, 0.1, "deep_discharge"),
    (11, 0.1, "cell_count"),
    (11, 0.1, "gates both off"),
    (13.05, 0.1, "sum_mismatch"),  # 2 s of steady current: the count began anew at 11 s
    (61, 0.1, "cell_uvp released"),
    (61, 0.1, "deep_discharge released"),
    (61, 0.1, "cell_count released"),
    (62, 0.2, "sum_mismatch released"),
    (62, 0.2, "gates both on"),
)
