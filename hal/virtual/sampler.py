"""The inputs of the virtual board: gain, offset, noise, quantisation, and faults.

Accuracy is that of the manual's table 1 (± 5 mV a cell). Noise comes from a table that
is walked with a stride, so a run is the same on every Python.
"""

from firmware.snapshot import CELLS_MAX, NEVER_MS

_NOISE_MV = (0.1, -0.3, 0.2, 0.0, -0.1, 0.4, -0.2, -0.4, 0.3, 0.1, -0.2, 0.2, -0.1)
_CELL_ENDS = (0, 0)
_STACK_ENDS = (0, 65_000)
_CURRENT_ENDS = (0, 500_000)


class VirtualSampler:
    """hal.api.Sampler over the virtual pack."""

    def __init__(self, board):
        self._board = board
        self.fitted = (True, True)
        self.cell_gain = [1.0] * CELLS_MAX
        self.cell_offset_mv = [0.0] * CELLS_MAX
        self.stack_gain = 1.0
        self.current_gain = 1.0
        self.current_offset_ma = 0
        self.quiet = False  # without noise, for tests at the last count
        self.stuck_detect = {"charger_detect": None, "load_detect": None}
        self._walk = 0
        self._cell_factor = self._stack_factor = self._current_factor = 1.0
        self._zero_ma = 0

    def calibrate(self, cell_ppm, stack_ppm, current_ppm, zero_ma):
        self._cell_factor = 1 + cell_ppm / 1e6
        self._stack_factor = 1 + stack_ppm / 1e6
        self._current_factor = 1 + current_ppm / 1e6
        self._zero_ma = zero_ma

    def sample(self, snap, dt_ms):
        board = self._board
        board.clock.stalled()
        faults = board.faults
        snap.cells_age_ms = older(snap.cells_age_ms, dt_ms)
        snap.stack_age_ms = older(snap.stack_age_ms, dt_ms)
        snap.current_age_ms = older(snap.current_age_ms, dt_ms)
        snap.t1_age_ms = older(snap.t1_age_ms, dt_ms)
        snap.t2_age_ms = older(snap.t2_age_ms, dt_ms)
        snap.mos_age_ms = older(snap.mos_age_ms, dt_ms)

        pack = board.pack
        current_ma = int(pack.take_mean() * 1000 * self.current_gain) + self.current_offset_ma
        current_ma = int((current_ma - self._zero_ma) * self._current_factor)
        stack_mv = int(pack.pack_v() * 1000 * self.stack_gain * self._stack_factor)
        if not board.transfer.busy():
            self._cells(snap, pack)
        if faults.sensors:
            current_ma = faults.apply("current", current_ma, _CURRENT_ENDS)
            stack_mv = faults.apply("stack", stack_mv, _STACK_ENDS)
        if current_ma is not None:
            snap.current_ma = current_ma
            snap.current_age_ms = 0
        if stack_mv is not None:
            snap.stack_mv = stack_mv
            snap.stack_age_ms = 0
        self._temperatures(snap, pack)
        self._lines(snap)

    def _cells(self, snap, pack):
        faults = self._board.faults
        if faults.sensors and faults.scan_lost():
            return
        cells = pack.cells
        base_v = cells.base_v
        r0 = cells.r0
        current_a = pack.current_a
        noise = 0.0
        cell_mv = snap.cell_mv
        gain = self.cell_gain
        factor = self._cell_factor
        offset_mv = self.cell_offset_mv
        for i in range(cells.count):
            if not self.quiet:
                self._walk = (self._walk + 5) % 13
                noise = _NOISE_MV[self._walk]
            volts = base_v[i] + current_a * r0[i]
            mv = int((volts * 1000 * gain[i] + offset_mv[i] + noise) * factor + 0.5)
            cell_mv[i] = mv if 0 < mv < 8191 else 0 if mv <= 0 else 8191
        for i in range(cells.count, CELLS_MAX):
            cell_mv[i] = 0
        if faults.sensors:
            self._wrong_cells(snap, faults)
        snap.cells_age_ms = 0

    def _wrong_cells(self, snap, faults):
        # A lost tap floats: both of its cells read 0.
        cell_mv = snap.cell_mv
        for target, fault in faults.sensors.items():
            if target == "cells":
                for i in range(self._board.pack.cells.count):
                    if fault.kind == "stuck":
                        cell_mv[i] = self._stuck_scan(fault, i, cell_mv[i])
                    else:
                        cell_mv[i] = _bounded(faults.apply(target, cell_mv[i], _CELL_ENDS))
            elif target[:4] == "cell":
                i = int(target[4]) - 1
                cell_mv[i] = _bounded(faults.apply(target, cell_mv[i], _CELL_ENDS))
            elif target[:3] == "tap":
                for i in (int(target[3]) - 1, int(target[3])):
                    if 0 <= i < CELLS_MAX and cell_mv[i]:
                        cell_mv[i] = 0

    def _stuck_scan(self, fault, i, mv):
        # A stuck converter repeats a whole scan, not one value for all cells.
        if fault.last is None:
            fault.last = {}
        return fault.last.setdefault(i, mv)

    def _temperatures(self, snap, pack):
        count = pack.cells.count
        temp_c = pack.cells.temp_c
        faults = self._board.faults
        if self.fitted[0]:
            t1_dc = self._thermistor("t1", temp_c[1 % count], faults)
            if t1_dc is not None:
                snap.t1_dc = t1_dc
                snap.t1_age_ms = 0
        if self.fitted[1]:
            t2_dc = self._thermistor("t2", temp_c[count - 2], faults)
            if t2_dc is not None:
                snap.t2_dc = t2_dc
                snap.t2_age_ms = 0
        mos_dc = self._thermistor("mos", pack.mos_c, faults)
        if mos_dc is not None:
            snap.mos_dc = mos_dc
            snap.mos_age_ms = 0

    def _thermistor(self, name, celsius, faults):
        # Open and short are recognised by the driver, so they do not arrive (D22).
        dc = int(celsius * 10)
        if faults.sensors:
            fault = faults.sensors.get(name)
            if fault and fault.kind in ("open", "short"):
                return None
            dc = faults.apply(name, dc, (0, 0))
        return dc

    def _lines(self, snap):
        gates = self._board.gates
        snap.gates_on = gates.read_back()
        snap.lease_alive = gates.lease_alive()
        snap.short_mask = gates.latched
        stuck = self.stuck_detect
        there = stuck["charger_detect"]
        snap.charger_present = self.attached("charger_detect") if there is None else bool(there)
        there = stuck["load_detect"]
        snap.load_present = self.attached("load_detect") if there is None else bool(there)

    def attached(self, detect):
        """What the input of that name sees while it works."""
        pack = self._board.pack
        if detect == "load_detect":
            return pack.load.kind is not None
        return pack.charger.connected and pack.charger.volts > pack.pack_v() - 0.1


def older(age_ms, dt_ms):
    """An age `dt_ms` later, saturating where a signal counts as never read."""
    age_ms += dt_ms
    return age_ms if age_ms < NEVER_MS else NEVER_MS


def _bounded(mv):
    return min(max(int(mv), 0), 8191)
