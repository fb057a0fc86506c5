"""Presence: what the board does about whether somebody is there: D1, and the idle mode.

D1 is on while a central is connected (D30). Otherwise it flashes: half a second on and off;
two short flashes every two seconds on a board that is not configured, three on one that
failed its self-test.

After a minute without a central, a charger, a current or a transfer the board idles: the
processor is clocked down and the radio is heard of less often. The control step keeps its
period and all that it does, so every reaction time holds.
"""

from micropython import const

from protection.table import NOT_CONFIGURED, SELF_TEST

_ROUND_MS = const(2000)
_FLASH_MS = const(500)
_SHORT_MS = const(150)
_CALM_MS = const(60_000)
_REST = const(1)  # the balancer's stages up to this one move nothing


class Presence:
    """D1 and idle mode of `bms`; `tick` is called every few ten milliseconds."""

    def __init__(self, bms):
        self.is_idle = False
        self._bms = bms
        self._flowing_ma = bms.board.facts.FULL_SCALE_MA // 1000
        self._at_ms = 0
        self._calm_ms = 0

    def tick(self, dt_ms, is_connected):
        """Let time pass."""
        snap = self._bms.snap
        power = self._bms.board.power
        at_ms = self._at_ms = (self._at_ms + dt_ms) % _ROUND_MS
        if is_connected:
            on = True
        elif snap.own_word & SELF_TEST:
            on = _short(at_ms, 3)
        elif snap.own_word & NOT_CONFIGURED:
            on = _short(at_ms, 2)
        else:
            on = at_ms % (2 * _FLASH_MS) < _FLASH_MS
        power.led(on)
        if (
            is_connected
            or snap.charger_present
            or not -self._flowing_ma <= snap.current_ma <= self._flowing_ma
            or snap.bal_stage > _REST
        ):
            self._calm_ms = 0
        elif self._calm_ms < _CALM_MS:
            self._calm_ms += dt_ms
        if self.is_idle != (self._calm_ms >= _CALM_MS):
            self.is_idle = not self.is_idle
            power.idle(self.is_idle)


def _short(at_ms, count):
    return at_ms < 2 * count * _SHORT_MS and at_ms % (2 * _SHORT_MS) < _SHORT_MS
