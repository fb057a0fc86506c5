"""Gauge: the coulomb meter, and a state of charge that counts from where it was set.

Charge is counted in integers: `carry_mams` holds what is less than 1 mAh, in mA·ms, so
nothing is ever rounded away (I16): sum of mA·ms = 3 600 000 · mAh + carry, exactly.
"""

import struct

from micropython import const

_MAMS_PER_MAH = const(3_600_000)
_PIECE_MS = const(1000)  # 500 A for 1 s is 5e8 mA·ms, below 2**30


class Gauge:
    """Writes the gauge's fields of `snap`."""

    def __init__(self, snap):
        self.snap = snap
        self.counted_mah = 0  # signed, since start
        self.carry_mams = 0
        self.learned_mah = 0  # nothing was learned
        self._ms = 0

    def resume(self, counters):
        """Take over the stored counters (name → integer) at start."""
        snap = self.snap
        snap.run_s = counters["run_s"]
        snap.cycle_mah = counters["cycle_mah"]
        snap.cycle_count = counters["cycle_count"]
        snap.charge_count = counters["charge_count"]
        self.learned_mah = counters["learned_mah"]
        snap.full_mah = self.learned_mah or snap.full_mah
        snap.remain_mah = min(counters["remain_mah"], snap.full_mah)
        self._show()

    def save(self, buf):
        """Put the gauge's own state into `buf` (64 bytes); the number of bytes used."""
        struct.pack_into("<i", buf, 0, self.carry_mams)
        return 4

    def restore(self, buf, off_s):
        """Take over what `save` gave; `off_s` is how long the board was off, or None."""
        (self.carry_mams,) = struct.unpack("<i", buf)

    def load(self, limits):
        """Take over the capacity."""
        self.snap.full_mah = self.learned_mah or limits.get("capacity_mah")
        self._show()

    def set_soc(self, pm):
        """Set the state of charge, 0..1000 per mille."""
        self.snap.remain_mah = self.snap.full_mah * pm // 1000
        self._show()

    def integrate(self, dt_ms):
        """Count this step's mean current over its real time; allocates nothing."""
        snap = self.snap
        self._ms += dt_ms
        while self._ms >= 1000:
            self._ms -= 1000
            snap.run_s += 1
        current_ma = snap.current_ma
        while dt_ms > 0:
            piece_ms = dt_ms if dt_ms < _PIECE_MS else _PIECE_MS
            dt_ms -= piece_ms
            self.carry_mams += current_ma * piece_ms
            if self.carry_mams >= _MAMS_PER_MAH or self.carry_mams <= -_MAMS_PER_MAH:
                self._whole()

    def _whole(self):
        negative = self.carry_mams < 0
        mah = abs(self.carry_mams) // _MAMS_PER_MAH
        if negative:
            mah = -mah
        self.carry_mams -= mah * _MAMS_PER_MAH
        self.counted_mah += mah
        snap = self.snap
        if negative:
            snap.cycle_mah -= mah
        snap.remain_mah = min(max(snap.remain_mah + mah, 0), snap.full_mah)
        self._show()

    def _show(self):
        snap = self.snap
        # Ten mAh at a time keeps the product below 2**30 for 20 000 Ah.
        snap.soc_pm = snap.remain_mah // 20 * 1000 // max(snap.full_mah // 20, 1)
        snap.soc_est_pm = snap.soc_pm
