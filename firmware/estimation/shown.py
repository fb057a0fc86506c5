"""The figure people see: it follows the counted charge and drifts to the estimate.

It departs from what was counted by at most 1 % a minute, so a correction is
never a jump, except at the full and empty anchors or when a person sets it.
100 % is shown only after a full charge was detected, 0 % only at the empty
anchor; from 100 % on it comes to an estimate that is lower only by as much
again as is used.
"""

_WHOLE_S = 6000.0  # for 100 % at 1 % a minute
_NOT_FULL = 0.995
_NOT_EMPTY = 0.005


class Shown:
    """soc, 0..1, for the display; a person, or what was stored, may set it."""

    def __init__(self, soc=0.0):
        self.soc = soc
        self.was_full = False

    def follow(self, counted, estimate, dt_s, is_full, is_empty):
        """counted: SOC gained by counting since the last call."""
        if is_full:
            self.was_full = True
            self.soc = 1.0
            return
        if is_empty:
            self.soc = 0.0
            return
        soc = self.soc + counted
        step = dt_s / _WHOLE_S
        if self.was_full:
            step = min(step, abs(counted))
        away = estimate - soc
        soc += min(max(away, -step), step)
        if counted < 0.0 and soc < _NOT_FULL:
            self.was_full = False
        high = 1.0 if self.was_full else _NOT_FULL
        self.soc = min(max(soc, _NOT_EMPTY), high)
