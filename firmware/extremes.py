"""Extremes: the highest and lowest ever of cells, current and temperatures."""

from micropython import const

from firmware.snapshot import ABSENT_DC

FIELDS = (
    "cell_max_mv",
    "cell_min_mv",
    "current_max_ma",
    "current_min_ma",
    "battery_max_dc",
    "battery_min_dc",
    "mos_max_dc",
    "mos_min_dc",
)

# Cells or current that the guard doubts (JK alarm bits 3 and 10) are nobody's record.
_DOUBTED = const(1 << 3 | 1 << 10)


class Extremes:
    """One attribute for each of FIELDS; a stale or doubted reading changes none."""

    cell_max_mv: int
    cell_min_mv: int
    current_max_ma: int
    current_min_ma: int
    battery_max_dc: int
    battery_min_dc: int
    mos_max_dc: int
    mos_min_dc: int

    def __init__(self, snap, counters):
        self.snap = snap
        for name in FIELDS:
            setattr(self, name, counters[name])

    def step(self):
        """Take this step's cells and current; allocates nothing."""
        snap = self.snap
        current_ma = snap.current_ma
        # A step almost always ends here: a record is rare.
        if (
            current_ma > self.current_max_ma
            or current_ma < self.current_min_ma
            or snap.cell_max_mv > self.cell_max_mv
            or snap.cell_min_mv < self.cell_min_mv
        ) and not snap.fault_word & _DOUBTED:
            self._record(snap, current_ma)

    def _record(self, snap, current_ma):
        if snap.current_age_ms == 0:
            self.current_max_ma = max(self.current_max_ma, current_ma)
            self.current_min_ma = min(self.current_min_ma, current_ma)
        if snap.cells_age_ms == 0:
            self.cell_max_mv = max(self.cell_max_mv, snap.cell_max_mv)
            self.cell_min_mv = min(self.cell_min_mv, snap.cell_min_mv)

    def look(self):
        """Take the temperatures, once a second: they do not jump."""
        snap = self.snap
        for age_ms, battery_dc in ((snap.t1_age_ms, snap.t1_dc), (snap.t2_age_ms, snap.t2_dc)):
            if age_ms == 0 and battery_dc != ABSENT_DC:
                self.battery_max_dc = max(self.battery_max_dc, battery_dc)
                self.battery_min_dc = min(self.battery_min_dc, battery_dc)
        if snap.mos_age_ms == 0 and snap.mos_dc != ABSENT_DC:
            self.mos_max_dc = max(self.mos_max_dc, snap.mos_dc)
            self.mos_min_dc = min(self.mos_min_dc, snap.mos_dc)
