"""What the observer learns from curves whose truth is known, and what it refuses to claim."""

from array import array
from math import sin

from balancing.align import BINS, Aligner, eliminate
from balancing.anchors import observe_rest
from balancing.chemistry import LI_ION, LIFEPO4, LTO, Chemistry
from balancing.ledger import UNKNOWN_MAS, Ledger
from balancing.observer import Observer
from tests.balancing.fakes import Snap
from tests.each import each

CAPACITY_MAH = 100_000
BIN_MAS = CAPACITY_MAH * 36 // 10 * 5
WINDOW_MS = 5000


def plateau(depth):
    """A LiFePO4-like curve: mV over the per cent missing to full; knee, step, slope."""
    if depth < 6:
        return 3360 + 8 * (6 - depth) ** 1.7
    if depth < 30:
        return 3360 - 0.3 * (depth - 6)
    if depth < 42:
        return 3352.8 - 2.5 * (depth - 30)
    return 3322.8 - 0.2 * (depth - 42)


def flat(depth):
    return 3330


def flat_below_the_knee(depth):
    return 3372


def low(depth):
    """The end of a LiFePO4 discharge."""
    return 3170 - 10 * (depth - 88)


def slope(depth):
    """A Li-ion-like curve: steep everywhere, bent."""
    return 4150 - 9 * depth + 0.03 * depth * depth


class Pack:
    """Cells on one curve without resistance; charge in per cent of the nominal capacity."""

    def __init__(self, kind, curve, missing, offset_mv=None, point=0, widen=None):
        n = len(missing)
        self.curve, self.missing = curve, [float(m) for m in missing]
        self.offset_mv = offset_mv or [0] * n
        self.widen = widen or [1.0] * n
        self.snap = Snap(n)
        self.ledger = Ledger(n, CAPACITY_MAH)
        chemistry = Chemistry(kind)
        chemistry.lean = (0.0, 0.0, 0.0, 20.0, 400.0)
        chemistry.turn_mv = 0.01
        self.observer = Observer(
            n, chemistry, CAPACITY_MAH, self.ledger, 900, self.snap.cell_pm, point
        )

    def window(self, percent):
        """Charge by `percent` of the capacity within one window; then let it work to the end."""
        n = len(self.missing)
        for i in range(n):
            self.missing[i] -= percent
            mv = self.curve(self.missing[i] / self.widen[i]) + self.offset_mv[i]
            self.snap.cell_mv[i] = int(mv + 0.5)
        self.snap.current_ma = int(percent * CAPACITY_MAH * 36000 / WINDOW_MS)
        self.observer.note(self.snap, self.snap.current_ma, WINDOW_MS)
        while self.observer.work():
            pass

    def run(self, percent, pieces):
        for _ in range(pieces):
            self.window(percent / pieces)
        return self

    def rest(self, hours):
        for _ in range(int(hours * 720)):
            self.window(0.0)
        return self

    def errors(self):
        """Claimed minus true offsets in per cent, each against its own mean."""
        n = len(self.missing)
        claim = [q / (BIN_MAS * 2) for q in self.ledger.offset_mas]
        truth = [-m for m in self.missing]
        a, b = sum(claim) / n, sum(truth) / n
        return [c - a - (t - b) for c, t in zip(claim, truth)]

    def doubts(self):
        return [s / (BIN_MAS * 2) for s in self.ledger.sigma_mas]


def test_elimination_solves_what_it_is_given():
    matrix = [4, 1, 0, 0, 1, 3, 1, 0, 0, 1, 5, 2, 0, 0, 2, 6]
    solution = [1.0, -2.0, 3.0, 0.5]
    n = array("f", [0.0] * 20)
    for r in range(4):
        for c in range(4):
            n[4 * r + c] = matrix[4 * r + c]
            n[16 + r] += matrix[4 * r + c] * solution[c]
    eliminate(n)
    for r in range(4):
        assert abs(n[16 + r] - solution[r]) < 1e-5


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


def bent():
    """Three cells on a curve that bends, the second and third 2 and 4 bins ahead."""
    align = Aligner(3)
    align.begin(1, 100.0)
    for i in range(3):
        align.seen[i] = 60
        for k in range(60):
            align.volt[i * BINS + k] = 33000 + 5 * (k + 2 * i) * (k + 2 * i)
        for k in range(4):
            align.info[16 * i + 5 * k] = 0.1
    return align


def solved(align, rounds=10):
    """How much less than the first cell the second misses, in bins."""
    align.start(rounds, 0.02)
    while not align.work():
        pass
    return align.theta[4] - align.theta[0]


def test_a_cell_that_lies_off_the_curve_is_skipped():
    align = bent()
    align.theta[0] = -1000.0
    align.theta[4] = 1000.0
    align.volt[3] = 0
    solved(align)
    assert align.theta[0] != -1000.0  # the prior calls it back


def test_a_bin_that_was_not_seen_misleads_nobody():
    whole, holed = bent(), bent()
    holed.volt[BINS + 30] = 0
    assert abs(solved(whole) - solved(holed)) < 0.1
    assert abs(whole.theta[4] - whole.theta[0] + 2) < 1


def test_bins_that_are_far_out_mislead_little():
    whole, torn = bent(), bent()
    for k in range(28, 32):
        torn.volt[BINS + k] += 1000  # 100 mV
    assert abs(solved(whole) - solved(torn)) < 0.1


@each(((0.0, False), (10.0, True)))
def test_what_was_known_gives_way_to_a_pass_that_contradicts_it(row):
    wrong_bins, is_worse = row
    align = bent()
    align.noise_mv = 0.5
    for i in range(3):
        align.mean[4 * i] = align.theta[4 * i] = -2.0 * i
        align.info[16 * i] = 4.0
    align.mean[4] = align.theta[4] = wrong_bins - 2.0
    assert abs(solved(align, 40) + 2) < 2
    assert (align.worse[1] > 1.0) == is_worse


def test_what_holds_for_any_cell_never_gives_way():
    align = bent()
    align.least = (0.0, 0.0, 7.0, 0.0)
    align.worse[0] = 1000.0
    align.misfit, align.told = 1.0, 1.0
    for j in range(20):
        align.normal[j] = 0.0
    align.weigh(0)
    assert [round(align.cover[5 * k] * 1000, 3) for k in range(4)] == [0.1, 0.1, 7000.0, 0.1]


@each(((2, 12.5), (2, -12.5), (0, 40.0), (0, -40.0)))
def test_a_solution_that_cannot_be_is_not_believed(row):
    pack = Pack(LI_ION, slope, [10, 11, 10]).run(-30, 300)
    assert max(pack.doubts()) < 2
    align = pack.observer.align
    align.theta[4 + row[0]] = row[1]
    pack.observer._write_ledger()
    assert list(pack.ledger.sigma_mas) == [UNKNOWN_MAS] * 3
    assert list(align.theta) == list(align.mean)


def test_each_cells_capacity_is_told_once_a_long_pass_was_seen():
    pack = Pack(LI_ION, slope, [90, 92, 91, 90], widen=[1.02, 0.99, 0.98, 1.01])
    assert list(pack.snap.cell_pm) == [1000] * 4
    pack.run(85, 680).rest(1)
    for told, true in zip(pack.snap.cell_pm, (1020, 990, 980, 1010)):
        assert abs(told - true) <= 5


@each(((-0.1, 0), (0.0, 0), (0.2, 2), (3300.04, 33000), (6552.9, 65529), (6553.0, 0), (1e9, 0)))
def test_a_voltage_that_no_cell_has_is_not_believed(row):
    rest_mv, kept = row
    align = Aligner(2)
    align.volt[BINS + 3] = 7
    align.keep(1, 3, rest_mv, -10.0)
    assert align.volt[BINS + 3] == kept
