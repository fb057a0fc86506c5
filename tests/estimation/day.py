"""Eight hours of one pack, told by the gauge: what both Pythons must agree on.

    python -m tests.estimation.day        (or micropython -m)

Prints soc, capacity, offset and resistance as integers, every hour.
"""

from firmware.estimation.gauge import Gauge
from tests.estimation.rig import Cell, Settings, Snap


def told():
    """(estimate in 1e-5, capacity in 1e-5, offset in 1e-6 C, drop in 1e-5) every hour."""
    cell = Cell(2, 0.7, h=-1.0)
    gauge = Gauge(Snap())
    gauge.load(Settings(2))
    gauge.set_soc(850)
    snap = gauge.snap
    lines = []
    for minute in range(8 * 60):
        # A morning's load, sun until full, an evening's load; the sensor reads 0.2 A too much.
        rate = -0.2 if minute < 150 else 0.3 if minute < 400 and cell.z < 0.97 else -0.1
        snap.current_ma = int(100_000 * rate) + 200
        for _ in range(6):
            mv = int(1000 * cell.step(10.0, rate) + 0.5)
            for n in range(snap.cell_count):
                snap.cell_mv[n] = mv
            gauge.integrate(10_000)
            while gauge.work():
                pass
        if minute % 60 == 59:
            bank = gauge.estimator.bank
            lines.append(
                (
                    int(1e5 * gauge.estimator.soc + 0.5),
                    int(1e5 * bank.k_mean + 0.5),
                    int(1e6 * bank.b_mean),
                    int(1e5 * bank.r_mean),
                )
            )
    return lines


if __name__ == "__main__":
    print(told())
