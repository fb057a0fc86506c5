"""Journal: at least 500 events, whole, in order, whatever happened on the way."""

import struct
from binascii import crc32

import tests  # noqa: F401
from firmware.journal import ENTRY_BYTES, EVENTS_AT_LEAST, Journal
from hal.virtual.flash import PowerLost, VirtualFlash
from tests.each import each
from tests.store.work import event

BLOCKS = 16
BLOCK = 1024
SLOTS = BLOCK // ENTRY_BYTES


def opened(flash):
    journal = Journal(flash, 1, BLOCKS)
    journal.open()
    return journal


def new_flash(kind=VirtualFlash):
    return kind(BLOCKS + 1, BLOCK)


def write(journal, first, count):
    """Write the events from number `first` on; fails after too many refusals."""
    done = 0
    refused = 0
    while done < count:
        if journal.is_full():
            refused += not journal.prepare()
        else:
            batch = [event(first + done + i) for i in range(min(8, count - done))]
            written = journal.append(batch)
            done += written
            refused += not written
        assert refused < 40, "the journal takes nothing"


def holds(journal, newest, most=100_000):
    """The number of whole events in order, from `newest` back."""
    count = 0
    for entry in journal.entries(most):
        assert entry == (newest - count,) + event(newest - count)
        count += 1
    return count


def test_a_new_journal_is_empty():
    journal = opened(new_flash())
    assert journal.sequence == 0 and list(journal.entries()) == []


def test_an_entry_lies_in_flash_as_described():
    flash = new_flash()
    opened(flash).append([(7, 9, 0x11, 3650, -3600)])
    body = struct.pack("<BBHIIIii", 0x4A, 1, 0x11, 1, 7, 9, 3650, -3600)
    assert bytes(flash.image[BLOCK : BLOCK + 28]) == body + struct.pack("<I", crc32(body))


def test_at_least_500_events_are_kept_at_every_length():
    flash = new_flash()
    journal = opened(flash)
    for newest in range(1, 1300):
        write(journal, newest, 1)
        if newest % 50 == 0 or newest % SLOTS < 2:
            assert holds(journal, newest) >= min(newest, EVENTS_AT_LEAST)
            assert holds(opened(flash), newest) >= min(newest, EVENTS_AT_LEAST)


def test_events_follow_after_each_start():
    flash = new_flash()
    for start in range(0, 800, 5):
        journal = opened(flash)
        assert journal.sequence == start
        write(journal, start + 1, 5)
    assert holds(opened(flash), 800) >= EVENTS_AT_LEAST


def test_an_erased_block_is_not_erased_again_after_a_start():
    flash = new_flash()
    write(opened(flash), 1, SLOTS)
    assert opened(flash).prepare()
    erased = sum(flash.erases)
    journal = opened(flash)
    assert not journal.is_full()
    write(journal, SLOTS + 1, 1)
    assert sum(flash.erases) == erased
    assert holds(opened(flash), SLOTS + 1) == SLOTS + 1


def test_one_append_takes_eight_or_what_is_left_of_the_block():
    journal = opened(new_flash())
    assert journal.append([event(1 + i) for i in range(9)]) == 8
    write(journal, 9, SLOTS - 11)
    assert journal.append([event(1 + i) for i in range(8)]) == 3
    assert journal.is_full() and journal.append([event(1)]) == 0
    assert opened(new_flash()).append([]) == 0


def test_newest_gives_what_a_client_asks_for():
    journal = opened(new_flash())
    write(journal, 1, 9)
    assert [entry[0] for entry in journal.newest(4)] == [9, 8, 7, 6]
    run_s, _, code, first, second = event(9)
    assert list(journal.newest(1)) == [(run_s, code, first, second)]
    assert list(journal.newest(0)) == []
    assert len(list(journal.newest(50))) == 9


def test_every_single_bit_flip_drops_the_entry_and_no_other():
    flash = new_flash()
    write(opened(flash), 1, 3)
    for bit in range(ENTRY_BYTES * 8):
        flash.flip((BLOCK + ENTRY_BYTES) * 8 + bit)
        assert [entry[0] for entry in opened(flash).entries()] == [3, 1]
        flash.flip((BLOCK + ENTRY_BYTES) * 8 + bit)


@each(
    (
        ("another mark", 0x4B, 1, 5),
        ("a newer version", 0x4A, 2, 5),
        ("sequence 0", 0x4A, 1, 0),
        ("sequence too high", 0x4A, 1, 1 << 30),
    )
)
def test_a_foreign_entry_with_a_right_sum_is_passed_over(row):
    _, mark, version, sequence = row
    flash = new_flash()
    write(opened(flash), 1, 2)
    body = struct.pack("<BBHIIIii", mark, version, 1, sequence, 1, 1, 1, 1)
    flash.program(1, 2 * ENTRY_BYTES, body + struct.pack("<I", crc32(body)))
    journal = opened(flash)
    assert journal.sequence == 2
    write(journal, 3, 1)
    assert holds(opened(flash), 3) == 3


@each((0x00, 0x55))
def test_a_journal_full_of_something_else_starts_anew(row):
    flash = new_flash()
    flash.image[:] = bytes([row]) * len(flash.image)
    journal = opened(flash)
    assert journal.sequence == 0
    write(journal, 1, 20)
    assert holds(opened(flash), 20) == 20


def test_a_cut_append_leaves_a_prefix_and_the_next_one_follows():
    flash = new_flash()
    write(opened(flash), 1, 5)
    image = bytes(flash.image)
    for cut in range(8 * ENTRY_BYTES):
        flash.image[:] = image
        journal = opened(flash)
        flash.cut_after(cut)
        try:
            journal.append([event(6 + i) for i in range(8)])
            raise AssertionError("was not cut")
        except PowerLost:
            flash.power_on()
        journal = opened(flash)
        newest = journal.sequence
        # Of the entry that was cut all may be there: what is missing may be ones.
        assert newest - 5 in (cut // ENTRY_BYTES, cut // ENTRY_BYTES + 1)
        write(journal, newest + 1, 1)
        assert holds(opened(flash), newest + 1) == newest + 1


def test_a_cut_erase_loses_only_the_oldest_block():
    flash = new_flash()
    write(opened(flash), 1, BLOCKS * SLOTS)
    image = bytes(flash.image)
    for cut in range(0, BLOCK, 5):
        flash.image[:] = image
        journal = opened(flash)
        flash.cut_after(cut)
        try:
            journal.prepare()
            raise AssertionError("was not cut")
        except PowerLost:
            flash.power_on()
        journal = opened(flash)
        assert holds(journal, BLOCKS * SLOTS, EVENTS_AT_LEAST) == EVENTS_AT_LEAST
        write(journal, BLOCKS * SLOTS + 1, 9)
        assert holds(opened(flash), BLOCKS * SLOTS + 9, EVENTS_AT_LEAST) == EVENTS_AT_LEAST


class Worn(VirtualFlash):
    """A block that does not erase, one that keeps a bit, programs that are lost at times."""

    lost = ()
    dead = ()
    programs = 0

    def erase(self, block):
        return block not in self.dead and super().erase(block)

    def program(self, block, offset, buf):
        self.programs += 1
        if self.programs in self.lost:
            return super().program(block, offset, buf[: len(buf) // 2])
        return super().program(block, offset, buf)


def test_bad_blocks_cost_room_and_no_events():
    flash = new_flash(Worn)
    flash.dead = (3, 4)
    flash.stick(9 * BLOCK + 700, zeros=4)
    journal = opened(flash)
    for newest in range(1, 2001):
        write(journal, newest, 1)
    assert holds(journal, 2000) >= (BLOCKS - 5) * SLOTS
    assert holds(opened(flash), 2000) >= (BLOCKS - 5) * SLOTS


def test_an_append_that_half_failed_is_repeated_and_read_once():
    flash = new_flash(Worn)
    flash.lost = (2, 5)
    journal = opened(flash)
    write(journal, 1, 40)
    assert journal.failures == 2
    assert holds(opened(flash), 40) == 40


def test_a_silent_flash_takes_nothing_and_says_so():
    flash = new_flash()
    journal = opened(flash)
    write(journal, 1, 1)
    flash.silent = True
    assert journal.append([event(2)]) == 0 and not journal.prepare()
    assert journal.failures == 2
    assert opened(flash).sequence == 0
    flash.silent = False
    assert holds(opened(flash), 1) == 1


def test_too_few_blocks_for_500_events_are_refused():
    try:
        Journal(new_flash(), 0, EVENTS_AT_LEAST // SLOTS + 1)
        raise AssertionError("accepted")
    except ValueError:
        pass
