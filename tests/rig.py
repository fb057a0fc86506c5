"""Rig: guard and arbiter over a snapshot that a test fills by hand; runs on both Pythons.

The snapshot starts as a calm LiFePO4 pack of eight cells with every signal fresh, so a
test changes the one field that it is about. The gates read back as commanded.
"""

from boards.jk8s import board as jk8s
from firmware.events import Events
from firmware.settings import LFP, Limits, Settings, preset
from firmware.snapshot import Snapshot
from protection.arbiter import Arbiter
from protection.guard import Guard

PERIOD_MS = 50


def commission(changes=None, chemistry=LFP, facts=jk8s):
    """The record of a pack that a person has set up, with `changes` on top."""
    wanted = preset(chemistry)
    wanted["chemistry"] = chemistry
    wanted["sensors_fitted"] = 3
    wanted.update(changes or {})
    return Settings().changed(wanted, facts)


class Rig:
    """A board of which only `facts` and `gates.rearm` are ever asked."""

    def __init__(self, changes=None, settings=None, started=True):
        self.facts = jk8s
        self.gates = self
        self.wrong = 0  # what the board's self-test found
        self.rearmed = 0
        self.latched = 0  # the hardware's short latch, as a mask
        self.frozen = False  # True: the test fills cell_mv by itself
        self.snap = calm(Snapshot())
        self.events = Events(self.snap)
        self.guard = Guard(self.snap, self, self.events)
        self.arbiter = Arbiter(self.snap, jk8s)
        self.load(settings or commission(changes))
        if started:
            self.run(2600)
            self.codes()

    def load(self, settings):
        """Swap settings in, as the application does."""
        limits = Limits(settings, jk8s)
        self.guard.load(limits)
        self.arbiter.load(limits)

    def rearm(self):
        """What the guard does to the hardware latch."""
        self.rearmed += 1
        self.latched = 0

    def step(self, dt_ms=PERIOD_MS):
        """One step of the second half of the pipeline."""
        snap = self.snap
        snap.short_mask = self.latched
        if not self.frozen:
            for i in range(8):
                snap.cell_mv[i] = 3300 + snap.current_ma // 10_000  # 0.1 mOhm a cell
        self.guard.step(dt_ms, min(dt_ms, PERIOD_MS))
        self.arbiter.step(self.guard.welded)
        snap.gates_on = snap.gates_cmd

    def run(self, ms):
        """Steps of one period, `ms` long altogether."""
        for _ in range(ms // PERIOD_MS):
            self.step()

    def rule(self, name):
        """The rule of that name."""
        return self.guard.by_name[name]

    def tripped(self):
        """Names of the rules that hold now, sorted."""
        return sorted([rule.name for rule in self.guard.all_rules if rule.tripped])

    def event(self):
        """The oldest event that was posted and not asked for yet, or None."""
        ring = self.events.due()
        if not ring.waiting:
            return None
        event = ring.peek(0)
        ring.drop(1)
        return event

    def codes(self):
        """Codes of the events posted since the last call."""
        found = []
        event = self.event()
        while event:
            found.append(event[1])
            event = self.event()
        return found


def calm(snap):
    """Fill `snap` with a pack at rest, everything fresh."""
    for i in range(8):
        snap.cell_mv[i] = 3300
    snap.cell_max_mv = snap.cell_min_mv = 3300
    snap.pack_mv = snap.stack_mv = 26_400
    snap.t1_dc = snap.t2_dc = 250
    snap.mos_dc = 300
    snap.cells_age_ms = snap.stack_age_ms = snap.current_age_ms = 0
    snap.t1_age_ms = snap.t2_age_ms = snap.mos_age_ms = 0
    snap.lease_alive = True
    return snap
