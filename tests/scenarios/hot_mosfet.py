"""A hot MOSFET pair opens both ways and cools until it may close again."""

TITLE = "MOS OTP at 75 °C, released at 70 °C"
PACK = {"chemistry": 2, "soc": 0.5}
DO = (
    (5, "load", "amps", 60.0),
    (10, "mos", 80.0),
)
UNTIL_S = 90
# Open, it cools from 80 to 70 °C towards 25 °C with 150 s: 150 · ln(55 / 45) = 30 s.
EXPECT = (
    (2, 0.1, "gates both on"),
    (12, 0.1, "mos_otp"),
    (12, 0.1, "gates both off"),
    (42.5, 2.5, "mos_otp released"),
    (42.5, 2.5, "gates both on"),
)
