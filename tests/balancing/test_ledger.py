"""The ledger: nothing is lost in booking, and the level is where both sides meet."""

from balancing.ledger import LIMIT_MAS, UNKNOWN_MAS, Ledger
from tests.balancing.fakes import Chance
from tests.each import each


def test_a_new_ledger_knows_nothing():
    ledger = Ledger(3, 100_000)
    assert list(ledger.offset_mas) == [0, 0, 0]
    assert list(ledger.sigma_mas) == [UNKNOWN_MAS] * 3
    assert ledger.unit_mas == 36_000
    assert (ledger.leader, ledger.followers) == (-1, 0)


def test_a_tiny_capacity_still_has_a_unit():
    assert Ledger(3, 1).unit_mas == 1


def test_booking_conserves_charge_to_the_last_ma_ms():
    chance, ledger, exact = Chance(7), Ledger(3, 100_000), [0, 0, 0]
    for _ in range(500):
        cell, ma, dt_ms = chance.below(3), chance.between(-2000, 2000), chance.between(0, 1000)
        ledger.book(cell, ma * dt_ms)
        exact[cell] += ma * dt_ms
    for cell in range(3):
        assert ledger.offset_mas[cell] == exact[cell] // 1000
        assert ledger.moved_mas[cell] == exact[cell] // 1000


@each((-1, 0, 1))
def test_an_offset_never_leaves_its_range(row):
    ledger = Ledger(3, 100_000)
    start = LIMIT_MAS - 2001 + row
    for cell, sign in ((0, 1), (1, -1)):
        ledger.offset_mas[cell] = sign * start
        ledger.book(cell, sign * 2_000_000)
        expected = start + 2000 if start + 2000 < LIMIT_MAS else start
        assert ledger.offset_mas[cell] == sign * expected


@each(((3, 4), (4, 3), (0, 9), (100, 100)))
def test_doubt_is_the_hypotenuse_within_eight_per_cent(row):
    ledger = Ledger(3, 100_000)
    ledger.sigma_mas[0], ledger.sigma_mas[2] = row[0] * 1000, row[1] * 1000
    exact = (row[0] ** 2 + row[1] ** 2) ** 0.5 * 1000
    assert abs(ledger.doubt_mas(0, 2) - exact) <= 0.08 * exact


@each((1000, 900, 500, 1))
def test_the_level_balances_what_is_taken_and_what_arrives(row):
    kappa_pm, chance = row, Chance(row)
    for _ in range(20):
        ledger = Ledger(5, 100_000)
        for i in range(5):
            ledger.offset_mas[i] = chance.between(-20_000_000, 20_000_000)
        ledger.find_level(kappa_pm)
        level = ledger.level_mas
        taken = sum([max(q - level, 0) for q in ledger.offset_mas])
        needed = sum([max(level - q, 0) for q in ledger.offset_mas])
        assert abs(taken * kappa_pm - needed * 1000) <= 6 * 5 * 1000


def test_a_bleeding_board_comes_down_to_the_poorest():
    ledger = Ledger(3, 100_000)
    ledger.offset_mas[0], ledger.offset_mas[1], ledger.offset_mas[2] = 500, -300, 10
    ledger.find_level(0)
    assert -300 <= ledger.level_mas <= -299


def test_forgetting_withdraws_every_claim():
    ledger = Ledger(3, 100_000)
    ledger.offset_mas[1], ledger.sigma_mas[1], ledger.leader, ledger.followers = 5, 1, 2, 3
    ledger.forget()
    assert list(ledger.offset_mas) == [0, 0, 0] and ledger.sigma_mas[1] == UNKNOWN_MAS
    assert (ledger.leader, ledger.followers) == (-1, 0)
