"""Charging waits until the pack is warm enough; the load does not have to."""

TITLE = "charge UTP at 0 °C, released at 5 °C"
PACK = {"chemistry": 2, "soc": 0.5, "ambient_c": 8.0}
SETTINGS = {"chg_utp_dc": 0, "chg_utpr_dc": 50}
DO = (
    (10, "temperature", -1.0),
    (10, "ambient", -1.0),
    (20, "charger", 29.2, 20.0),
    (60, "temperature", 4.0),
    (60, "ambient", 4.0),
    (100, "temperature", 6.0),
    (100, "ambient", 6.0),
)
UNTIL_S = 130
# temp_delay_ms is 2000; 4 °C lies inside the hysteresis and releases nothing.
EXPECT = (
    (2, 0.1, "gates both on"),
    (12, 0.1, "chg_utp"),
    (12, 0.1, "gates discharge only"),
    (102, 0.1, "chg_utp released"),
    (102, 0.1, "gates both on"),
)
