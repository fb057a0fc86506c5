"""Plausible: readings that came in time and still cannot be true.

Theory of operation. Four doubts, each a small integer that a row of the table judges.
The current of a step is a mean and a cell's voltage is not, so the two are compared only
where the current stands: in a step whose mean is that of the step before.
Range: a cell above the converter's end, a current beyond what the shunt amplifier can
show. Rate: a cell that jumps while the current stands still; three jumps within a
second or so are a sensor, one is a glitch. Frozen: a cell that did not move by 1 mV
while the current moved by 20 A, four times over; and the mirror of it, a current that
did not move while the whole pack jumped. Sum: the cells against the stack measured as
one, at a steady current only, because the two are not sampled at the same instant.
"""

from array import array

from micropython import const

from firmware.snapshot import CELLS_MAX

_CELL_TOP_MV = const(5000)  # manual table 1: 1..5 V
_JUMP_MV = const(300)
_JUMP_POINTS = const(8)  # one jump is worth this much, each quiet scan takes one off
_JUMP_LIMIT = const(16)
_SWING_MA = const(20_000)
_SWINGS = const(4)
_PACK_SWING_MV = const(30)  # per cell
_STEADY_MA = const(2_000)


class Plausible:
    """Doubts about cells (`cells_odd`, `sum_off_pm`) and current (`current_odd`)."""

    def __init__(self, snap, facts):
        self.snap = snap
        self.cells_odd = 0
        self.current_odd = 0
        self.sum_off_pm = 0
        self._range_ma = facts.CURRENT_RANGE_MA
        self._cells = 0
        self._last_mv = array("H", [0] * CELLS_MAX)
        self._last_ma = 0
        self._points = 0
        self._suspect = False
        self._swing_mv = array("H", [0] * CELLS_MAX)
        self._swing_ma = 0
        self._still = 0
        self._swings = 0
        self._stack_mv = 0
        self._deaf = 0

    def load(self, limits):
        """Take over the cell count and forget every suspicion that rested on it."""
        self._cells = limits.get("cell_count")
        self._points = self._swings = self._deaf = 0
        self._still = (1 << self._cells) - 1

    def step(self, dt_ms):
        """Judge this sample; `dt_ms` is the time since the last one."""
        snap = self.snap
        current_ma = snap.current_ma
        moved_ma = abs(current_ma - self._last_ma)
        out = abs(current_ma) >= self._range_ma
        self._deafness(snap, moved_ma)
        self.current_odd = 1 if out or self._deaf >= _SWINGS else 0
        if snap.cells_age_ms == 0:
            self._cells_fresh(snap, moved_ma)
        self._last_ma = current_ma

    def _cells_fresh(self, snap, moved_ma):
        steady = moved_ma < _STEADY_MA
        cell_mv = snap.cell_mv
        last_mv = self._last_mv
        jumped = False
        for i in range(self._cells):
            mv = cell_mv[i]
            if steady and abs(mv - last_mv[i]) > _JUMP_MV:
                jumped = True
            last_mv[i] = mv
        # A jump counts when the step after it shows that no load had just come or gone.
        if self._suspect and steady:
            # Capped, so that a sensor that calms down is believed again within two seconds.
            self._points = min(self._points + _JUMP_POINTS, 2 * _JUMP_LIMIT)
        elif self._points:
            self._points -= 1
        self._suspect = jumped
        if steady and abs(snap.current_ma - self._swing_ma) >= _SWING_MA:
            self._swing(snap)
        frozen = self._swings >= _SWINGS and self._still
        out = snap.cell_max_mv > _CELL_TOP_MV
        self.cells_odd = 1 if out or frozen or self._points > _JUMP_LIMIT else 0
        if steady and snap.stack_age_ms == 0 and snap.stack_mv:
            self.sum_off_pm = abs(snap.pack_mv - snap.stack_mv) * 1000 // snap.stack_mv
        else:
            self.sum_off_pm = 0

    def _swing(self, snap):
        # A cell that followed one of four swings is not frozen; one that followed none is.
        if self._swings >= _SWINGS:
            self._swings = 0
            self._still = (1 << self._cells) - 1
        cell_mv = snap.cell_mv
        swing_mv = self._swing_mv
        for i in range(self._cells):
            if cell_mv[i] != swing_mv[i]:
                self._still &= ~(1 << i)
            swing_mv[i] = cell_mv[i]
        self._swing_ma = snap.current_ma
        self._swings += 1

    def _deafness(self, snap, moved_ma):
        if snap.stack_age_ms:
            return
        swing_mv = abs(snap.stack_mv - self._stack_mv)
        self._stack_mv = snap.stack_mv
        if moved_ma >= _STEADY_MA:
            self._deaf = 0
        elif swing_mv > _PACK_SWING_MV * self._cells and self._deaf < _SWINGS:
            self._deaf += 1
