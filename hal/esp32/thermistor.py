"""Thermistor: 10 kOhm NTC (B 3950 K) below 10 kOhm to 2.5 V, as an integer table.

The table holds the voltage in mV every 10 degC from -40 to 120 degC; between two entries
a straight line is off by less than 0.7 degC from -20 to 90 degC. An open sensor reads the
reference, a shorted one nothing; neither is a temperature.
"""

from micropython import const

_FIRST_DC = const(-400)
_STEP_DC = const(100)
_OPEN_MV = const(2460)
_SHORT_MV = const(60)

# round(2500 * r / (r + 10)), r = 10 * exp(3950 * (1 / (273.15 + t) - 1 / 298.15)) kOhm.
TABLE_MV = (
    2439, 2381, 2283, 2134, 1927, 1671, 1391, 1114, 866, 660, 498, 374, 282, 213, 163, 126, 98,
)  # fmt: skip


class Thermistor:
    """One sensor on `adc`, whose `read_uv()` gives the voltage in uV."""

    def __init__(self, adc):
        self._adc = adc

    def read(self):
        """Temperature in 0.1 degC, or None where the sensor is open or short."""
        return convert(self._adc.read_uv() // 1000)


def convert(mv):
    """Voltage in mV to 0.1 degC, or None for open and short."""
    if mv > _OPEN_MV or mv < _SHORT_MV:
        return None
    table = TABLE_MV
    at = 1
    while at < len(table) - 1 and table[at] > mv:
        at += 1
    above = table[at - 1]
    below = table[at]
    return _FIRST_DC + (at - 1) * _STEP_DC + (above - mv) * _STEP_DC // (above - below)
