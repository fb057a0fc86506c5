"""The manual's example of 5.3.2 m: 100 A for 10 s opens, 50 s later it closes again."""

TITLE = "discharge OCP 100 A / 10 s / 50 s at 120 A, once; then 99 A for ever"
PACK = {"chemistry": 2, "soc": 0.9}
SETTINGS = {"dsg_limit_ma": 100_000, "dsg_ocp_delay_s": 10, "dsg_ocpr_s": 50}
DO = (
    (10, "load", "amps", 120.0),
    (15, "load", "amps", 99.0),  # ten seconds in a row, so this starts the count anew
    (16, "load", "amps", 120.0),
    (60, "load", "amps", 99.0),
)
UNTIL_S = 200
EXPECT = (
    (2, 0.1, "gates both on"),
    (26, 0.1, "dsg_ocp"),
    (26, 0.1, "gates charge only"),
    (76, 0.2, "dsg_ocp released"),
    (76, 0.2, "gates both on"),
)
