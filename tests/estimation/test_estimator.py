"""The estimator finds SOC, offset and scale of a simulated cell of its kind."""

from firmware.estimation.estimator import Estimator
from firmware.estimation.profiles import LFP, LI_ION, Profile
from tests.each import each
from tests.estimation.rig import Cell, drive, owner_table


def test_full_is_known_from_voltage_tail_and_time():
    cell = Cell(LFP, 0.97, h=1.0)
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.start(0.7)
    for _ in range(12):
        estimator.step(5.0, 0.02, 3.51, 25.0)
        while estimator.work():
            pass
    assert not estimator.is_full or estimator.full_s >= 60.0
    for _ in range(240):
        estimator.step(5.0, 0.02, 3.55, 25.0)
        while estimator.work():
            pass
    assert estimator.is_full
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
    assert estimator.is_full == is_full


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
        seconds_full += estimator.is_full
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
    assert (estimator.is_full or estimator.is_empty) == stands


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
    assert estimator.bank.z_sd >= known


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
        estimator.step(10.0, 0.0, 3.3, 25.0)
        while estimator.work():
            pass
        shown.append(estimator.sight.volt[60])
    sight = estimator.sight
    assert sight.apart > 0.2
    assert abs(shown[1] - shown[0] - 0.5 * sight.apart * sight.half[60]) < 2e-4


@each(((0.05, 0.985, 0.989), (0.01, 0.996, 0.998)))
def test_what_a_tail_that_is_cut_off_missed_stays_missed(row):
    rate, low, high = row
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.9, 0.02), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for n in range(40):
        estimator.step(10.0, rate if n < 20 else 0.0, 3.62, 25.0)
        while estimator.work():
            pass
    assert estimator.is_full
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
    assert estimator.is_full and estimator.soc > 0.9


@each((0.99, 0.995, 0.999))
def test_a_charge_that_ended_below_the_tables_full_is_no_full_charge(row):
    volt_v = Cell(LFP, row, h=1.0).step(1.0, 0.0)
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.95, 0.02), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(40):
        estimator.step(10.0, 0.0, volt_v, 25.0)
        while estimator.work():
            pass
    assert estimator.is_full
    # The voltage is believed to 10 mV, 0.15 % there.
    assert row < estimator.sight.least < row + 0.002


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


@each(((-0.0999, 25.0, True), (-0.1001, 25.0, False), (-0.05, 10.0, True), (-0.05, 9.8, False)))
def test_the_empty_anchor_needs_a_small_current_and_10_degrees(row):
    estimator = Estimator(Profile(LFP), 2.0)
    estimator.resume((0.05, 0.01), (0.0, 0.0), (1.0, 0.0), (0.0, 0.001))
    for _ in range(16):
        estimator.step(5.0, row[0], 2.55, row[1])
        while estimator.work():
            pass
    assert estimator.is_empty == row[2]


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
    assert estimator.is_full
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
    estimator.full_s = estimator.empty_s = stood_s - 10.0
    estimator.is_full = volt_v > 3.0
    estimator.step(10.0, rate, volt_v, 25.0)
    while estimator.work():
        pass
    assert abs(estimator.sight.anchor_weight - weight) < 1e-5


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
