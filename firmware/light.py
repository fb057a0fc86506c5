"""Light: what D1 shows. While nobody is connected it flashes, and its flashes can be read.

Connected: on (D30). Otherwise half a second on and off; two short flashes every two
seconds on a board that is not configured, three on one that failed its self-test.
"""

from micropython import const

from protection.table import NOT_CONFIGURED, SELF_TEST

_ROUND_MS = const(2000)
_FLASH_MS = const(500)
_SHORT_MS = const(150)


class Light:
    """D1 of `bms`; `tick` is called every few ten milliseconds."""

    def __init__(self, bms):
        self._bms = bms
        self._at_ms = 0

    def tick(self, dt_ms, is_connected):
        """Let time pass."""
        at_ms = self._at_ms = (self._at_ms + dt_ms) % _ROUND_MS
        own_word = self._bms.snap.own_word
        if is_connected:
            on = True
        elif own_word & SELF_TEST:
            on = _short(at_ms, 3)
        elif own_word & NOT_CONFIGURED:
            on = _short(at_ms, 2)
        else:
            on = at_ms % (2 * _FLASH_MS) < _FLASH_MS
        self._bms.board.power.led(on)


def _short(at_ms, count):
    return at_ms < 2 * count * _SHORT_MS and at_ms % (2 * _SHORT_MS) < _SHORT_MS
