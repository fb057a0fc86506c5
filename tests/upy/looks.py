"""For `make bench`: N looks of the gauge, or N times one of its longest slices: `looks.py N WHAT`.

WHAT: look, ten seconds whole; table, three nodes of the sight; filter, one of the bank with
an anchor, and what a look begins with; join, the search of a group for its closest pair.
"""

import sys

sys.path.insert(0, ".")

import tests  # noqa: F401
from firmware.estimation.gauge import Gauge
from tests.estimation.rig import Cell, Settings, Snap

cell = Cell(2, 0.6)
gauge = Gauge(Snap())
gauge.load(Settings(2))
gauge.set_soc(600)
estimator = gauge.estimator
bank, sight = estimator.bank, estimator.sight


def second():
    """One second of driving, worked off whole."""
    snap = gauge.snap
    snap.current_ma = -30_000
    for n in range(snap.cell_count):
        snap.cell_mv[n] = int(1000 * cell.step(1.0, -0.3))
    gauge.integrate(1000)
    while gauge.work():
        pass


def first_slice(slices):
    for _ in slices:
        break


def crowd():
    """A group with one wide filter and no spare one, none close to another."""
    for i in range(9):
        bank.x[28 * i], bank.x[28 * i + 1], bank.x[28 * i + 7] = 0.1, 0.1 * i, 1e-5
    bank.x[7] = 0.02


count, what = int(sys.argv[1]), sys.argv[2]
if what == "look":
    for _ in range(10 * count):
        second()
else:
    for _ in range(20):
        second()
    sight.least = sight.most = -1.0
    crowd()
    for _ in range(count):
        if what == "table":
            estimator._table(8, 11)
        elif what == "filter":
            first_slice(bank.look(-0.001, 0.003, 0.0, 0.001, sight))
        else:
            first_slice(bank.tidy(0))
