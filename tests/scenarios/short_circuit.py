"""A short is cut by hardware; three releases into it, then a latch until it is removed."""

TITLE = "10 mOhm short with 5 uH, SCPR time 60 s"
PACK = {"chemistry": 2, "soc": 0.9}
DO = (
    (10, "load", "short", 0.01, 5e-6),
    (260, "unload"),
)
UNTIL_S = 280
EXPECT = (
    (2, 0.3, "gates both on"),
    (10.05, 0.05, "dsg_scp"),
    (10.05, 0.05, "gates both off"),
    (70.1, 0.3, "dsg_scp released"),
    (70.1, 0.3, "gates both on"),
    (70.15, 0.3, "dsg_scp"),
    (70.15, 0.3, "gates both off"),
    (130.2, 0.3, "dsg_scp released"),
    (130.2, 0.3, "gates both on"),
    (130.25, 0.3, "dsg_scp"),
    (130.25, 0.3, "gates both off"),
    (190.3, 0.3, "dsg_scp released"),
    (190.3, 0.3, "gates both on"),
    (190.35, 0.3, "dsg_scp"),
    (190.35, 0.3, "scp_tries"),
    (190.35, 0.3, "gates both off"),
    (250.4, 0.3, "dsg_scp released"),
    (262, 0.1, "scp_tries released"),
    (262, 0.1, "gates both on"),
)
