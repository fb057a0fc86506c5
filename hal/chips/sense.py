"""Sense: two 74HC165 in a row that take sixteen lines in one instant.

The last line is wired to ground and the first one to 3.3 V: a register that is dead, or a
wire that is stuck, does not show both, and is not believed.
"""

from micropython import const

CHG_GATE = const(1 << 1)
DSG_GATE = const(1 << 2)
LEASE = const(1 << 3)
CHG_SHORT = const(1 << 4)
DSG_SHORT = const(1 << 5)
CHARGER = const(1 << 6)
LOAD = const(1 << 7)
BUTTON = const(1 << 8)

_MARKS = const(0x8001)
_ONE = const(0x0001)


class Sense:
    """`lines` is the last good word."""

    def __init__(self, spi, shift):
        self._spi = spi
        self._shift = shift
        self._word = bytearray(2)
        self.lines = _ONE

    def read(self):
        """Take the lines; False when the registers are not to be believed."""
        self._shift(1)  # held, and their buffer drives MISO
        self._spi.readinto(self._word)
        self._shift(0)
        lines = self._word[0] << 8 | self._word[1]
        if lines & _MARKS != _ONE:
            return False
        self.lines = lines
        return True
