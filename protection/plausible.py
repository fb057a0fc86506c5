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
_PACK_SWING_MV = const(200)
_DEAF_POINTS = const(200)  # a jump that the current did not see; ten seconds forget it
_DEAF_LIMIT = const(600)
_STEADY_MA = const(2_000)


class Plausible:
    """Doubts about cells (`cells_odd`, `sum_off_pm`) and current (`current_odd`)."""

    def __init__(self, snap, facts):
        self.snap = snap
        self.cells_odd = 0
        self.current_odd = 0
        self.sum_off_pm = 0
        self._range_ma = facts.CURRENT_RANGE_MA
        self._cells = CELLS_MAX
        self._last_ma = 0
        self._last_pack_mv = 0
        self._points = 0
        self._suspect = False
        self._swing_mv = array("H", [0] * CELLS_MAX)
        self._swing_ma = 0
        self._still = 0
        self._swings = 0
        self._last_stack_mv = 0
        self._deaf = 0

    def load(self, limits):
        """Take over the cell count and forget every suspicion that rested on it."""
        self._cells = limits.get("cell_count")
        self._points = self._swings = self._deaf = 0
        self._still = (1 << self._cells) - 1

    def step(self):
        """Judge this sample."""
        snap = self.snap
        current_ma = snap.current_ma
        steady = -_STEADY_MA < current_ma - self._last_ma < _STEADY_MA
        self._last_ma = current_ma
        if self._deaf:
            self._deaf = self._deaf - 1 if steady else 0
        far_ma = self._range_ma
        self.current_odd = 0 if self._deaf <= _DEAF_LIMIT and -far_ma < current_ma < far_ma else 1
        if snap.cells_age_ms == 0:
            self._scan(snap, steady)

    def _scan(self, snap, steady):
        stack_mv = snap.stack_mv
        pack_mv = snap.pack_mv
        moved_mv = pack_mv - self._last_pack_mv
        self._last_pack_mv = pack_mv
        self.sum_off_pm = 0
        if steady:
            # A jump counts when the step after it shows that no load had just come or gone.
            if self._suspect:
                # Capped: a sensor that calms down is believed again within two seconds.
                self._points = min(self._points + _JUMP_POINTS, 2 * _JUMP_LIMIT)
            self._suspect = not -_JUMP_MV < moved_mv < _JUMP_MV
            if not -_PACK_SWING_MV < moved_mv < _PACK_SWING_MV:
                self._deafer(stack_mv - self._last_stack_mv)
            if not -_SWING_MA < snap.current_ma - self._swing_ma < _SWING_MA:
                self._swing(snap)
            if stack_mv and snap.stack_age_ms == 0:
                self.sum_off_pm = abs(pack_mv - stack_mv) * 1000 // stack_mv
        else:
            self._suspect = False
        self._last_stack_mv = stack_mv
        if self._points:
            self._points -= 1
        odd = self._points > _JUMP_LIMIT or snap.cell_max_mv > _CELL_TOP_MV
        if self._still and self._swings >= _SWINGS:
            # This doubt opens both gates, so no swing will come to lift it (I23): a cell
            # that moves at all does.
            self._moved(snap.cell_mv)
            odd = odd or self._still
        self.cells_odd = 1 if odd else 0

    def _swing(self, snap):
        # A cell that followed one of four swings is not frozen; one that followed none is.
        if self._swings >= _SWINGS:
            self._swings = 0
            self._still = (1 << self._cells) - 1
        cell_mv = snap.cell_mv
        swing_mv = self._swing_mv
        self._moved(cell_mv)
        for i in range(self._cells):
            swing_mv[i] = cell_mv[i]
        self._swing_ma = snap.current_ma
        self._swings += 1

    def _moved(self, cell_mv):
        swing_mv = self._swing_mv
        for i in range(self._cells):
            if cell_mv[i] != swing_mv[i]:
                self._still &= ~(1 << i)

    def _deafer(self, stack_moved_mv):
        # Cells and stack agree that the whole pack jumped, and the current saw nothing.
        if not -_PACK_SWING_MV < stack_moved_mv < _PACK_SWING_MV:
            self._deaf = min(self._deaf + _DEAF_POINTS, _DEAF_LIMIT + _DEAF_POINTS)
