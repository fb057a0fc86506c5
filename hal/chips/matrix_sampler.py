"""MatrixSampler: cells one after the other over a tap matrix, the rest beside them.

A scan of eight cells takes 7 ms: per cell 0.06 ms to break, 0.15 ms to settle, 0.54 ms to
convert. While the balancer has the bus no cell is read, so their age grows. An ADC that
does not answer is programmed anew, one attempt a step.
"""

from micropython import const

from firmware.snapshot import CELLS_MAX, NEVER_MS
from hal.chips import sense as lines_of
from hal.chips.ads1220 import AIN0_AIN1, AIN2, AIN3, scaled
from hal.correction import Correction
from protection.rule import CHG, DSG

_CELL_FS = const(400)  # 6.4 V over 16
_STACK_FS = const(4000)  # 64 V over 16
_CURRENT_FS = const(31_250)  # 500 A over 16, in mA
_PATROL_STEPS = const(20)


class MatrixSampler:
    """hal.api.Sampler; `thermistors` are T1, T2 and MOS, each with `read()`."""

    def __init__(self, matrix, cell_adc, current_adc, sense, thermistors):
        self._matrix = matrix
        self._cell_adc = cell_adc
        self._current_adc = current_adc
        self._sense = sense
        self._t1, self._t2, self._mos = thermistors
        self._steps = 0
        self._correct = Correction()

    def calibrate(self, cell_ppm, stack_ppm, current_ppm, zero_ma):
        """Correct every later sample."""
        self._correct.calibrate(cell_ppm, stack_ppm, current_ppm, zero_ma)

    def sample(self, snap, dt_ms):
        """Read everything once; 7 ms, at most 10 ms with slow converters."""
        snap.cells_age_ms = _older(snap.cells_age_ms, dt_ms)
        snap.stack_age_ms = _older(snap.stack_age_ms, dt_ms)
        snap.current_age_ms = _older(snap.current_age_ms, dt_ms)
        snap.t1_age_ms = _older(snap.t1_age_ms, dt_ms)
        snap.t2_age_ms = _older(snap.t2_age_ms, dt_ms)
        snap.mos_age_ms = _older(snap.mos_age_ms, dt_ms)
        if not self._lines(snap):
            return
        self._current(snap)
        self._voltages(snap)
        self._temperatures(snap)

    def cell_mv(self):
        """The cell that is on the bus now, mV with its sign turned; -1 when not read."""
        adc = self._cell_adc
        if not adc.convert(AIN0_AIN1):
            return -1
        mv = scaled(adc.code, _CELL_FS)
        if self._matrix.cell & 1:
            mv = -mv
        return self._correct.cell_mv(mv) if mv > 0 else 0

    def storage_mv(self):
        """The balancer's storage, mV; -1 when it could not be read."""
        adc = self._cell_adc
        return scaled(adc.code, _CELL_FS) if adc.convert(AIN3) else -1

    def _voltages(self, snap):
        adc = self._cell_adc
        if not adc.configured and not adc.configure():
            return
        if adc.convert(AIN2):
            snap.stack_mv = self._correct.stack_mv(scaled(adc.code, _STACK_FS))
            snap.stack_age_ms = 0
        if self._matrix.lent:
            return
        # A scan is whole or it does not count.
        cell_mv = snap.cell_mv
        matrix = self._matrix
        whole = True
        for i in range(CELLS_MAX):
            matrix.connect(i)
            mv = self.cell_mv()
            if mv < 0:
                whole = False
                break
            cell_mv[i] = mv
        matrix.open_all()
        if whole:
            snap.cells_age_ms = 0

    def _current(self, snap):
        adc = self._current_adc
        self._steps += 1
        if self._steps % _PATROL_STEPS == 0:
            adc.check()
        if not adc.configured:
            adc.configure()
        elif adc.collect():
            snap.current_ma = self._correct.current_ma(scaled(adc.code, _CURRENT_FS))
            snap.current_age_ms = 0

    def _temperatures(self, snap):
        dc = self._t1.read()
        if dc is not None:
            snap.t1_dc = dc
            snap.t1_age_ms = 0
        dc = self._t2.read()
        if dc is not None:
            snap.t2_dc = dc
            snap.t2_age_ms = 0
        dc = self._mos.read()
        if dc is not None:
            snap.mos_dc = dc
            snap.mos_age_ms = 0

    def _lines(self, snap):
        # Without its lines the board does not know whether a gate or a latch obeys, so
        # nothing else counts as read either, and staleness opens both gates.
        if not self._sense.read():
            snap.gates_on = 0
            snap.lease_alive = False
            return False
        lines = self._sense.lines
        snap.gates_on = (CHG if lines & lines_of.CHG_GATE else 0) | (
            DSG if lines & lines_of.DSG_GATE else 0
        )
        snap.lease_alive = bool(lines & lines_of.LEASE)
        snap.short_mask = (CHG if lines & lines_of.CHG_SHORT else 0) | (
            DSG if lines & lines_of.DSG_SHORT else 0
        )
        snap.charger_present = bool(lines & lines_of.CHARGER)
        snap.load_present = bool(lines & lines_of.LOAD)
        return True


def _older(age_ms, dt_ms):
    age_ms += dt_ms
    return age_ms if age_ms < NEVER_MS else NEVER_MS
