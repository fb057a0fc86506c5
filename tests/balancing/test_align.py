"""Aligning cells on one curve: what is solved, believed and skipped."""

from array import array

from balancing.align import BINS, Aligner, eliminate
from balancing.chemistry import LI_ION
from balancing.ledger import UNKNOWN_MAS
from tests.balancing.observer_pack import Pack, slope
from tests.each import each


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
