"""Who gives and who takes, against rules written anew from the issue and the manual."""

from array import array

from balancing import choose
from balancing.ledger import Ledger
from tests.balancing.fakes import Chance
from tests.each import each

ALL = 255
UNIT = 36_000  # 0.1 per mille of 100 Ah


def ledger_of(offsets, sigma=0, level=0):
    """Offsets and doubt in units of 0.1 per mille."""
    ledger = Ledger(len(offsets), 100_000)
    for i in range(len(offsets)):
        ledger.offset_mas[i] = offsets[i] * UNIT
        ledger.sigma_mas[i] = sigma * UNIT
    ledger.level_mas = level * UNIT
    return ledger


@each(((2649, 0), (2650, 0), (2651, 1)))
def test_the_giver_stays_clear_of_uvp(row):
    assert choose.able_to_give(array("H", [row[0], 3300]), 1, 2600) == row[1]


@each(((3569, 1), (3570, 0), (3571, 0)))
def test_the_receiver_stays_clear_of_ovp(row):
    assert choose.able_to_take(array("H", [row[0], 3300]), 1, 3600) == row[1]


def test_masks_name_every_able_cell():
    mv = array("H", [2500, 3300, 3590, 3000])
    assert choose.able_to_give(mv, 4, 2600) == 0b1110
    assert choose.able_to_take(mv, 4, 3600) == 0b1011


def test_the_richest_gives_to_the_poorest():
    pair = choose.pair_by_debt(ledger_of([5, 300, -200, -7]), ALL, ALL, 50, 99, 10)
    assert pair == 1 * 256 + 2


@each(((9, -1), (10, -1), (11, 0x100)))
def test_a_difference_must_pass_the_floor(row):
    pair = choose.pair_by_debt(ledger_of([0, row[0]], 0, 5), ALL, ALL, 50, 99, 10)
    assert pair == (row[1] if row[1] < 0 else 1 * 256 + 0)


@each(((209, choose.NONE), (210, choose.NONE), (211, 1)))
def test_much_doubt_forbids(row):
    # sigma 100 and 0: doubt 100, squared over 50 is 200, plus the floor of 10
    ledger = ledger_of([row[0], 0], 0, 5)
    ledger.sigma_mas[0] = 100 * UNIT
    assert choose.pair_by_debt(ledger, ALL, ALL, 50, 99, 10) == row[1]


@each(((190, choose.NONE), (191, 1)))
def test_a_sure_multiple_of_the_doubt_is_enough(row):
    # doubt 100: squared over 50 is 200, but 18 tenths of it are 180, plus the floor of 10
    ledger = ledger_of([row[0], 0], 0, 5)
    ledger.sigma_mas[0] = 100 * UNIT
    assert choose.pair_by_debt(ledger, ALL, ALL, 50, 18, 10) == row[1]


def test_unknown_cells_move_nothing_whatever_their_offset():
    ledger = Ledger(3, 100_000)
    ledger.offset_mas[0], ledger.offset_mas[2] = 50_000_000, -50_000_000
    assert choose.pair_by_debt(ledger, ALL, ALL, 50, 99, 10) == choose.NONE


@each((([50, 20], 50), ([50, 60], 30), ([20, 50], 20)))
def test_both_must_lie_on_their_own_side_of_the_level(row):
    offsets, level = row
    if level == 30:
        offsets = [50, 60]  # both above
    assert choose.pair_by_debt(ledger_of(offsets, 0, level), ALL, ALL, 50, 99, 1) == choose.NONE


@each(((0, ALL), (ALL, 0), (0, 0)))
def test_nobody_able_means_no_pair(row):
    ledger = ledger_of([300, -300])
    ledger.leader, ledger.followers = 0, 2
    assert choose.pair_by_debt(ledger, row[0], row[1], 50, 99, 1) == choose.NONE
    assert choose.pair_by_lead(ledger, row[0], row[1]) == choose.NONE
    mv = array("H", [3500, 3300])
    assert choose.pair_by_voltage(mv, 2, row[0], row[1], 3000, 10) == choose.NONE


def test_a_lead_goes_to_the_poorest_follower():
    ledger = ledger_of([0, -5, -9, 80])
    ledger.leader, ledger.followers = 3, 0b0011
    assert choose.pair_by_lead(ledger, ALL, ALL) == 3 * 256 + 1
    ledger.leader = -1
    assert choose.pair_by_lead(ledger, ALL, ALL) == choose.NONE


@each(((3310, 3300, -1), (3311, 3300, 0), (3000, 2900, -1), (3001, 2900, 0)))
def test_the_manual_needs_difference_and_start_voltage(row):
    mv = array("H", [row[0], row[1]])
    assert choose.pair_by_voltage(mv, 2, ALL, ALL, 3000, 10) == (1 if row[2] == 0 else choose.NONE)


def test_the_manuals_pair_is_highest_and_lowest():
    chance = Chance(3)
    for _ in range(200):
        n = chance.between(2, 8)
        mv = array("H", [chance.between(3000, 3600) for _ in range(n)])
        pair = choose.pair_by_voltage(mv, n, ALL, ALL, 2900, 10)
        if max(mv) - min(mv) <= 10:
            assert pair == choose.NONE
        else:
            assert mv[pair >> 8] == max(mv) and mv[pair & 255] == min(mv)


def test_debt_never_raises_the_sum_of_offsets():
    chance = Chance(11)
    for _ in range(300):
        n = chance.between(3, 8)
        ledger = ledger_of([chance.between(-400, 400) for _ in range(n)], chance.below(60))
        ledger.find_level(900)
        pair = choose.pair_by_debt(ledger, chance.below(256), chance.below(256), 50, 99, 10)
        if pair != choose.NONE:
            source, sink = pair >> 8, pair & 255
            assert ledger.offset_mas[source] > ledger.level_mas > ledger.offset_mas[sink]


def test_bleeding_picks_the_richest_that_are_surely_above_the_poorest():
    ledger = ledger_of([0, 200, 150, 5])
    assert choose.bleed_by_debt(ledger, ALL, 50, 99, 10, 4) == 0b0110
    assert choose.bleed_by_debt(ledger, ALL, 50, 99, 10, 1) == 0b0010
    assert choose.bleed_by_debt(ledger, 0b1101, 50, 99, 10, 4) == 0b0100
    assert choose.bleed_by_debt(ledger_of([9, 9]), ALL, 50, 99, 1, 4) == 0
    assert choose.bleed_by_debt(ledger_of([0, 99]), 0b10, 50, 99, 1, 4) == 0b10


def test_bleeding_by_the_manuals_rule():
    mv = array("H", [3300, 3350, 3340, 3305])
    assert choose.bleed_by_voltage(mv, 4, ALL, 3000, 10, 4) == 0b0110
    assert choose.bleed_by_voltage(mv, 4, ALL, 3000, 10, 1) == 0b0010
    assert choose.bleed_by_voltage(mv, 4, ALL, 3345, 10, 4) == 0b0010
    assert choose.bleed_by_voltage(mv, 4, 0, 3000, 10, 4) == 0
    assert choose.bleed_by_voltage(mv, 4, ALL, 3000, 0, 8) == 0b1110


def test_the_first_cell_is_a_cell_like_any_other():
    ledger = ledger_of([80, -9, -5])
    ledger.leader, ledger.followers = 0, 0b110
    assert choose.pair_by_lead(ledger, ALL, ALL) == 1
    ledger = ledger_of([-9, -5, 80])
    ledger.leader, ledger.followers = 2, 0b011
    assert choose.pair_by_lead(ledger, ALL, ALL) == 2 * 256
    assert choose.pair_by_voltage(array("H", [3400, 3300]), 2, ALL, ALL, 3000, 10) == 1
    assert choose.pair_by_voltage(array("H", [3300, 3400]), 2, ALL, ALL, 3000, 10) == 256
    assert choose.bleed_by_debt(ledger_of([99, 50, 0]), ALL, 50, 99, 1, 1) == 1
    assert choose.bleed_by_voltage(array("H", [3400, 3350, 3300]), 3, ALL, 3000, 10, 1) == 1


@each(((3400, 0), (3399, 1)))
def test_bleeding_needs_more_than_the_start_voltage(row):
    assert choose.bleed_by_voltage(array("H", [3400, 3300]), 2, ALL, row[0], 10, 4) == row[1]


@each(((100, 0), (99, 1)))
def test_bleeding_needs_more_than_the_difference(row):
    assert choose.bleed_by_voltage(array("H", [3400, 3300]), 2, ALL, 3000, row[0], 4) == row[1]
