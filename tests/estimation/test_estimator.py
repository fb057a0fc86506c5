"""What the estimator expects to see, how much it makes of a look, and what it counts."""

from firmware.estimation.estimator import Estimator
from firmware.estimation.profiles import LFP, LI_ION, Profile
from tests.each import each
from tests.estimation.rig import Cell, owner_table


@each((False, True))
def test_what_is_lost_while_a_look_is_under_way_is_not_forgotten(row):
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(10):
        estimator.step(1.0, 0.0, 3.3, 25.0)
    assert estimator.work()
    # Without a voltage, or without a current, in the first second of the next block.
    estimator.step(1.0, 0.0, 3.3 if row else None, 25.0, 0.3 if row else 0.0)
    while estimator.looking:
        estimator.work()
    known = estimator.bank.z_sd
    for _ in range(9):
        estimator.step(1.0, 0.0, 3.3, 25.0)
    assert estimator.work()
    if row:
        assert estimator._spread > 0.0
    else:
        assert estimator._seen is None
    while estimator.looking:
        estimator.work()
    assert estimator.bank.z_sd > 0.9999 * known


@each(((0.0, 1.0), (4.0, 0.8), (8.0, 0.5), (16.0, 0.2)))
def test_half_is_new_after_eight_witnesses_in_one_direction(row):
    told, part = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    estimator._rate = -0.2
    estimator.told[12] = told
    assert abs(estimator._new(0.2) - 0.2 * part) < 1e-6
    assert abs(estimator.told[12] - (told + 0.2 * part - 0.2 * told / 200.0)) < 1e-5
    estimator._rate = 0.2
    assert estimator._new(0.2) == 0.2
    estimator.resume((0.54, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    estimator._rate = -0.2
    assert estimator._new(0.2) == 0.2


def test_a_look_weighs_what_is_new():
    weights = []
    for told in (0.0, 8.0):
        estimator = Estimator(Profile(LFP), 2.0)
        estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
        estimator.told[12] = told
        estimator.step(10.0, -0.2, 3.3, 25.0)
        while estimator.work():
            pass
        weights.append(estimator.sight.weight)
    assert weights[0] > 0.0
    assert abs(weights[1] - 0.5 * weights[0]) < 1e-6


@each(((0.0, 0.2, 0), (580.0, 0.2, 0), (590.0, 1.0, 1), (1480.0, 1.0, 1), (1490.0, 1.0, 0)))
def test_a_fresh_bank_listens_little_then_hard(row):
    seen_s, part, fresh = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    estimator.seen_s = seen_s
    estimator.step(10.0, 0.0, 3.3, 25.0)
    while estimator.work():
        pass
    tune = estimator.tune
    weight = part * 10.0 / tune.passed_s + fresh * 10.0 / tune.fresh_s
    assert abs(estimator.sight.weight - weight) < 1e-8


def test_a_stretch_that_is_passed_for_years_is_still_heard():
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    estimator._rate = 0.2
    for _ in range(20000):
        part = estimator._new(0.2) / 0.2
    assert 0.05 < part < 0.15
    assert max(estimator.told) < 30.0


@each(((25.0, 1.0), (45.0, 1.0), (0.0, 4.0), (-20.0, 10.72)))
def test_the_drop_is_less_known_in_the_cold(row):
    temp_c, times = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    estimator.step(10.0, -0.2, 3.28, temp_c)
    while estimator.work():
        pass
    assert abs(estimator.sight.ohm / estimator.tune.ohm - times) < 1e-3


@each(((-0.5, 0.0, 0.0), (0.0, -1.0, 0.0), (-0.5, -1.0, -1.0), (0.5, 1.0, -1.0), (0.0, 0.0, -1.0)))
def test_of_the_polarisation_the_slow_pair_is_doubted_most_and_r0_not_at_all(row):
    squares = []
    for rate, u1, u2 in ((0.0, 0.0, 0.0), row):
        estimator = Estimator(Profile(LI_ION, owner_table(LI_ION)), 2.0)
        estimator.resume((0.6, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
        cell = estimator.cell
        cell.age_s = 1e6  # what flowed before is known
        cell.flowed = False
        cell.u1, cell.u2 = u1, u2
        estimator.step(10.0, rate, 3.7, 25.0)
        drops_v = cell.u1 * cell.r1, cell.u2 * cell.r2
        while estimator.work():
            pass
        doubt_v = 0.45 * (0.7 * abs(drops_v[0]) + abs(drops_v[1]))
        squares.append(estimator.sight.square[60] - doubt_v * doubt_v)
    assert abs(squares[1] - squares[0]) < 3e-6


def test_counting_alone_goes_on_without_a_voltage():
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.6, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(720):
        estimator.step(5.0, -0.1, None, 25.0)
        while estimator.work():
            pass
    assert abs(estimator.soc - 0.5) < 0.01
    assert estimator.bank.z_sd < 0.02


def test_a_dead_current_sensor_widens_what_is_claimed():
    cell = Cell(LFP, 0.6)
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.6, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    before = estimator.bank.z_sd
    for _ in range(720):
        estimator.step(5.0, 0.0, cell.step(5.0, 0.0), 25.0, blind_c=0.1)
        while estimator.work():
            pass
    assert estimator.bank.z_sd > 2 * before


def test_what_flows_unseen_may_drop_on_the_resistances():
    squares = []
    for blind_c in (0.0, 0.3):
        estimator = Estimator(Profile(LFP), 2.0)
        estimator.resume((0.6, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
        estimator.step(10.0, 0.0, 3.3, 25.0, blind_c)
        while estimator.work():
            pass
        squares.append(estimator.sight.square[60])
    cell = estimator.cell
    drop_v = 0.3 * (cell.r0 + cell.r1 + cell.r2)
    assert abs(squares[1] - squares[0] - drop_v * drop_v) < 1e-7


@each(((0.3, 0.4, 1.0), (0.55, 0.4, 1.0), (0.9, -0.5, -1.0)))
def test_what_is_expected_at_the_truth_is_what_the_simulated_cell_shows(row):
    z, rate, h = row
    cell = Cell(LFP, z, h)
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.resume((z, 0.0), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001), 0.0, 0.0)
    estimator.cell.h = estimator.cell.h_quick = h
    for _ in range(340):
        volt_v = cell.step(10.0, rate)
        estimator.cell.clear()
        estimator.step(10.0, rate, volt_v, 25.0)
    while estimator.work():
        pass
    volt = estimator.sight.volt
    n = int(cell.z * 100)
    expected_v = volt[n] + (cell.z * 100 - n) * (volt[n + 1] - volt[n])
    assert abs(expected_v - volt_v) < 0.002


def test_between_looks_the_estimate_follows_the_charge():
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.6, 0.001), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    before = estimator.soc
    estimator.step(9.0, -0.4, 3.28, 25.0)
    assert not estimator.work()
    assert abs(before - estimator.soc - 0.001) < 1e-5


def test_the_estimate_does_not_move_while_a_look_is_under_way():
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.start(0.6)
    estimator.step(10.0, -0.4, 3.28, 25.0)
    expected = estimator.soc
    slices = 0
    while estimator.work() and estimator.looking:
        slices += 1
        if estimator.bank.z_mean == estimator._z_base and slices < 20:
            assert abs(estimator.soc - expected) < 1e-6
    assert slices > 70
