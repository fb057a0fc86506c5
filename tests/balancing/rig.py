"""Rig: snapshot, converter and scheduler, for tests on both Pythons."""

from balancing.scheduler import Scheduler
from tests.balancing.fakes import Converter, Snap, settings

STEP_MS = 50


class Rig:
    """Snapshot, converter and scheduler; the driver's age rule: no scan while a tap is closed."""

    def __init__(self, kind="direct", senses_leads=False, events=None, **changed):
        self.values = settings(**changed)
        self.snap = Snap(self.values["cell_count"])
        self.board = Converter(kind, senses_leads)
        self.scheduler = Scheduler(self.snap, self.board, events, 0)
        self.scheduler.load(self.values)

    def owe(self, source=1, sink=3, ah=2):
        """Every charge is known: `source` is `ah` ampere-hours too rich, `sink` too poor."""
        ledger = self.scheduler.ledger
        for i in range(ledger.cells):
            ledger.offset_mas[i] = ledger.sigma_mas[i] = 0
        ledger.offset_mas[source], ledger.offset_mas[sink] = ah * 3_600_000, -ah * 3_600_000
        ledger.find_level(self.board.kappa_pm)
        return self

    def step(self, count=1, allowed=True, dt_ms=STEP_MS):
        for _ in range(count):
            if self.board.is_open():
                self.snap.cells_age_ms = 0
            else:
                self.snap.cells_age_ms += dt_ms
            self.scheduler.step(dt_ms, allowed)
        return self.snap.bal_stage
