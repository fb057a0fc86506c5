"""Hours and days of a simulated cell: start, offset, capacity and resistance are found.

On the host alone: a day takes MicroPython half a minute. What both Pythons tell is
compared with tests/estimation/day.py.
"""

import pytest

from firmware.estimation.estimator import Estimator
from firmware.estimation.profiles import LFP, LI_ION, Profile
from tests.estimation.rig import Cell, drive, owner_table

DRIVE = ((-0.6, 300), (0.2, 60), (0.0, 60), (-0.3, 240)) * 8


@pytest.mark.parametrize("believed", (1.0, 0.6))
@pytest.mark.parametrize("chemistry, within", ((LFP, 0.05), (LI_ION, 0.03)))
def test_a_wrong_start_is_found(chemistry, within, believed):
    cell = Cell(chemistry, 0.8, h=-1.0)
    estimator = Estimator(Profile(chemistry, owner_table(chemistry)), 2.0)
    estimator.start(believed)
    drive(estimator, cell, DRIVE)
    assert abs(estimator.soc - cell.z) < within


def test_a_start_in_the_middle_of_a_charge_is_no_other_charge():
    cell = Cell(LFP, 0.35)
    for _ in range(600):
        cell.step(10.0, 0.045)
    for _ in range(60):
        cell.step(10.0, 0.45)
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.start(cell.z)
    drive(estimator, cell, ((0.45, 2400),))
    assert abs(estimator.soc - cell.z) < 0.015


@pytest.mark.parametrize(
    "pace, levels, low, high",
    (
        (1.0, {}, -0.09, 0.09),
        # At this pace the A123 recordings ask for an end that is nearer to the swept branch.
        (4.0, {"w_mid": 0.26, "m_h": 0.93}, 0.5, 1.0),
    ),
)
def test_how_soon_the_hysteresis_turns_is_learned_and_not_taken_for_charge(pace, levels, low, high):
    cell = Cell(LFP, 0.75, h=-1.0)
    cell.t = dict(cell.t, gamma=cell.t["gamma"] * pace, **levels)
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.start(0.75)
    drive(estimator, cell, ((-0.2, 3600), (0.2, 3600)) * 4, dt_s=10.0)
    assert low <= estimator.bank.c_mean <= high
    assert abs(estimator.soc - cell.z) < 0.03
    assert abs(estimator.bank.k_mean - 1.0) < 0.03  # what partial swings may be wrong by


def test_a_higher_resistance_is_taken_for_haste_in_part_only():
    cell = Cell(LFP, 0.75, h=-1.0)
    cell.t = dict(cell.t)
    for key in ("R0", "R1", "R2"):
        cell.t[key] *= 1.5
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.start(0.75)
    drive(estimator, cell, ((-0.25, 6000), (0.25, 6000)) * 2, dt_s=10.0)
    assert estimator.bank.c_mean < 0.42
    assert abs(estimator.soc - cell.z) < 0.022


def test_an_offset_and_a_scale_are_learned_over_cycles():
    cell = Cell(LI_ION, 0.9, h=1.0)
    estimator = Estimator(Profile(LI_ION, owner_table(LI_ION)), 2.0)
    estimator.start(0.9)
    day = ((-0.4, 5400), (0.0, 600), (0.38, 5700), (0.0, 600))
    drive(estimator, cell, day * 4, offset_c=0.004, scale=1.0 / 1.1, dt_s=10.0)
    assert abs(estimator.soc - cell.z) < 0.025
    assert abs(estimator.bank.b_mean - 0.004) < 0.004
    assert abs(estimator.bank.k_mean - 1.1) < 0.04


@pytest.mark.parametrize("scale", (1.15, 0.85))
def test_a_complete_discharge_and_charge_teach_the_capacity(scale):
    cell = Cell(LFP, 0.95, h=1.0)
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.start(0.95)

    def go(rate, seconds, until=lambda: False):
        for _ in range(int(seconds / 10.0)):
            drive(estimator, cell, ((rate, 10.0),), scale=1.0 / scale, dt_s=10.0)
            if until():
                return

    go(0.0, 60)
    go(-0.4, 9000, lambda: cell.z < 0.03)
    go(-0.03, 4000, lambda: estimator.anchors.is_empty)
    assert estimator.anchors.is_empty
    go(0.3, 12000, lambda: cell.z > 0.97)
    go(0.02, 6000, lambda: estimator.anchors.is_full)
    assert estimator.anchors.is_full
    assert abs(estimator.bank.k_mean - scale) < 0.015


def test_a_higher_resistance_is_learned_while_driving():
    cell = Cell(LI_ION, 0.6)
    cell.t = dict(cell.t)
    for key in ("R0", "R1", "R2"):
        cell.t[key] *= 1.3
    estimator = Estimator(Profile(LI_ION, owner_table(LI_ION)), 2.0)
    estimator.resume((0.6, 0.005), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    drive(estimator, cell, ((-1.0, 300), (1.0, 290)) * 20)
    assert 0.1 < estimator.bank.r_mean < 0.4
    assert abs(estimator.soc - cell.z) < 0.02
