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
CHG_SHORT = const(4)
DSG_SHORT = const(5)
TEMP_MAX_DC = const(6)
TEMP_MIN_DC = const(7)
MOS_DC = const(8)
CELLS_AGE_MS = const(9)
CURRENT_AGE_MS = const(10)
STACK_AGE_MS = const(11)
TEMP_AGE_MS = const(12)
MOS_AGE_MS = const(13)
TAPS_WRONG = const(14)
UNCONFIGURED = const(15)
SUM_OFF_PM = const(16)
CELLS_ODD = const(17)
CURRENT_ODD = const(18)
CHG_DISOBEYS = const(19)
DSG_DISOBEYS = const(20)
CHG_LEAK_MA = const(21)
DSG_LEAK_MA = const(22)
WIRES_BAD = const(23)
CHG_TRIES = const(24)
DSG_TRIES = const(25)
SHORT_TRIES = const(26)
REST_MAX_MV = const(27)
REST_MIN_MV = const(28)
STORE_BAD = const(29)
NOTHING = const(30)
COUNT = const(31)

_FULL_MV = const(8191)  # above every limit: no power-off while a charger is attached
_STALE_CELLS_MS = const(800)
_SUM_OFF_PM = const(20)
_ROOM_DC = const(250)


class Signals:
    """Derives `values` from `snap`; `load` before the first `step`."""

    def __init__(self, snap, board, retries):
        self.snap = snap
        self.values = array("i", [0] * COUNT)
        self.values[TEMP_MAX_DC] = self.values[TEMP_MIN_DC] = _ROOM_DC
        self.plausible = Plausible(snap, board.facts)
        self.mosfets = Mosfets(snap)
        self.store_bad = False
        self._retries = retries
        self._fitted = 0
        self._unconfigured = 1

    def load(self, limits):
        """Take over the fitted sensors (bit 0 T1, bit 1 T2) and the chemistry."""
        self._fitted = limits.get("sensors_fitted")
        self._unconfigured = 0 if limits.get("chemistry") else 1
        self.plausible.load(limits)

    def step(self, dt_ms):
        """Fill `values` from this step's sample; allocates nothing."""
        snap = self.snap
        values = self.values
        plausible = self.plausible
        mosfets = self.mosfets
        plausible.step(dt_ms)
        mosfets.step()

        values[CELL_MAX_MV] = snap.cell_max_mv
        values[CELL_MIN_MV] = snap.cell_min_mv
        current_ma = snap.current_ma
        values[CHG_MA] = current_ma if current_ma > 0 else 0
        values[DSG_MA] = -current_ma if current_ma < 0 else 0
        values[CHG_SHORT] = snap.short_mask & CHG
        values[DSG_SHORT] = snap.short_mask & DSG
        values[MOS_DC] = snap.mos_dc
        values[CELLS_AGE_MS] = snap.cells_age_ms
        values[CURRENT_AGE_MS] = snap.current_age_ms
        values[STACK_AGE_MS] = snap.stack_age_ms
        values[MOS_AGE_MS] = snap.mos_age_ms
        values[UNCONFIGURED] = self._unconfigured
        values[SUM_OFF_PM] = plausible.sum_off_pm
        values[CELLS_ODD] = plausible.cells_odd
        values[CURRENT_ODD] = plausible.current_odd
        values[CHG_DISOBEYS] = mosfets.chg_disobeys
        values[DSG_DISOBEYS] = mosfets.dsg_disobeys
        values[CHG_LEAK_MA] = mosfets.chg_leak_ma
        values[DSG_LEAK_MA] = mosfets.dsg_leak_ma
        values[TAPS_WRONG] = snap.taps_wrong
        values[WIRES_BAD] = snap.wire_bad | snap.wire_open
        values[STORE_BAD] = self.store_bad
        retries = self._retries
        values[CHG_TRIES] = retries[0].count
        values[DSG_TRIES] = retries[1].count
        values[SHORT_TRIES] = retries[2].count
        self._temperatures(snap, values)
        self._rest(snap, values)

    def _temperatures(self, snap, values):
        # The hottest for OTP, the coldest for UTP (D22). A sensor that fell silent keeps
        # its last value in the judgement, so losing it releases nothing.
        fitted = self._fitted
        high_dc = low_dc = ABSENT_DC
        age_ms = 0
        if fitted & 1:
            high_dc = low_dc = snap.t1_dc
            age_ms = snap.t1_age_ms
        if fitted & 2:
            t2_dc = snap.t2_dc
            if t2_dc > high_dc:
                high_dc = t2_dc
            if t2_dc != ABSENT_DC and (t2_dc < low_dc or low_dc == ABSENT_DC):
                low_dc = t2_dc
            if snap.t2_age_ms > age_ms:
                age_ms = snap.t2_age_ms
        values[TEMP_AGE_MS] = age_ms
        if high_dc != ABSENT_DC:
            values[TEMP_MAX_DC] = high_dc
            values[TEMP_MIN_DC] = low_dc

    def _rest(self, snap, values):
        # Power-off judges fresh, believable scans only: a lost reading must not power the
        # board off (D7). A dead cell is believable: the stack agrees with the sum.
        plausible = self.plausible
        if (
            snap.charger_present
            or snap.cells_age_ms > _STALE_CELLS_MS
            or plausible.cells_odd
            or plausible.sum_off_pm > _SUM_OFF_PM
        ):
            values[REST_MAX_MV] = values[REST_MIN_MV] = _FULL_MV
        else:
            values[REST_MAX_MV] = snap.cell_max_mv
            values[REST_MIN_MV] = snap.cell_min_mv
