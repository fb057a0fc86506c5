"""What the observer learns from curves whose truth is known, and what it refuses to claim."""

from math import sin

from balancing.align import BINS
from balancing.anchors import observe_rest
from balancing.chemistry import LI_ION, LIFEPO4, LTO, Chemistry
from balancing.ledger import UNKNOWN_MAS
from tests.balancing.observer_pack import (
    BIN_MAS,
    Pack,
    flat,
    flat_below_the_knee,
    low,
    plateau,
    slope,
)
from tests.each import each


@each(((0, 5, 1), (1, -5, 2), (2, 3, -3)))
def test_a_charge_through_the_step_tells_who_is_ahead(row):
    missing = [50 + row[0], 50 + row[1], 50 + row[2], 50]
    pack = Pack(LIFEPO4, plateau, missing, [4, -3, 2, -4]).run(46, 460)
    assert max([abs(e) for e in pack.errors()]) < 0.6
    assert max(pack.doubts()) < 1.0
    assert abs(pack.observer.depth / 2 - sum(pack.missing) / 4) < 8


@each((((20, 0), 0), ((28, 0), 0), ((28, -5), 1), ((48, 0), 2), ((20, -5), 0)))
def test_the_ledger_ripens_with_a_long_pass_and_again_when_full(row):
    (charge, discharge), ripe = row
    pack = Pack(LI_ION, slope, [50, 45, 52]).run(charge, 10 * charge).run(discharge, 50)
    assert pack.ledger.ripe == ripe
    pack.ledger.forget()
    assert pack.ledger.ripe == 0


@each(((-0.05, False), (-0.15, True)))
def test_a_charge_that_ends_is_solved_to_its_end(row):
    percent, is_solved = row
    observer = Pack(LI_ION, slope, [50, 45, 52]).run(31.5, 315).run(percent, 3).observer
    assert (observer.peak_bins - observer.solved_bins < 0.01) == is_solved


@each(((0.0, False), (15.0, True)))
def test_cells_that_share_no_curve_are_believed_less(row):
    wave_mv, is_worse = row
    pack = Pack(LI_ION, slope, [50, 45, 52])
    for k in range(400):
        pack.offset_mv[1] = wave_mv * sin(k / 30)
        pack.window(0.1)
    assert (max(pack.observer.align.worse) > 1.0) == is_worse
    assert (max(pack.doubts()) > 0.4) == is_worse


def test_a_discharge_tells_as_much():
    pack = Pack(LI_ION, slope, [12, 15, 10], [3, -3, 0]).run(-60, 600)
    assert max([abs(e) for e in pack.errors()]) < 0.6
    assert pack.observer.direction == -1


def test_a_flat_curve_teaches_nothing():
    pack = Pack(LIFEPO4, flat, [50, 45, 55], [4, -4, 0]).run(40, 400)
    assert min(pack.doubts()) > 3
    assert max([abs(q) for q in pack.ledger.offset_mas]) < 2 * BIN_MAS


def test_rest_on_the_plateau_claims_nothing():
    pack = Pack(LIFEPO4, flat, [50, 45, 55], [12, -12, 0]).rest(9)
    assert min(pack.doubts()) > 3


def test_rest_on_a_slope_tells_direction_with_doubt():
    pack = Pack(LI_ION, slope, [30, 24, 31]).rest(1)
    assert pack.ledger.offset_mas[1] > pack.ledger.offset_mas[0] > pack.ledger.offset_mas[2]
    assert max(pack.doubts()) < 4


@each(((0.4, UNKNOWN_MAS), (0.6, None)))
def test_rest_begins_after_half_an_hour(row):
    pack = Pack(LI_ION, slope, [30, 24, 31]).rest(row[0])
    assert (pack.ledger.sigma_mas[0] == UNKNOWN_MAS) == (row[1] is not None)


# the current of a night, per mille of the capacity in an hour, for three quarters of one
@each(((LI_ION, -34, True), (LI_ION, -36, False), (LIFEPO4, -9, True), (LIFEPO4, -11, False)))
def test_a_nights_load_is_rest_where_no_plateau_hides_charge(row):
    kind, load_pm, is_rest = row
    pack = Pack(kind, slope, [30, 24, 31])
    for _ in range(540):
        pack.window(load_pm / 7200)
    assert (pack.observer.rest_s > 1800) == is_rest


def test_rest_is_looked_at_again_only_after_a_move_or_a_current():
    pack = Pack(LI_ION, slope, [30, 24, 31]).rest(1)
    first = pack.observer.align.info[0]
    pack.rest(1)
    assert pack.observer.align.info[0] == first
    for cell, percent in ((1, -1), (2, 1)):
        pack.ledger.moved_mas[cell] += percent * 2 * BIN_MAS
        pack.missing[cell] -= percent
    pack.rest(0.1)
    second = pack.observer.align.info[0]
    assert second > first
    pack.rest(7)
    assert pack.observer.align.info[0] == second
    pack.run(-0.5, 5).rest(0.6)
    assert pack.observer.align.info[0] > second


@each(((0.0, False), (-1.0, True)))
def test_a_rested_lifepo4_pack_tells_near_empty_and_never_before_it_was_used(row):
    pack = Pack(LIFEPO4, low, [91, 89, 91])
    if row[0]:
        pack.run(row[0], 10)
    pack.rest(1)
    assert (pack.observer.align.info[0] > 1.01 / 36) == row[1]
    if row[1]:
        assert pack.ledger.offset_mas[1] > max(pack.ledger.offset_mas[0], pack.ledger.offset_mas[2])


@each((flat, flat_below_the_knee))
def test_a_rested_lifepo4_pack_tells_of_its_sensors_on_the_plateau(row):
    pack = Pack(LIFEPO4, row, [50, 50, 50], [4, 0, -4]).run(-1, 10)
    before = list(pack.observer.align.info)
    pack.rest(1)
    assert pack.observer.align.info[10] > before[10]
    assert pack.observer.align.info[0] == before[0]
    assert max([abs(q) for q in pack.ledger.offset_mas]) < BIN_MAS


@each(((0.0, True), (0.6, False)))
def test_a_current_that_jumps_teaches_nothing(row):
    jump, learns = row
    pack = Pack(LI_ION, slope, [50, 44, 52])
    pack.observer.chemistry.lean = (60.0, 0.0, 0.0, 20.0, 400.0)
    for k in range(400):
        pack.window(0.1 * (1 + jump * (1 if k % 2 else -1)))
    assert (min(pack.doubts()) < 1.0) == learns


def test_doubt_grows_with_the_months():
    pack = Pack(LI_ION, slope, [50, 44, 52]).run(40, 400)
    before, offsets = pack.doubts(), list(pack.ledger.offset_mas)
    drift_bins = pack.observer.drift_bins
    pack.snap.current_ma = 0
    for _ in range(30 * 48):
        pack.observer.note(pack.snap, 0, 1_800_000)
        while pack.observer.work():
            pass
    for i in range(3):
        assert abs(pack.ledger.offset_mas[i] - offsets[i]) < BIN_MAS // 2
        assert 0.8 < pack.doubts()[i] - before[i] + drift_bins / 2 < 1.05
    pack.run(-5, 50)
    assert pack.observer.drift_bins < 0.01


def test_a_plateau_at_rest_says_nothing_of_charge():
    pack = Pack(LIFEPO4, plateau, [5, 5.1, 5.2], [0, 25, 0]).rest(1)
    assert abs(pack.observer.align.info[0] - 1 / 36) < 1e-6


@each(((LIFEPO4, 3100, 60, True), (LIFEPO4, 3100, 61, False), (LI_ION, 3700, 61, True)))
def test_rest_is_not_judged_where_one_slope_is_a_lie(row):
    kind, mv, span, is_judged = row
    align = Pack(kind, slope, [50, 50, 50]).observer.align
    before = align.info[0]
    observe_rest(align, Chemistry(kind), [mv, mv + span, mv], [0] * 3, [0] * 3, 150.0)
    assert (align.info[0] > before) == is_judged


def test_a_steep_curve_is_judged_at_rest_however_far_apart():
    pack = Pack(LI_ION, slope, [60, 35, 61], [0, 0, 0]).rest(1)
    assert pack.observer.align.info[0] > 1.5 / 36
    assert pack.ledger.offset_mas[1] > 8 * BIN_MAS > 0 > pack.ledger.offset_mas[0]


def test_moved_charge_is_followed_through_a_pass():
    pack = Pack(LIFEPO4, plateau, [50, 45, 52]).run(20, 200)
    for _ in range(250):
        pack.ledger.moved_mas[1] -= 4 * BIN_MAS // 125
        pack.missing[1] += 2 / 125
        pack.window(0.1)
    assert max([abs(e) for e in pack.errors()]) < 0.6


def test_a_turn_keeps_what_was_learned():
    pack = Pack(LIFEPO4, plateau, [50, 46, 52]).run(45, 450)
    before = list(pack.ledger.offset_mas)
    pack.run(-12, 120)
    assert pack.observer.direction == -1
    for i in range(3):
        assert abs(pack.ledger.offset_mas[i] - before[i]) < BIN_MAS
    assert max(pack.doubts()) < 1.5
    pack.run(-60, 600).run(70, 700)
    assert max([abs(e) for e in pack.errors()]) < 0.6


def test_a_short_pass_is_no_knowledge():
    pack = Pack(LIFEPO4, plateau, [50, 46, 52]).run(2, 40).run(-5, 100)
    assert pack.observer.direction == -1
    assert abs(pack.observer.align.info[0] - 1 / 36) < 1e-6


@each(((0, 0.0), (1, 2.0), (2, 1.0)))
def test_the_balance_point_weighs_the_capacity(row):
    pack = Pack(LI_ION, slope, [10, 10, 10], None, row[0]).run(-30, 300)
    theta = pack.observer.align.theta
    theta[1], theta[5] = 2.0, -2.0
    for i in range(3):
        theta[4 * i] = 0.0
    pack.observer._write_ledger()
    gap = pack.ledger.offset_mas[0] - pack.ledger.offset_mas[1]
    assert abs(gap - row[1] * 4 * BIN_MAS) < BIN_MAS // 10


def test_a_cell_at_its_knee_leads_those_far_below():
    pack = Pack(LIFEPO4, plateau, [0.5, 9, 3.5])
    pack.window(0.0)
    assert (pack.ledger.leader, pack.ledger.followers) == (0, 0b110)
    pack.run(-4, 40)
    assert (pack.ledger.leader, pack.ledger.followers) == (-1, 0)
    pack = Pack(LIFEPO4, plateau, [0.5, 0.6, 0.5])
    pack.window(0.0)
    assert (pack.ledger.leader, pack.ledger.followers) == (-1, 0)


def test_ohmic_drop_is_no_lead():
    pack = Pack(LIFEPO4, plateau, [3.5, 9, 9])
    pack.observer.chemistry.lean = (300.0, 0.0, 0.0, 20.0, 400.0)
    pack.window(0.1)
    assert pack.ledger.leader == -1


def test_no_knee_no_leader():
    pack = Pack(LTO, slope, [0, 20, 30])
    pack.window(0.0)
    assert pack.ledger.leader == -1


def test_a_pass_longer_than_its_memory_is_cut_not_overrun():
    pack = Pack(LI_ION, slope, [120, 122, 121])
    for _ in range(130):
        pack.window(1.2)
        for i in range(3):
            pack.missing[i] = 60 + i
    assert max(pack.observer.align.seen) == BINS


def test_sums_stay_bounded_when_nobody_works():
    pack = Pack(LI_ION, slope, [10, 10, 10])
    pack.snap.current_ma = 300_000
    for _ in range(3000):
        pack.observer.note(pack.snap, pack.snap.current_ma, 1000)
    assert pack.observer.charge_mas <= 300_000 * 1802
    for _ in range(3000):
        pack.observer.note(pack.snap, pack.snap.current_ma, 0)
    assert pack.observer.samples == 4000


def test_a_window_without_a_scan_waits():
    pack = Pack(LI_ION, slope, [10, 10, 10])
    pack.observer.count(1000, 6000)
    assert not pack.observer.work()
    assert pack.observer.samples == 0 and pack.observer.charge_mas == 6000


@each(((2000, 0.0), (2160, 0.0), (3590, 1000.0), (3700, 1000.0), (3308, 500.0), (3312.5, 550.0)))
def test_the_table_is_read_between_its_points(row):
    assert abs(Chemistry(LIFEPO4).soc(row[0]) - row[1]) < 0.01


@each(((2000, 17.3), (3300, 0.21), (3500, 4.46), (9999, 4.46)))
def test_the_slope_is_the_tables(row):
    assert abs(Chemistry(LIFEPO4).slope(row[0]) - row[1]) < 0.01


@each(((10, 0.3, 0.4), (30, 0.8, 0.9)))
def test_a_short_pass_is_a_weaker_prior_than_a_long_one(row):
    percent, low, high = row
    pack = Pack(LI_ION, slope, [60, 61, 60]).run(percent, 10 * percent)
    pack.run(-4, 40)
    align = pack.observer.align
    assert pack.observer.direction == -1
    assert low < align.info[0] / align.cover[0] < high


@each(((27, 13, 2), (25, 19, 0)))
def test_cells_eight_per_cent_short_of_full_are_as_good_as_full(row):
    percent, depth, ripe = row
    pack = Pack(LI_ION, slope, [30, 31, 30]).run(percent, 10 * percent)
    assert abs(pack.observer.depth - depth) < 1 and pack.ledger.ripe == ripe
