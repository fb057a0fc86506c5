"""What survives a power cut: debts with their doubt, of this pack only, from whole bytes only."""

from array import array

from balancing.chemistry import LIFEPO4, Chemistry
from balancing.ledger import UNKNOWN_MAS, Ledger
from balancing.observer import Observer
from balancing.saved import SAVED_BYTES, restore, save
from tests.balancing.rig import Rig
from tests.each import each

IDENTITY = (4, 2, 100_000, 0)
UNIT = 36_000  # 0.1 per mille of 100 Ah


def new_observer(cells=4):
    ledger = Ledger(cells, 100_000)
    return Observer(cells, Chemistry(LIFEPO4), 100_000, ledger, 900, array("H", [0] * 8))


def written(at=0, sigma=30):
    observer = new_observer()
    for i in range(4):
        observer.ledger.offset_mas[i] = (300, -50, 7, -257)[i] * UNIT
        observer.ledger.sigma_mas[i] = sigma * UNIT
    buf = bytearray(at + SAVED_BYTES)
    save(observer, IDENTITY, buf, at)
    return buf


@each((0, 11))
def test_debts_come_back_with_a_little_more_doubt(row):
    observer = new_observer()
    assert restore(observer, IDENTITY, written(row), row)
    for i in range(4):
        assert abs(observer.ledger.offset_mas[i] - (300, -50, 7, -257)[i] * UNIT) < UNIT // 10
        assert 49 * UNIT < observer.ledger.sigma_mas[i] < 51 * UNIT
    assert observer.ledger.ripe == 0


def test_learning_goes_on_from_there():
    observer = new_observer()
    restore(observer, IDENTITY, written(), 0)
    assert abs(observer.align.mean[0] + 6) < 0.01 and abs(observer.align.info[0] - 1) < 0.01


def test_what_was_unknown_stays_unknown():
    observer, fresh = new_observer(), new_observer()
    buf = bytearray(SAVED_BYTES)
    save(fresh, IDENTITY, buf, 0)
    assert restore(observer, IDENTITY, buf, 0)
    assert list(observer.ledger.sigma_mas) == [UNKNOWN_MAS] * 4


def test_what_does_not_fit_is_cut():
    observer, again = new_observer(), new_observer()
    observer.ledger.unit_mas = 36
    observer.ledger.offset_mas[0], observer.ledger.offset_mas[1] = 36 * 40_000, -36 * 40_000
    buf = bytearray(SAVED_BYTES)
    save(observer, IDENTITY, buf, 0)
    assert restore(again, IDENTITY, buf, 0)
    assert list(buf[:4]) == [0xFF, 0x7F, 0x00, 0x80]


@each(range(SAVED_BYTES))
def test_one_wrong_byte_and_nothing_is_known(row):
    buf = written()
    buf[row] ^= 0x40
    observer = new_observer()
    assert not restore(observer, IDENTITY, buf, 0)
    assert list(observer.ledger.sigma_mas) == [UNKNOWN_MAS] * 4


def test_a_record_from_before_holds_no_debts():
    assert not restore(new_observer(), IDENTITY, written()[:-1], 0)
    assert not restore(new_observer(), IDENTITY, b"", 0)


@each(((3, 2, 100_000, 0), (4, 1, 100_000, 0), (4, 2, 90_000, 0), (4, 2, 100_000, 1)))
def test_another_packs_debts_are_not_taken_over(row):
    assert not restore(new_observer(), row, written(), 0)


def test_a_scheduler_goes_on_paying_after_a_power_cut():
    rig, buf = Rig().owe(1, 3, 3), bytearray(SAVED_BYTES + 2)
    rig.step(100)
    rig.scheduler.save(buf, 2)
    again = Rig()
    assert again.scheduler.restore(buf, 2)
    again.step()
    assert again.board.pair == (1, 3)
    assert not Rig(capacity_mah=50_000).scheduler.restore(buf, 2)
