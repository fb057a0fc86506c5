"""Store: every record, which are lost, and when they are made anew."""

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import records
from firmware.store import FLASH_BYTES, RECORD_BLOCKS, Store
from hal.virtual.flash import VirtualFlash
from tests.each import each
from tests.store.work import BLOCK_BYTES, BLOCKS, NUMBERS, payload


def opened(flash):
    store = Store(flash)
    store.open(records.checks(facts))
    return store


def new_flash():
    return VirtualFlash(BLOCKS, BLOCK_BYTES)


def armed():
    """A flash that holds every record, and its store."""
    flash = new_flash()
    store = opened(flash)
    assert store.rebuild(records.defaults(facts))
    for number in NUMBERS:
        assert store.put(number, payload(number, 1))
    while store.tend():
        pass
    return flash, opened(flash)


def lane_blocks(number):
    """First block of a record and the one after its last."""
    first = 0
    for row in records.RECORDS:
        if row[0] == number:
            return first, first + row[4]
        first += row[4]


def fill(flash, number, byte):
    """Overwrite every block of a record."""
    first, end = lane_blocks(number)
    size = (end - first) * flash.block_bytes
    flash.image[first * flash.block_bytes : end * flash.block_bytes] = bytes([byte]) * size


def test_a_new_board_is_new_and_not_damaged():
    store = opened(new_flash())
    assert store.is_new() and not store.damaged
    assert store.lost() == NUMBERS


def test_a_rebuilt_board_holds_every_default():
    flash = new_flash()
    assert opened(flash).rebuild(records.defaults(facts))
    store = opened(flash)
    assert not store.is_new() and not store.damaged and store.lost() == []
    for number in NUMBERS:
        assert store.get(number) == records.defaults(facts)[number]


@each(NUMBERS)
def test_a_record_comes_back_and_the_others_stay(row):
    flash, store = armed()
    assert store.put(row, payload(row, 2))
    store = opened(flash)
    for number in NUMBERS:
        assert store.get(number) == payload(number, 2 if number == row else 1)


def test_the_same_payload_again_costs_nothing():
    flash, store = armed()
    touched = flash.touched
    for number in NUMBERS:
        assert store.put(number, payload(number, 1))
    assert flash.touched == touched


@each([(number, byte) for number in NUMBERS for byte in (0x00, 0x55)])
def test_a_record_that_is_unreadable_damages_the_store_until_it_is_rebuilt(row):
    number, byte = row
    flash, _ = armed()
    fill(flash, number, byte)
    store = opened(flash)
    assert store.damaged and store.lost() == [number] and store.get(number) is None
    assert [entry[0] for entry in store.refused] == [number]
    assert not store.put(number, payload(number, 2))
    assert opened(flash).damaged
    assert store.rebuild(records.defaults(facts)) and not store.damaged
    store = opened(flash)
    assert not store.damaged and store.get(number) == records.defaults(facts)[number]
    for other in NUMBERS:
        if other != number:
            assert store.get(other) == payload(other, 1)


@each(NUMBERS[:-1])
def test_a_record_that_vanished_damages_the_store(row):
    flash, _ = armed()
    fill(flash, row, 0xFF)
    store = opened(flash)
    assert store.damaged and store.lost() == [row]
    assert not store.put(row, payload(row, 2))
    assert opened(flash).damaged


def test_without_settings_a_board_is_new_again():
    flash, _ = armed()
    fill(flash, records.SETTINGS, 0xFF)
    assert opened(flash).is_new() and not opened(flash).damaged


def test_a_readable_record_is_still_written_while_another_is_lost():
    flash, _ = armed()
    fill(flash, records.ACCESS, 0)
    store = opened(flash)
    assert store.put(records.COUNTERS, payload(records.COUNTERS, 5))
    assert opened(flash).get(records.COUNTERS) == payload(records.COUNTERS, 5)


def test_one_damaged_copy_is_told_and_the_other_used():
    flash, _ = armed()
    first, end = lane_blocks(records.SETTINGS)
    for block in (first, end - 1):
        start = block * flash.block_bytes
        image = bytearray(flash.image)
        flash.image[start : start + flash.block_bytes] = bytes(flash.block_bytes)
        store = opened(flash)
        assert not store.damaged and store.get(records.SETTINGS) == payload(records.SETTINGS, 1)
        assert store.refused == [(records.SETTINGS, "settings: is no such record")]
        flash.image[:] = image


def test_a_payload_that_does_not_fit_is_our_own_mistake():
    store = armed()[1]
    try:
        store.put(records.LATCH, bytes(21))
        raise AssertionError("accepted")
    except ValueError:
        pass


def test_a_silent_flash_counts_failures_and_changes_nothing():
    flash, store = armed()
    flash.silent = True
    assert not store.put(records.LATCH, payload(records.LATCH, 2))
    assert store.failures == 1 and store.get(records.LATCH) == payload(records.LATCH, 1)
    flash.silent = False
    assert opened(flash).get(records.LATCH) == payload(records.LATCH, 1)


@each((True, False))
def test_a_rebuild_that_fails_leaves_the_store_damaged(row):
    flash, _ = armed()
    fill(flash, records.LATCH, 0 if row else 0xFF)
    store = opened(flash)
    flash.silent = True
    assert not store.rebuild(records.defaults(facts))
    assert store.damaged and store.failures == 1


def test_upkeep_ends_and_every_record_has_its_turn():
    flash, store = armed()
    for number in NUMBERS:
        store.put(number, payload(number, 2))
    steps = 0
    while store.tend():
        steps += 1
    assert 5 <= steps <= 20
    for number in NUMBERS:
        first, end = lane_blocks(number)
        if end - first == 2:
            flash.image[first * BLOCK_BYTES : (first + 1) * BLOCK_BYTES] = bytes(BLOCK_BYTES)
    store = opened(flash)
    for number in NUMBERS:
        assert store.get(number) == payload(number, 2)


def test_the_flash_of_the_board_is_large_enough():
    assert FLASH_BYTES // 4096 > RECORD_BLOCKS + 5
