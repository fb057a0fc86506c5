"""Calibration in integers agrees with exact arithmetic to a count."""

from hal.correction import Correction
from tests.each import each

GAINS = (-30_000, -12_345, 0, 1, 30_000)


@each([(mv, ppm) for mv in (0, 1, 2500, 3333, 4350, 6400) for ppm in GAINS])
def test_cells(row):
    mv, ppm = row
    correct = Correction()
    correct.calibrate(ppm, 0, 0, 0)
    assert abs(correct.cell_mv(mv) - mv * (1 + ppm / 1e6)) <= 0.5


@each([(mv, ppm) for mv in (0, 10_000, 26_400, 64_000) for ppm in GAINS])
def test_stack(row):
    mv, ppm = row
    correct = Correction()
    correct.calibrate(0, ppm, 0, 0)
    assert abs(correct.stack_mv(mv) - mv * (1 + ppm / 1e6)) <= 0.5 + mv * 1e-5


@each([(ma, ppm, zero) for ma in (-500_000, -17, 0, 200_000) for ppm in (-100_000, 0, 99_999)
       for zero in (-2000, 0, 1500)])  # fmt: skip
def test_current_and_its_zero(row):
    ma, ppm, zero_ma = row
    correct = Correction()
    correct.calibrate(0, 0, ppm, zero_ma)
    exact = (ma - zero_ma) * (1 + ppm / 1e6)
    assert abs(correct.current_ma(ma) - exact) <= 0.5 + abs(ma - zero_ma) * 1e-4
