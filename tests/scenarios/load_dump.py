"""A load of the full current comes and goes: nothing may trip."""

TITLE = "200 A for 20 s, dumped at once, three times"
PACK = {"chemistry": 2, "soc": 0.6}
DO = (
    (10, "load", "amps", 200.0),
    (30, "unload"),
    (40.025, "load", "amps", 200.0),
    (60.01, "unload"),
    (70, "load", "amps", 200.0),
    (90, "unload"),
)
UNTIL_S = 120
EXPECT = ((2, 0.1, "gates both on"),)
