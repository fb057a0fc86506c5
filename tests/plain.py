"""The protected pack alone: charge plainly counted, no balancer, nothing stored.

`alone` makes a `Bms` of the pipeline and the table of protections with the plainest
parts that can stand in the places of gauge, balancer and keeper.
"""

from firmware.app import Bms
from firmware.estimation.meter import Meter
from firmware.events import Events, trip_codes
from firmware.extremes import FIELDS
from firmware.snapshot import Snapshot
from protection.rule import CODE
from protection.table import POWER_RULES, RULES


class CoulombCounter:
    """The gauge's place: from 50 %, what flows in and out."""

    def __init__(self, snap):
        self.snap = snap
        self.meter = Meter()

    def load(self, limits):
        self.snap.full_mah = limits.get("capacity_mah")

    def integrate(self, dt_ms):
        snap = self.snap
        self.meter.integrate(snap.current_ma, dt_ms)
        snap.remain_mah = snap.full_mah // 2 + self.meter.chg_mah - self.meter.dsg_mah
        snap.soc_pm = snap.remain_mah * 1000 // snap.full_mah


class Resting:
    """The balancer's place, and the keeper's: nothing is moved, nothing is kept."""

    is_bad = False
    power_on_count = 1
    counters = {name: 0 for name in FIELDS}

    def __init__(self, settings):
        self.settings = settings

    def load(self, limits):
        pass

    def step(self, dt_ms, allowed):
        pass

    def restore(self, bms):
        pass

    def begin(self, bms):
        pass


def alone(board, settings):
    """A `Bms` on `board` that protects the pack and does nothing else."""
    snap = Snapshot()
    events = Events(snap, trip_codes([row[CODE] for row in RULES + POWER_RULES]))
    rest = Resting(settings)
    return Bms(board, snap, events, rest, CoulombCounter(snap), rest)
