"""No setting shortens the wait after a short: the SCPR time of the trip holds."""

TITLE = "SCPR lowered from 60 s to 2 s while a short is held open"
PACK = {"chemistry": 2, "soc": 0.9}
DO = (
    (10, "load", "short", 0.01, 5e-6),
    (12, "unload"),
    (20, "set", "scpr_s", 2),
)
UNTIL_S = 90
EXPECT = (
    (2, 0.1, "gates both on"),
    (10.05, 0.05, "dsg_scp"),
    (10.05, 0.05, "gates both off"),
    (70.1, 0.1, "dsg_scp released"),
    (70.1, 0.1, "gates both on"),
)
