"""A pack on a curve of its own, as the observer of a balancer sees it."""

from balancing.chemistry import Chemistry
from balancing.ledger import Ledger
from balancing.observer import Observer
from tests.balancing.fakes import Snap

CAPACITY_MAH = 100_000
BIN_MAS = CAPACITY_MAH * 36 // 10 * 5
WINDOW_MS = 5000


def plateau(depth):
    """A LiFePO4-like curve: mV over the per cent missing to full; knee, step, slope."""
    if depth < 6:
        return 3360 + 8 * (6 - depth) ** 1.7
    if depth < 30:
        return 3360 - 0.3 * (depth - 6)
    if depth < 42:
        return 3352.8 - 2.5 * (depth - 30)
    return 3322.8 - 0.2 * (depth - 42)


def flat(depth):
    return 3330


def flat_below_the_knee(depth):
    return 3372


def low(depth):
    """The end of a LiFePO4 discharge."""
    return 3170 - 10 * (depth - 88)


def slope(depth):
    """A Li-ion-like curve: steep everywhere, bent."""
    return 4150 - 9 * depth + 0.03 * depth * depth


class Pack:
    """Cells on one curve without resistance; charge in per cent of the nominal capacity."""

    def __init__(self, kind, curve, missing, offset_mv=None, point=0, widen=None):
        n = len(missing)
        self.curve, self.missing = curve, [float(m) for m in missing]
        self.offset_mv = offset_mv or [0] * n
        self.widen = widen or [1.0] * n
        self.snap = Snap(n)
        self.ledger = Ledger(n, CAPACITY_MAH)
        chemistry = Chemistry(kind)
        chemistry.lean = (0.0, 0.0, 0.0, 20.0, 400.0)
        chemistry.turn_mv = 0.01
        self.observer = Observer(
            n, chemistry, CAPACITY_MAH, self.ledger, 900, self.snap.cell_pm, point
        )

    def window(self, percent):
        """Charge by `percent` of the capacity within one window; then let it work to the end."""
        n = len(self.missing)
        for i in range(n):
            self.missing[i] -= percent
            mv = self.curve(self.missing[i] / self.widen[i]) + self.offset_mv[i]
            self.snap.cell_mv[i] = int(mv + 0.5)
        self.snap.current_ma = int(percent * CAPACITY_MAH * 36000 / WINDOW_MS)
        self.observer.note(self.snap, self.snap.current_ma, WINDOW_MS)
        while self.observer.work():
            pass

    def run(self, percent, pieces):
        for _ in range(pieces):
            self.window(percent / pieces)
        return self

    def rest(self, hours):
        for _ in range(int(hours * 720)):
            self.window(0.0)
        return self

    def errors(self):
        """Claimed minus true offsets in per cent, each against its own mean."""
        n = len(self.missing)
        claim = [q / (BIN_MAS * 2) for q in self.ledger.offset_mas]
        truth = [-m for m in self.missing]
        a, b = sum(claim) / n, sum(truth) / n
        return [c - a - (t - b) for c, t in zip(claim, truth)]

    def doubts(self):
        return [s / (BIN_MAS * 2) for s in self.ledger.sigma_mas]
