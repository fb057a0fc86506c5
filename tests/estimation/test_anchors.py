"""Full and empty: when the estimator says so, and what that teaches."""

from firmware.estimation.estimator import Estimator
from firmware.estimation.profiles import LFP, LI_ION, Profile
from tests.each import each
from tests.estimation.rig import Cell, owner_table


def test_full_is_known_from_voltage_tail_and_time():
    cell = Cell(LFP, 0.97, h=1.0)
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.start(0.7)
    for _ in range(12):
        estimator.step(5.0, 0.02, 3.51, 25.0)
        while estimator.work():
            pass
    assert not estimator.anchors.is_full or estimator.anchors.full_s >= 60.0
    for _ in range(240):
        estimator.step(5.0, 0.02, 3.55, 25.0)
        while estimator.work():
            pass
    assert estimator.anchors.is_full
    assert estimator.soc > 0.97
    assert cell.z < 1.0


@each(
    (
        (0.059, 60, True),
        (0.061, 600, False),
        (0.021, 60, True),
        (0.021, 50, False),
        (0.019, 300, True),
        (0.019, 290, False),
        (-0.019, 300, True),
        (-0.019, 290, False),
        (-0.021, 600, False),
    )
)
def test_the_full_anchor_needs_a_tail_current_or_five_times_as_long_a_rest(row):
    rate, seconds, is_full = row
    estimator = Estimator(Profile(LI_ION), 2.0)
    estimator.resume((0.99, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(seconds // 10):
        estimator.step(10.0, rate, 4.19, 25.0)
        while estimator.work():
            pass
    assert estimator.anchors.is_full == is_full


def test_a_charge_that_was_cut_off_before_its_tail_is_no_full_charge():
    cell = Cell(LFP, 0.9, h=1.0)
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.resume((0.9, 0.003), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    seconds_full = 0
    rate = 2.0
    for _ in range(900):
        volt_v = cell.step(1.0, rate)
        if volt_v > 3.6:
            rate = 0.0
        estimator.step(1.0, rate, volt_v, 25.0)
        while estimator.work():
            pass
        seconds_full += estimator.anchors.is_full
    assert rate == 0.0 and cell.z < 0.98
    assert seconds_full == 0
    assert abs(estimator.soc - cell.z) < 0.01


@each(
    (
        (3.62, 0.0, 0.0, True),
        (3.62, 0.0, 0.3, False),
        (3.62, -0.3, 0.3, False),
        (2.55, 0.0, 0.0, True),
        (2.55, 0.0, 0.3, False),
        (2.55, -0.3, 0.3, False),
    )
)
def test_a_current_that_nobody_sees_makes_no_anchor(row):
    volt_v, rate, blind_c, stands = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(40):
        estimator.step(10.0, rate, volt_v, 25.0, blind_c)
        while estimator.work():
            pass
    assert (estimator.anchors.is_full or estimator.anchors.is_empty) == stands


@each(((0.05, 0.985, 0.989), (0.01, 0.996, 0.998)))
def test_what_a_tail_that_is_cut_off_missed_stays_missed(row):
    rate, low, high = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.9, 0.02), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for n in range(40):
        estimator.step(10.0, rate if n < 20 else 0.0, 3.62, 25.0)
        while estimator.work():
            pass
    assert estimator.anchors.is_full
    assert low < estimator.sight.least < high


def test_a_curve_that_is_flat_at_its_end_is_borne_when_full():
    table = owner_table(LFP)
    flat = [min(volt, 3.4) for volt in table["chg"]]
    estimator = Estimator(Profile(LFP, dict(table, dis=flat, chg=flat)), 2.0)
    estimator.resume((0.95, 0.02), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(20):
        estimator.step(10.0, 0.03, 3.6, 25.0)
        while estimator.work():
            pass
    assert estimator.anchors.is_full and estimator.soc > 0.9


@each((0.99, 0.995, 0.999))
def test_a_charge_that_ended_below_the_tables_full_is_no_full_charge(row):
    volt_v = Cell(LFP, row, h=1.0).step(1.0, 0.0)
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.95, 0.02), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(40):
        estimator.step(10.0, 0.0, volt_v, 25.0)
        while estimator.work():
            pass
    assert estimator.anchors.is_full
    # The voltage is believed to 10 mV, 0.15 % there.
    assert row < estimator.sight.least < row + 0.002


@each(((-0.0999, 25.0, True), (-0.1001, 25.0, False), (-0.05, 10.0, True), (-0.05, 9.8, False)))
def test_the_empty_anchor_needs_a_small_current_and_10_degrees(row):
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.05, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(16):
        estimator.step(5.0, row[0], 2.55, row[1])
        while estimator.work():
            pass
    assert estimator.anchors.is_empty == row[2]


def test_an_anchor_is_a_bound_on_either_side():
    estimator = Estimator(Profile(LFP), 2.0)
    sight = estimator.sight
    full, empty, neither = (0.03, 3.62), (-0.02, 2.55), (-0.2, 3.3)
    found = []
    for z, (rate, volt_v) in ((0.99, full), (0.01, empty), (0.5, neither)):
        estimator.resume((z, 0.001), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
        for _ in range(10):
            estimator.step(10.0, rate, volt_v, 25.0)
            while estimator.work():
                pass
        found.append((sight.least, sight.most))
    assert 0.98 < found[0][0] < 1.0 and found[0][1] == 1.0
    assert found[1][0] == 0.0 and 0.0 <= found[1][1] <= 0.02
    assert found[2][0] < -0.02 and found[2][1] > 1.01


def test_what_was_counted_beyond_full_is_taken_back():
    estimator = Estimator(Profile(LFP, owner_table(LFP)), 2.0)
    estimator.resume((0.995, 0.003), (0.0, 0.0001), (1.0, 0.01), (0.0, 0.001))
    for n in range(180):
        # 1.2 % in twenty minutes, ten more at rest: the sensor counts 0.7 % too much
        estimator.step(10.0, 0.036 if n < 120 else 0.0, 3.62, 25.0)
        while estimator.work():
            pass
    assert estimator.anchors.is_full
    assert abs(estimator.bank.z_mean - 1.0) < 0.005


@each(
    (
        (3.62, 0.03, 60.0, 0.09365),
        (3.62, 0.03, 1800.0, 0.025),
        (3.62, 0.0, 1800.0, 0.025),
        (2.5, 0.0, 5400.0, 0.00625),
    )
)
def test_the_longer_an_anchor_stands_the_less_it_tells_anew(row):
    volt_v, rate, stood_s, weight = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.5, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    estimator.anchors.full_s = estimator.anchors.empty_s = stood_s - 10.0
    estimator.anchors.is_full = volt_v > 3.0
    estimator.step(10.0, rate, volt_v, 25.0)
    while estimator.work():
        pass
    assert abs(estimator.sight.anchor_weight - weight) < 1e-5
