"""The processor stalls: the lease lapses by itself, a long stall ends in a reset."""

TITLE = "a step lost for 150 ms, 600 ms and 10 s while 50 A flow"
PACK = {"chemistry": 2, "soc": 0.6}
DO = (
    (5, "load", "amps", 50.0),
    (10, "fault", "clock", "stall", 150),
    (20, "fault", "clock", "stall", 600),
    (30, "fault", "clock", "stall", 10_000),
)
UNTIL_S = 120
# 150 ms stay within the lease of 300 ms. After 600 ms the gates have fallen and close again
# with the next complete step. The watchdog (2 s) resets, and a reset that nobody asked for
# waits the SCPR time of 60 s (D11).
EXPECT = (
    (2, 0.1, "gates both on"),
    (20.65, 0.1, "gates both off"),
    (20.7, 0.1, "gates both on"),
    (40.1, 0.1, "gates both off"),
    (40.1, 0.1, "reset"),
    (42.7, 0.2, "restart_hold"),
    (100.4, 0.2, "restart_hold released"),
    (100.4, 0.2, "gates both on"),
)
