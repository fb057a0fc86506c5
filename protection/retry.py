"""Retry: timed releases are given three times in a row; the fourth trip latches (D11).

The manual lets over-current and short-circuit protection release by time alone, for
ever, into whatever fault is still there. Three releases are the manual's; the fourth
trip stays until the load or the charger was removed, an authorised person clears it, or
never came because the direction conducted long enough without exceeding its limit.
"""

from micropython import const

LIMIT = const(3)  # trips that still release by themselves

_CALM_MS = const(60_000)  # on top of the rule's own delay
_REMOVED_MS = const(2_000)
_FLOWING_PM = const(1)  # conducting: above 0.1 % of full scale


class Retry:
    """`count` trips in a row; the row that judges it latches above `LIMIT`."""

    def __init__(self, facts):
        self.count = 0
        self._flowing_ma = facts.FULL_SCALE_MA * _FLOWING_PM // 1000
        self._calm_ms = 0
        self._removed_ms = 0
        self._enough_ms = _CALM_MS

    def load(self, delay_ms):
        """`delay_ms`: the trip delay of the rule that is watched."""
        self._enough_ms = _CALM_MS + delay_ms

    def trip(self):
        """The watched rule tripped, or the board restarted by itself after a short."""
        self.count += 1
        self._calm_ms = self._removed_ms = 0

    def clear(self):
        """An authorised person cleared the latch, or its cause is gone."""
        self.count = 0
        self._calm_ms = self._removed_ms = 0

    def step(self, flowing_ma, limit_ma, attached, dt_ms):
        """Forget the count after enough calm conduction, the latch after a removal."""
        if not self.count:
            return
        if self.count > LIMIT:
            self._removed_ms = 0 if attached else self._removed_ms + dt_ms
            if self._removed_ms >= _REMOVED_MS:
                self.clear()
        elif flowing_ma > limit_ma:
            self._calm_ms = 0
        elif flowing_ma > self._flowing_ma:
            self._calm_ms += dt_ms
            if self._calm_ms >= self._enough_ms:
                self.clear()
