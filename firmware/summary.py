"""Summary: lowest, highest, mean and sum of the cells, and a count of the taps."""

from micropython import const

from firmware.snapshot import CELLS_MAX

_TAP_MV = const(500)  # below this a tap carries no cell (table 1: cells are 1..5 V)


class Summary:
    """Writes the pack figures of `snap`; a step without a fresh scan leaves them alone."""

    def __init__(self, snap):
        self.snap = snap

    def load(self, limits):
        """Take over the cell count."""
        self.snap.cell_count = limits.get("cell_count")

    def step(self):
        """Summarise this step's sample; allocates nothing."""
        snap = self.snap
        if snap.cells_age_ms == 0:
            self._cells(snap)
        # Tens of mV times tenths of A are mW, and stay below 2**30.
        snap.power_mw = (snap.pack_mv // 10) * (snap.current_ma // 100)

    def _cells(self, snap):
        cell_mv = snap.cell_mv
        count = snap.cell_count
        high_mv = low_mv = cell_mv[0]
        high_at = low_at = total_mv = found = wrong = 0
        for i in range(CELLS_MAX):
            mv = cell_mv[i]
            if mv >= _TAP_MV:
                found += 1
                if i >= count:
                    wrong += 1
            elif i < count:
                wrong += 1
            if i < count:
                total_mv += mv
                if mv > high_mv:
                    high_mv = mv
                    high_at = i
                elif mv < low_mv:
                    low_mv = mv
                    low_at = i
        snap.cells_found = found
        snap.taps_wrong = wrong
        snap.pack_mv = total_mv
        snap.cell_max_mv = high_mv
        snap.cell_max_at = high_at
        snap.cell_min_mv = low_mv
        snap.cell_min_at = low_at
        snap.cell_avg_mv = total_mv // count
        snap.cell_delta_mv = high_mv - low_mv
