"""The discharge MOSFET is welded: switched off, the load current flows on."""

TITLE = "welded discharge MOSFET at 50 A; latched until an authorised clear (D36)"
PACK = {"chemistry": 2, "soc": 0.6}
DO = (
    (5, "load", "amps", 50.0),
    (10, "fault", "dsg", "welded"),
    (20, "set", "dsg_switch_on", 0),
    (40, "unload"),
    (50, "heal", "dsg"),
    (60, "set", "dsg_switch_on", 1),
    (70, "clear"),
)
UNTIL_S = 80
EXPECT = (
    (2, 0.1, "gates both on"),
    (20.05, 0.1, "gates charge only"),
    (22.1, 0.1, "dsg_welded"),
    (70.05, 0.1, "dsg_welded released"),
    (70.05, 0.1, "gates both on"),
)
