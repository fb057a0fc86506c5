"""Signals: the numbers that the rules judge, derived from the snapshot once per step.

Each index names one slot of an `array('i')`. A slot that has no meaning at the moment
(no sensor fitted, charger attached) holds a value that trips nothing.
"""

from array import array

from micropython import const

from firmware.snapshot import ABSENT_DC
from protection.mosfet import Mosfets
from protection.plausible import Plausible
from protection.rule import CHG, DSG

CELL_MAX_MV = const(0)
CELL_MIN_MV = const(1)
CHG_MA = const(2)
DSG_MA = const(3)
TEMP_MAX_DC = const(4)
TEMP_MIN_DC = const(5)
MOS_DC = const(6)
SUM_OFF_PM = const(7)
# Judged every step: what trips below its limit, and what trips above.
LOWS = (CELL_MIN_MV, TEMP_MIN_DC)
HIGHS = (CELL_MAX_MV, CHG_MA, DSG_MA, TEMP_MAX_DC, MOS_DC, SUM_OFF_PM)
REST_MAX_MV = const(8)
REST_MIN_MV = const(9)
# From here on a signal is 0 while all is well, and no rule on it trips at 0.
ALARMS = const(10)
CELLS_AGE_MS = const(10)
CURRENT_AGE_MS = const(11)
STACK_AGE_MS = const(12)
TEMP_AGE_MS = const(13)
MOS_AGE_MS = const(14)
CHG_SHORT = const(15)
DSG_SHORT = const(16)
TAPS_WRONG = const(17)
CELLS_ODD = const(18)
CURRENT_ODD = const(19)
CHG_DISOBEYS = const(20)
DSG_DISOBEYS = const(21)
CHG_LEAK_MA = const(22)
DSG_LEAK_MA = const(23)
WIRES_BAD = const(24)
CHG_TRIES = const(25)
DSG_TRIES = const(26)
SHORT_TRIES = const(27)
UNCONFIGURED = const(28)
STORE_BAD = const(29)
BOARD_WRONG = const(30)
NOTHING = const(31)
COUNT = const(32)

_FULL_MV = const(8191)  # above every limit: no power-off while a charger is attached
_STALE_CELLS_MS = const(800)
_SUM_OFF_PM = const(20)
_ROOM_DC = const(250)


class Signals:
    """Derives `values` from `snap`; `load` before the first `step`."""

    def __init__(self, snap, board, retries):
        self.snap = snap
        self._board = board
        self.values = array("i", [0] * COUNT)
        self._room()
        self.alarms = memoryview(self.values)[ALARMS:]
        self.calm = array("i", [0] * (COUNT - ALARMS))  # what `alarms` are while all is well
        self.plausible = Plausible(snap, board.facts)
        self.mosfets = Mosfets(snap, self.values)
        self._retries = retries
        self._fitted = 0
        self._t1_dc = self._t2_dc = ABSENT_DC

    def load(self, limits):
        """Take over the fitted sensors (bit 0 T1, bit 1 T2) and the chemistry."""
        self._fitted = limits.get("sensors_fitted")
        self._t1_dc = ABSENT_DC  # judge anew
        if not self._fitted:
            self._room()
        self.values[UNCONFIGURED] = 0 if limits.get("chemistry") else 1
        self.tested()
        self.plausible.load(limits)

    def _room(self):
        # Without a sensor no temperature is judged, nor the last one of a sensor removed.
        self.values[TEMP_MAX_DC] = self.values[TEMP_MIN_DC] = _ROOM_DC
        self.values[TEMP_AGE_MS] = 0

    def tested(self):
        """Copy what the board's self-test found; any of it keeps both MOSFETs open."""
        self.values[BOARD_WRONG] = self._board.wrong

    def store_failed(self, failed):
        """The stored settings could not be read: both MOSFETs stay open until they can."""
        self.values[STORE_BAD] = 1 if failed else 0

    def step(self):
        """Fill `values` from this step's sample; allocates nothing."""
        snap = self.snap
        values = self.values
        plausible = self.plausible
        plausible.step()
        self.mosfets.step()
        values[CELL_MAX_MV] = snap.cell_max_mv
        values[CELL_MIN_MV] = snap.cell_min_mv
        current_ma = snap.current_ma
        if current_ma > 0:
            values[CHG_MA] = current_ma
            values[DSG_MA] = 0
        else:
            values[CHG_MA] = 0
            values[DSG_MA] = -current_ma
        values[MOS_DC] = snap.mos_dc
        values[SUM_OFF_PM] = plausible.sum_off_pm
        values[CELLS_AGE_MS] = snap.cells_age_ms
        values[CURRENT_AGE_MS] = snap.current_age_ms
        values[STACK_AGE_MS] = snap.stack_age_ms
        values[MOS_AGE_MS] = snap.mos_age_ms
        short_mask = snap.short_mask
        values[CHG_SHORT] = short_mask & CHG
        values[DSG_SHORT] = short_mask & DSG
        values[TAPS_WRONG] = snap.taps_wrong
        values[CELLS_ODD] = plausible.cells_odd
        values[CURRENT_ODD] = plausible.current_odd
        values[WIRES_BAD] = snap.wire_bad | snap.wire_open
        # What was judged of the temperatures holds until a reading or an age is another one.
        if (
            snap.t1_age_ms
            or snap.t2_age_ms
            or snap.t1_dc != self._t1_dc
            or snap.t2_dc != self._t2_dc
        ):
            self._temperatures(snap, values)

    def count_tries(self):
        """Copy the retry counts, after a trip or a clear changed one."""
        values = self.values
        values[CHG_TRIES] = self._retries[0].count
        values[DSG_TRIES] = self._retries[1].count
        values[SHORT_TRIES] = self._retries[2].count

    def rest(self):
        """Fill the two signals of power-off, which are asked for only near its limit.

        Power-off judges fresh, believable scans: a lost reading must not power the board
        off (D7). A dead cell is believable: the stack agrees with the sum.
        """
        snap = self.snap
        values = self.values
        if (
            snap.charger_present
            or snap.cells_age_ms > _STALE_CELLS_MS
            or values[CELLS_ODD]
            or values[SUM_OFF_PM] > _SUM_OFF_PM
        ):
            values[REST_MAX_MV] = values[REST_MIN_MV] = _FULL_MV
        else:
            values[REST_MAX_MV] = snap.cell_max_mv
            values[REST_MIN_MV] = snap.cell_min_mv

    def _temperatures(self, snap, values):
        # The hottest for OTP, the coldest for UTP (D22). A sensor that fell silent keeps
        # its last value in the judgement, so losing it releases nothing.
        fitted = self._fitted
        t1_dc = snap.t1_dc
        t2_dc = snap.t2_dc
        if not fitted:
            return
        self._t1_dc = ABSENT_DC if snap.t1_age_ms or snap.t2_age_ms else t1_dc
        self._t2_dc = t2_dc
        t1_dc = t1_dc if fitted & 1 else ABSENT_DC
        t2_dc = t2_dc if fitted & 2 else ABSENT_DC
        if t1_dc == ABSENT_DC:
            t1_dc = t2_dc
        elif t2_dc == ABSENT_DC:
            t2_dc = t1_dc
        if t1_dc != ABSENT_DC:
            if t1_dc > t2_dc:
                values[TEMP_MAX_DC] = t1_dc
                values[TEMP_MIN_DC] = t2_dc
            else:
                values[TEMP_MAX_DC] = t2_dc
                values[TEMP_MIN_DC] = t1_dc
        age_ms = snap.t1_age_ms if fitted & 1 else 0
        if fitted & 2 and snap.t2_age_ms > age_ms:
            age_ms = snap.t2_age_ms
        values[TEMP_AGE_MS] = age_ms
