"""TapMatrix: three 74HC595 that connect one cell to the tap bus, and a few lines more.

Theory of operation. Even taps close onto bus A, odd taps onto bus B. Cell i lies between
tap i and tap i + 1, so at most two neighbours are ever closed; two taps of one bus would
short a cell. Odd cells arrive the other way round: the crossed pair of polarity switches
turns them for the balancer, the sign for the ADC. Every change first opens the series
switch, then all taps (break before make), and closes the new ones after `_BREAK_US`.

The lines that share the registers (short-circuit delay ladder, latch reset) keep their
state: a 74HC595 moves all outputs at once and those that do not change do not glitch.
Their outputs are off until the first word is in place (OE has a pull-up).
"""

from micropython import const

NOTHING = const(255)

_STRAIGHT = const(1 << 9)
_CROSSED = const(1 << 10)
_SERIES = const(1 << 11)
_GIVE = const(1 << 12)
_LATCH_RESET = const(1 << 13)
_DELAY_AT = const(14)  # five bits

_BREAK_US = const(60)  # a tap switch opens within 40 us
_SETTLE_US = const(150)  # the bus follows the new cell to 0.1 mV
_RESET_US = const(5)


class TapMatrix:
    """`cell` is what the bus carries, `lent` whether the balancer has it."""

    def __init__(self, spi, latch, disable, wait_us):
        self._spi = spi
        self._latch = latch
        self._disable = disable
        self._wait_us = wait_us
        self._word = bytearray(3)
        self._keep = 0
        self.cell = NOTHING
        self.lent = False

    def start(self):
        """Everything open, then let the outputs drive."""
        self._send(self._keep)
        self._disable(0)

    def open_all(self):
        """Series switch first, then every tap."""
        if self.lent:
            # The converter loses its path before the taps move.
            self._send(self._keep | self._taps(self.cell))
        self._send(self._keep)
        self._wait_us(_BREAK_US)
        self.cell = NOTHING
        self.lent = False

    def connect(self, cell):
        """Put `cell` on the bus for the ADC."""
        self.open_all()
        self._send(self._keep | self._taps(cell))
        self._wait_us(_SETTLE_US)
        self.cell = cell

    def lend(self, cell, give):
        """Put `cell` on the bus, right way round, and connect the balancer to it."""
        self.open_all()
        word = self._keep | self._taps(cell) | (_CROSSED if cell & 1 else _STRAIGHT)
        if give:
            word |= _GIVE
        self._send(word)
        self._wait_us(_BREAK_US)
        self._send(word | _SERIES)
        self.cell = cell
        self.lent = True

    def set_delay(self, code):
        """The short-circuit comparator's delay ladder, 0..31."""
        self._keep = code << _DELAY_AT
        self.open_all()

    def reset_latch(self):
        """Let go of the short-circuit latch."""
        self.open_all()
        self._send(self._keep | _LATCH_RESET)
        self._wait_us(_RESET_US)
        self._send(self._keep)

    def _taps(self, cell):
        return 0 if cell == NOTHING else 3 << cell

    def _send(self, word):
        data = self._word
        data[0] = word >> 16
        data[1] = word >> 8 & 0xFF
        data[2] = word & 0xFF
        self._spi.write(data)
        self._latch(1)
        self._latch(0)
