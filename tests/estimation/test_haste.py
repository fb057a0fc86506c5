"""How far a cell is from one state of hysteresis to the other, and where it begins."""

from firmware.estimation.bank import SIZE
from firmware.estimation.estimator import Estimator
from firmware.estimation.profiles import LFP, LI_ION, Profile
from tests.each import each
from tests.estimation.filters import CC, UNKNOWNS, N
from tests.estimation.rig import Cell, drive, owner_table


def test_where_hysteresis_turns_its_unknown_pace_is_doubt():
    squares = []
    for h in (1.0, -1.0):  # charged to here: both states agree; discharged: they lie apart
        estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
        estimator.resume((0.7, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
        estimator.cell.charged()
        estimator.cell.h = estimator.cell.h_quick = h
        drive(estimator, Cell(LFP, 0.7, h), ((0.0, 10),), dt_s=10.0)
        squares.append(estimator.sight.square[60])
    between_v = estimator.sight.apart * estimator.sight.half[60]
    assert between_v > 0.005
    # The slopes of the two branches differ a little, and what they leave to the shape.
    assert abs(squares[1] - squares[0] - 0.03 * between_v * between_v) < 4e-7


def test_the_haste_that_is_believed_is_between_the_slow_state_and_the_quick():
    shown = []
    for haste in (0.0, 0.5):
        estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
        estimator.resume((0.7, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001), c=haste)
        estimator.cell.h = estimator.cell.h_quick = -1.0
        estimator.cell.unknown = 0.0
        estimator.step(10.0, 0.0, 3.3, 25.0)
        while estimator.work():
            pass
        shown.append(estimator.sight.volt[60])
    sight = estimator.sight
    assert sight.apart > 0.2
    assert abs(shown[1] - shown[0] - 0.5 * sight.apart * sight.half[60]) < 2e-4


def look(estimator):
    """Ten seconds at rest, looked at."""
    estimator.step(10.0, 0.0, 3.3, 25.0)
    while estimator.work():
        pass
    return estimator.sight


@each(
    (
        # chemistry, h, unknown: half widths at haste 0 and 1
        (LFP, 0.0, 1.0, -0.8, 0.8),
        (LFP, -0.5, 0.5, -0.9, -0.1),
        (LFP, -0.5, 0.4999, None, None),
        (LI_ION, 0.0, 1.0, None, None),
    )
)
def test_until_half_is_forgotten_the_haste_lies_between_what_hysteresis_may_be(row):
    chemistry, h, unknown, low, high = row
    estimator = Estimator(Profile(chemistry, owner_table(chemistry)), 2.0)
    estimator.start(0.7)
    cell = estimator.cell
    cell.h, cell.h_quick, cell.unknown = h, h, unknown
    m_h = cell.p.m_h
    sight = look(estimator)
    if low is None:
        low, high = h, cell.quick(h) / m_h
    assert abs(sight.apart - (high - low) * m_h) < 1e-6
    middle = 0.5 * (low + high) * m_h
    assert abs(sight.volt[60] - cell.open_v(60, middle, 0.0)) < 1e-6
    # Near full the quick state is all there is, once it is one.
    is_alone = chemistry == LFP and unknown < 0.5
    at_95 = cell.open_v(95, middle, high * m_h if is_alone else middle)
    assert abs(sight.volt[95] - at_95) < 1e-6
    _, _, wide = sight.at(0.95)
    assert abs(wide - (0.0 if is_alone else sight.half[95] * sight.apart)) < 1e-9


@each(((0.25, -0.696), (0.5, -0.5), (-2.0, -1.0), (6.0, 1.0)))
def test_what_the_haste_learned_of_hysteresis_goes_into_its_state(row):
    haste, at = row
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.start(0.7)
    look(estimator)
    cell = estimator.cell
    bank = estimator.bank
    for n in range(SIZE):
        bank.x[N * n + UNKNOWNS] = bank.c_mean = haste
    doubts = [bank.x[N * n + CC] for n in range(SIZE)]
    cell.h, cell.h_quick, cell.unknown = -0.5, -1.0, 0.49
    sight = look(estimator)
    assert abs(cell.h - at) < 1e-6
    assert abs(cell.unknown - 0.6 * 0.49) < 1e-6
    assert abs(sight.apart - (cell.quick(-1.0) - cell.p.m_h * at)) < 1e-6
    assert sight.at(0.95)[2] == 0.0
    assert abs(bank.c_mean - 0.5) < 0.01
    assert abs(sight.volt[60] - cell.open_v(60, cell.p.m_h * at + 0.5 * sight.apart, 0.0)) < 1e-6
    assert all(bank.x[N * n + CC] > doubts[n] + 0.05 for n in range(SIZE))
    # Once: from here on it is the haste.
    cell.unknown = 0.4
    look(estimator)
    assert abs(cell.h - at) < 1e-6


@each(((0.0, 0.0), (0.4, 0.4), (0.4999, 0.4999), (0.5, 0.0), (1.0, 0.0)))
def test_what_is_unknown_of_hysteresis_is_doubt_where_the_haste_does_not_stand_for_it(row):
    unknown, doubt = row
    squares = []
    for part in (unknown, 0.0):
        estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
        estimator.start(0.7)
        estimator.cell.unknown = part
        sight = look(estimator)
        # What the haste leaves is another doubt.
        squares.append(sight.square[60] - 0.03 * (sight.apart * sight.half[60]) ** 2)
    v = 0.6 * doubt * estimator.cell.p.m_h * sight.half[60]
    assert abs(squares[0] - squares[1] - v * v) < 4e-7


@each(
    (
        (0.65, 1.0, 0.035),
        (0.4, 1.0, 0.035),
        (0.65, -1.0, 0.07),
        (0.4, -1.0, 0.07),
        (0.96, -1.0, 0.05),
    )
)
def test_a_right_start_is_not_given_up_for_a_branch_that_nobody_knows(row):
    z, h, most = row
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.start(z)
    cell = Cell(LFP, z, h)
    drive(estimator, cell, ((-0.05, 7200),), dt_s=10.0)
    assert abs(estimator.soc - cell.z) < most
