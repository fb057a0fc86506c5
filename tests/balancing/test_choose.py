"""Who gives and who takes, against rules written anew from the issue and the manual."""

from array import array

from balancing import choose, scheduler
from balancing.ledger import LIMIT_MAS, UNKNOWN_MAS, Ledger
from tests.balancing.fakes import Chance
from tests.each import each

GIVE_MV, TAKE_MV = 2650, 3570
EVEN = array("H", [3300] * 8)
UNIT = 36_000  # 0.1 per mille of 100 Ah
FAR = 1 << 28  # no difference is so great


def ledger_of(offsets, sigma=0, level=0):
    """Offsets and doubt in units of 0.1 per mille."""
    ledger = Ledger(len(offsets), 100_000)
    for i in range(len(offsets)):
        ledger.offset_mas[i] = offsets[i] * UNIT
        ledger.sigma_mas[i] = sigma * UNIT
    ledger.level_mas = level * UNIT
    return ledger


def by_debt(ledger, tenths, floor, mv=None, give_mv=GIVE_MV, take_mv=TAKE_MV, side=0, far=FAR):
    return choose.pair_by_debt(ledger, mv or EVEN, give_mv, take_mv, tenths, floor, side, far)


@each(((3299, choose.NONE), (3300, choose.NONE), (3301, 1)))
def test_a_giver_stays_clear_of_uvp(row):
    ledger, mv = ledger_of([300, -300]), array("H", [row[0], 3200])
    assert choose.pair_by_debt(ledger, mv, 3300, TAKE_MV, 0, 1, 0, FAR) == row[1]
    ledger.leader, ledger.followers = 0, 2
    assert choose.pair_by_lead(ledger, mv, 3300, TAKE_MV) == row[1]
    assert choose.pair_by_voltage(mv, 2, 3300, TAKE_MV, 10) == row[1]
    assert choose.bleed_by_debt(ledger, mv, 3300, 0, 1, 2) == (row[1] > 0)
    assert choose.bleed_by_voltage(mv, 2, 3300, 10, 2) == (row[1] > 0)


@each(((3299, 1), (3300, choose.NONE), (3301, choose.NONE)))
def test_a_receiver_stays_clear_of_ovp(row):
    ledger, mv = ledger_of([300, -300]), array("H", [3400, row[0]])
    assert choose.pair_by_debt(ledger, mv, GIVE_MV, 3300, 0, 1, 0, FAR) == row[1]
    ledger.leader, ledger.followers = 0, 2
    assert choose.pair_by_lead(ledger, mv, GIVE_MV, 3300) == row[1]
    assert choose.pair_by_voltage(mv, 2, GIVE_MV, 3300, 10) == row[1]


def test_who_may_not_is_passed_over():
    mv = array("H", [3300, 3000, 3300, 3300, 3500, 3300])
    ledger = ledger_of([40, 300, 80, -80, -300, -40])
    assert by_debt(ledger, 99, 10, mv, 3100, 3400) == 2 * 256 + 3
    ledger.leader, ledger.followers = 2, 0b110010
    assert choose.pair_by_lead(ledger, mv, 3100, 3400) == 2 * 256 + 5
    assert choose.pair_by_voltage(mv, 6, 3100, 3200, 10) == 4 * 256 + 1


# of a doubt of 0.40 %, 15 tenths are 0.60 %: units of offset of the partner of a great debt
@each(((59, choose.NONE), (60, choose.NONE), (61, 0)))
def test_a_great_debt_pushes_no_cell_whose_side_is_in_doubt(row):
    offset, source = row
    wanted = source if source < 0 else source * 256 + 1
    assert by_debt(ledger_of([offset, -500, 0], 40), 10, 10, side=15) == wanted
    assert by_debt(ledger_of([offset, -500, 0], 40), 10, 10) == 1
    mirrored = wanted if source < 0 else 256
    assert by_debt(ledger_of([-offset, 500, 0], 40), 10, 10, side=15) == mirrored


@each(((499, 39, 0), (500, 39, choose.NONE), (501, 39, choose.NONE), (500, 61, 0)))
def test_a_great_difference_overrules_a_side_in_doubt(row):
    far, offset, source = row
    ledger = ledger_of([offset, offset - 500, 0], 40)
    assert by_debt(ledger, 10, 10, side=15, far=far) == (source if source < 0 else 1)
    ledger = ledger_of([-offset, 500 - offset, 0], 40)
    assert by_debt(ledger, 10, 10, side=15, far=far) == (source if source < 0 else 256)


def test_a_level_between_no_cells_moves_nothing_however_far():
    assert by_debt(ledger_of([900, 300], 0, 200), 0, 1, far=1) == choose.NONE


def test_the_surest_comes_first():
    ledger = ledger_of([200, 150, -500], 0)
    ledger.sigma_mas[0] = 60 * UNIT
    assert by_debt(ledger, 0, 10, side=10) == 1 * 256 + 2
    assert by_debt(ledger, 0, 10, side=8) == 0 * 256 + 2


def test_doubt_without_end_stays_below_two_to_the_thirtieth():
    ledger = ledger_of([300, -300])
    ledger.forget()
    ledger.offset_mas[0], ledger.offset_mas[1] = 500_000_000, -500_000_000
    assert by_debt(ledger, 0, 0, side=15) == choose.NONE
    side = max(scheduler._SIDE_KNEE + scheduler._SIDE_STEEP)
    assert max(UNKNOWN_MAS // 10 * side, 2 * LIMIT_MAS) < 2**30


def test_the_richest_gives_to_the_poorest():
    pair = by_debt(ledger_of([5, 300, -200, -7]), 99, 10)
    assert pair == 1 * 256 + 2


@each(((9, -1), (10, -1), (11, 0x100)))
def test_a_difference_must_pass_the_floor(row):
    pair = by_debt(ledger_of([0, row[0]], 0, 5), 99, 10)
    assert pair == (row[1] if row[1] < 0 else 1 * 256 + 0)


@each(((189, choose.NONE), (190, choose.NONE), (191, 1)))
def test_much_doubt_forbids(row):
    # sigma 100 and 0: doubt 100, 18 tenths of it are 180, plus the floor of 10
    ledger = ledger_of([row[0], 0], 0, 5)
    ledger.sigma_mas[0] = 100 * UNIT
    assert by_debt(ledger, 18, 10) == row[1]


def test_unknown_cells_move_nothing_whatever_their_offset():
    ledger = Ledger(3, 100_000)
    ledger.offset_mas[0], ledger.offset_mas[2] = 50_000_000, -50_000_000
    assert by_debt(ledger, 20, 10) == choose.NONE


@each((([50, 20], 50), ([50, 60], 30), ([20, 50], 20)))
def test_both_must_lie_on_their_own_side_of_the_level(row):
    offsets, level = row
    if level == 30:
        offsets = [50, 60]  # both above
    assert by_debt(ledger_of(offsets, 0, level), 99, 1) == choose.NONE


def test_a_lead_goes_to_the_poorest_follower():
    ledger = ledger_of([0, -5, -9, 80])
    ledger.leader, ledger.followers = 3, 0b0011
    assert choose.pair_by_lead(ledger, EVEN, GIVE_MV, TAKE_MV) == 3 * 256 + 1
    ledger.leader = -1
    assert choose.pair_by_lead(ledger, EVEN, GIVE_MV, TAKE_MV) == choose.NONE


@each(((3310, 3300, -1), (3311, 3300, 0), (3000, 2900, -1), (3001, 2900, 0)))
def test_the_manual_needs_difference_and_start_voltage(row):
    mv = array("H", [row[0], row[1]])
    assert choose.pair_by_voltage(mv, 2, 3000, TAKE_MV, 10) == (1 if row[2] == 0 else choose.NONE)


def test_the_manuals_pair_is_highest_and_lowest():
    chance = Chance(3)
    for _ in range(200):
        n = chance.between(2, 8)
        mv = array("H", [chance.between(3000, 3600) for _ in range(n)])
        pair = choose.pair_by_voltage(mv, n, 2900, 3700, 10)
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
        mv = array("H", [chance.between(2600, 3600) for _ in range(n)])
        pair = by_debt(ledger, 20, 10, mv)
        if pair != choose.NONE:
            source, sink = pair >> 8, pair & 255
            assert ledger.offset_mas[source] > ledger.level_mas > ledger.offset_mas[sink]


def test_bleeding_picks_the_richest_that_are_surely_above_the_poorest():
    ledger = ledger_of([0, 200, 150, 5])
    assert choose.bleed_by_debt(ledger, EVEN, GIVE_MV, 99, 10, 4) == 0b0110
    assert choose.bleed_by_debt(ledger, EVEN, GIVE_MV, 99, 10, 1) == 0b0010
    mv = array("H", [3300, 2600, 3300, 3300])
    assert choose.bleed_by_debt(ledger, mv, GIVE_MV, 99, 10, 4) == 0b0100
    assert choose.bleed_by_debt(ledger_of([9, 9]), EVEN, GIVE_MV, 99, 1, 4) == 0


def test_bleeding_by_the_manuals_rule():
    mv = array("H", [3300, 3350, 3340, 3305])
    assert choose.bleed_by_voltage(mv, 4, 3000, 10, 4) == 0b0110
    assert choose.bleed_by_voltage(mv, 4, 3000, 10, 1) == 0b0010
    assert choose.bleed_by_voltage(mv, 4, 3345, 10, 4) == 0b0010
    assert choose.bleed_by_voltage(mv, 4, 3000, 0, 8) == 0b1110


def test_the_first_cell_is_a_cell_like_any_other():
    ledger = ledger_of([80, -9, -5])
    ledger.leader, ledger.followers = 0, 0b110
    assert choose.pair_by_lead(ledger, EVEN, GIVE_MV, TAKE_MV) == 1
    ledger = ledger_of([-9, -5, 80])
    ledger.leader, ledger.followers = 2, 0b011
    assert choose.pair_by_lead(ledger, EVEN, GIVE_MV, TAKE_MV) == 2 * 256
    assert choose.pair_by_voltage(array("H", [3400, 3300]), 2, 3000, TAKE_MV, 10) == 1
    assert choose.pair_by_voltage(array("H", [3300, 3400]), 2, 3000, TAKE_MV, 10) == 256
    assert choose.bleed_by_debt(ledger_of([99, 50, 0]), EVEN, GIVE_MV, 99, 1, 1) == 1
    assert choose.bleed_by_voltage(array("H", [3400, 3350, 3300]), 3, 3000, 10, 1) == 1


@each(((3400, 0), (3399, 1)))
def test_bleeding_needs_more_than_the_start_voltage(row):
    assert choose.bleed_by_voltage(array("H", [3400, 3300]), 2, row[0], 10, 4) == row[1]


@each(((100, 0), (99, 1)))
def test_bleeding_needs_more_than_the_difference(row):
    assert choose.bleed_by_voltage(array("H", [3400, 3300]), 2, 3000, row[0], 4) == row[1]
