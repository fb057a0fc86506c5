"""Summary: lowest, highest, mean and sum of the cells, and a count of the taps."""

from micropython import const

from firmware.snapshot import CELLS_MAX

_TAP_MV = const(500)  # below this a tap carries no cell (manual table 1: cells are 1..5 V)
_PEOPLE_MASK = const(7)  # figures that nobody but people read: every 8th step


class Summary:
    """Writes the pack figures of `snap`; a step without a fresh scan leaves them alone."""

    def __init__(self, snap):
        self.snap = snap
        self._used = self._unused = memoryview(snap.cell_mv)
        self._spare = False

    def load(self, limits):
        """Take over the cell count."""
        count = limits.get("cell_count")
        self.snap.cell_count = count
        # Views made once: a slice in the step would allocate.
        self._used = memoryview(self.snap.cell_mv)[:count]
        self._unused = memoryview(self.snap.cell_mv)[count:]
        self._spare = count < CELLS_MAX

    def step(self):
        """Summarise this step's sample; allocates nothing."""
        snap = self.snap
        if snap.cells_age_ms == 0:
            used = self._used
            high_mv = max(used)
            low_mv = min(used)
            total_mv = sum(used)
            snap.cell_max_mv = high_mv
            snap.cell_min_mv = low_mv
            snap.pack_mv = total_mv
            if low_mv < _TAP_MV or self._spare and max(self._unused) >= _TAP_MV:
                self._taps(snap)
            else:
                snap.cells_found = snap.cell_count
                snap.taps_wrong = 0
        if not snap.seq & _PEOPLE_MASK:
            self._for_people(snap)

    def _taps(self, snap):
        found = wrong = 0
        for mv in self._used:
            if mv >= _TAP_MV:
                found += 1
            else:
                wrong += 1
        for mv in self._unused:
            if mv >= _TAP_MV:
                found += 1
                wrong += 1
        snap.cells_found = found
        snap.taps_wrong = wrong

    def _for_people(self, snap):
        high_mv = snap.cell_max_mv
        low_mv = snap.cell_min_mv
        used = self._used
        for i in range(snap.cell_count):
            mv = used[i]
            if mv == high_mv:
                snap.cell_max_at = i
            if mv == low_mv:
                snap.cell_min_at = i
        snap.cell_delta_mv = high_mv - low_mv
        snap.cell_avg_mv = snap.pack_mv // snap.cell_count
        # Tens of mV times tens of mA are tenths of mW, and stay below 2**30.
        snap.power_mw = (snap.pack_mv // 10) * (snap.current_ma // 10) // 10
