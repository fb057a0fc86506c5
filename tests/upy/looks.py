"""For `make bench`: N looks of the gauge, or N of its longest slices: `looks.py N WHAT`.

WHAT: look, ten seconds whole; filter, one filter of the bank; table, four nodes of the sight.
"""

import sys

sys.path.insert(0, ".")

import tests  # noqa: F401
from firmware.estimation.estimator import LOOK, TABLE
from firmware.estimation.gauge import Gauge
from tests.estimation.rig import Cell, Settings, Snap

cell = Cell(2, 0.6)
gauge = Gauge(Snap())
gauge.load(Settings(2))
gauge.set_soc(600)
estimator = gauge.estimator


def second():
    """One second of driving, worked off whole."""
    snap = gauge.snap
    snap.current_ma = -30_000
    for n in range(snap.cell_count):
        snap.cell_mv[n] = int(1000 * cell.step(1.0, -0.3))
    gauge.integrate(1000)
    while gauge.work():
        pass


def until(phase):
    """Seconds and slices up to a phase of the look."""
    while estimator.phase != phase:
        if not gauge.work():
            cell.step(1.0, -0.3)
            gauge.integrate(1000)


count, what = int(sys.argv[1]), sys.argv[2]
if what == "look":
    for _ in range(10 * count):
        second()
else:
    until(TABLE if what == "table" else LOOK)
    for _ in range(count):
        estimator.at = 8
        estimator.work()
