"""Lane: the live copy survives anything, and nothing that is damaged is believed."""

import struct
from binascii import crc32

import tests  # noqa: F401
from firmware.lane import BAD, BLANK, GOOD, Lane
from firmware.settings import Refused
from hal.virtual.flash import PowerLost, VirtualFlash
from tests.each import each

ROW = (9, "thing", 2, 20, 2)
WIDE = (9, "thing", 2, 20, 4)
SLOT = 32
BLOCK = 128


def accept(payload, is_older):
    pass


def lane_on(flash, row=ROW, check=accept):
    lane = Lane(flash, row, 0)
    lane.open(check)
    return lane


def flash_of(row=ROW):
    return VirtualFlash(row[4], BLOCK)


def content(n):
    return b"value %d" % n


def tended(lane):
    """Tend until nothing is wanted; how many operations that took."""
    for count in range(20):
        if not lane.tend():
            return count
    raise AssertionError("upkeep never ends")


def copy_of(payload, sequence=1, record=9, version=2, length=None):
    """A slot as it must lie in flash, made without the lane's help."""
    head = struct.pack(
        "<BBHI", record, version, len(payload) if length is None else length, sequence
    )
    return head + payload + struct.pack("<I", crc32(head + payload))


def test_a_blank_lane_says_so():
    lane = lane_on(flash_of())
    assert lane.state == BLANK and lane.payload is None
    assert not lane.tend()


def test_what_was_written_is_found_again():
    flash = flash_of()
    assert lane_on(flash).write(content(1))
    lane = lane_on(flash)
    assert lane.state == GOOD and lane.payload == content(1)
    assert bytes(flash.image[BLOCK : BLOCK + 19]) == copy_of(content(1))


@each((ROW, WIDE))
def test_a_hundred_writes_each_end_in_the_newest(row):
    flash = flash_of(row)
    lane = lane_on(flash, row)
    for n in range(100):
        assert lane.write(content(n))
        assert lane_on(flash, row).payload == content(n)
        if n % 3:
            tended(lane)
    assert max(flash.erases) - min(flash.erases) <= 2


def test_a_tended_lane_of_two_blocks_holds_the_live_copy_in_both():
    flash = flash_of()
    lane = lane_on(flash)
    for n in range(12):
        lane.write(content(n))
        tended(lane)
        for block in (0, 1):
            image = bytearray(flash.image)
            flash.image[block * BLOCK : (block + 1) * BLOCK] = b"\0" * BLOCK
            assert lane_on(flash).payload == content(n)
            flash.image[:] = image


def test_a_tended_lane_writes_without_erasing():
    flash = flash_of()
    lane = lane_on(flash)
    for n in range(12):
        erased = sum(flash.erases)
        lane.write(content(n))
        assert sum(flash.erases) == erased
        tended(lane)


def test_a_tended_lane_has_room_for_two_writes_in_a_row():
    flash = flash_of()
    lane = lane_on(flash)
    for n in range(0, 24, 2):
        erased = sum(flash.erases)
        assert lane.write(content(n)) and lane.write(content(n + 1))
        assert sum(flash.erases) == erased
        tended(lane)


def test_a_damaged_copy_that_heals_does_not_come_back_to_life():
    flash = flash_of(WIDE)
    lane = lane_on(flash, WIDE)
    lane.write(content(1))
    lane.write(content(2))
    bit = flash.image.find(copy_of(content(2), 2)) * 8 + 70
    flash.flip(bit)
    lane = lane_on(flash, WIDE)
    assert lane.payload == content(1)
    tended(lane)
    flash.flip(bit)
    assert lane_on(flash, WIDE).payload == content(1)


def test_a_wide_lane_keeps_older_copies_while_it_erases_ahead():
    flash = flash_of(WIDE)
    lane = lane_on(flash, WIDE)
    for n in range(40):
        erased = sum(flash.erases)
        lane.write(content(n))
        assert sum(flash.erases) == erased
        assert tended(lane) <= 1
        if n:
            image = bytearray(flash.image)
            at = image.find(copy_of(content(n), n + 1))
            image[at] ^= 1
            other = VirtualFlash(4, BLOCK, image)
            assert lane_on(other, WIDE).payload == content(n - 1)


def test_the_live_copy_is_never_programmed_or_erased_while_it_is_the_only_one():
    flash = flash_of()
    lane = lane_on(flash)
    for n in range(30):
        for cut in range(0, 200, 9):
            image = bytearray(flash.image)
            flash.cut_after(cut)
            try:
                lane_on(flash).write(content(n + 1))
            except PowerLost:
                pass
            flash.power_on()
            found = lane_on(flash).payload
            assert found in (content(n), content(n + 1), None if n == 0 else content(n))
            flash.image[:] = image
        lane = lane_on(flash)
        lane.write(content(n + 1))


def test_every_single_bit_flip_of_a_copy_is_seen():
    flash = flash_of()
    lane = lane_on(flash)
    lane.write(content(1))
    lane.write(content(2))
    used = len(copy_of(content(2)))
    for block, falls_to in ((0, content(1)), (1, content(2))):
        for bit in range(used * 8):
            flash.flip(block * BLOCK * 8 + bit)
            found = lane_on(flash)
            assert found.payload == falls_to and found.state == GOOD
            flash.flip(block * BLOCK * 8 + bit)


def test_a_refused_newer_copy_is_overtaken_and_told_once():
    flash = flash_of()
    lane = lane_on(flash)
    lane.write(content(1))
    lane.write(content(2))
    flash.flip(20)
    lane = lane_on(flash)
    assert lane.damaged == 1 and lane.reason
    tended(lane)
    lane = lane_on(flash)
    assert lane.damaged == 0 and lane.payload == content(1)


@each(
    (
        ("zeros", b"\0" * 31),
        ("foreign text", b"The quick brown fox jumps over it"[:31]),
        ("another record", copy_of(b"x", record=8)),
        ("a newer version", copy_of(b"x", version=3)),
        ("sequence 0", copy_of(b"x", sequence=0)),
        ("sequence at the end", copy_of(b"x", sequence=1 << 30)),
        ("longer than its record", copy_of(b"x" * 20, length=21)),
        ("truncated", copy_of(b"x" * 8)[:-1]),
        ("refused by its owner", copy_of(b"bad")),
    )
)
def test_a_lane_of_which_nothing_can_be_believed_is_bad(row):
    def check(payload, is_older):
        if payload == b"bad":
            raise Refused("thing", "is bad")

    flash = flash_of()
    flash.program(0, 0, row[1])
    lane = lane_on(flash, check=check)
    assert lane.state == BAD and lane.payload is None and lane.reason
    assert lane.wipe() and lane.state == BLANK
    assert lane.write(content(1))
    lane = lane_on(flash, check=check)
    assert lane.payload == content(1) and lane.damaged == 0


@each(((1, True), (2, False)))
def test_the_owner_is_told_that_a_copy_is_older(row):
    version, expected = row
    seen = []
    flash = flash_of()
    flash.program(1, 0, copy_of(b"x", version=version))
    lane_on(flash, check=lambda payload, is_older: seen.append(is_older))
    assert seen == [expected]


def test_a_refused_copy_with_a_higher_sequence_does_not_win_later():
    def check(payload, is_older):
        if payload == b"bad":
            raise Refused("thing", "is bad")

    flash = flash_of()
    flash.program(0, 0, copy_of(b"bad", 7))
    flash.program(1, 0, copy_of(b"good", 3))
    lane = lane_on(flash, check=check)
    assert lane.payload == b"good" and lane.damaged == 1
    assert lane.write(b"new")
    assert lane_on(flash).payload == b"new"


def test_a_lane_at_the_end_of_its_sequence_refuses():
    flash = flash_of()
    flash.program(0, 0, copy_of(b"x", (1 << 30) - 1))
    lane = lane_on(flash)
    assert lane.payload == b"x" and not lane.write(b"y")


@each(range(8))
def test_a_stuck_bit_costs_a_slot_and_nothing_else(row):
    for zeros, ones in ((1 << row, 0), (0, 1 << row)):
        flash = flash_of()
        flash.stick(BLOCK + 3, zeros, ones)
        lane = lane_on(flash)
        for n in range(20):
            assert lane.write(content(n))
            tended(lane)
            assert lane_on(flash).payload == content(n)


class Worn(VirtualFlash):
    """Some blocks do not erase or do not program."""

    dead_erase = ()
    dead_program = ()

    def erase(self, block):
        if block in self.dead_erase:
            self.erases[block] += 1
            return False
        return super().erase(block)

    def program(self, block, offset, buf):
        if block in self.dead_program:
            return False
        return super().program(block, offset, buf)


def test_a_dead_block_leaves_the_other_at_work_and_is_given_up():
    flash = Worn(2, BLOCK)
    flash.dead_program = (1,)
    lane = lane_on(flash)
    for n in range(4):
        assert lane.write(content(n))
        tended(lane)
    assert not lane.write(content(9))
    assert lane.payload == content(3) and lane_on(flash).payload == content(3)
    assert flash.erases[0] == 0
    for _ in range(50):
        lane.tend()
    assert flash.erases[1] <= 8


def test_a_block_that_does_not_erase_is_given_up():
    flash = Worn(2, BLOCK)
    lane = lane_on(flash)
    flash.dead_erase = (0, 1)
    for n in range(8):
        assert lane.write(content(n))
    assert not lane.write(content(9))
    assert lane_on(flash).payload == content(7)
    before = sum(flash.erases)
    for _ in range(50):
        lane.tend()
    assert sum(flash.erases) - before <= 8
    assert not lane.wipe()


def test_a_wide_lane_gives_up_a_block_that_does_not_erase():
    flash = Worn(4, BLOCK)
    lane = lane_on(flash, WIDE)
    flash.dead_erase = (2,)
    for n in range(60):
        assert lane.write(content(n))
        lane.tend()
        assert lane_on(flash, WIDE).payload == content(n)


def test_a_program_that_does_not_stay_is_tried_in_the_next_slots_three_times():
    class Forgetful(VirtualFlash):
        programs = 0

        def program(self, block, offset, buf):
            self.programs += 1
            return True

    flash = Forgetful(2, BLOCK)
    lane = lane_on(flash)
    assert not lane.write(content(1))
    assert flash.programs == 3 + 3
    assert lane.state == BLANK


def test_a_flash_that_does_not_answer_makes_the_lane_bad():
    flash = flash_of()
    lane_on(flash).write(content(1))
    flash.silent = True
    lane = lane_on(flash)
    assert lane.state == BAD and "answer" in lane.reason


def test_a_flash_that_falls_silent_refuses_the_write_and_keeps_the_copy():
    flash = flash_of()
    lane = lane_on(flash)
    lane.write(content(1))
    flash.silent = True
    assert not lane.write(content(2))
    assert lane.payload == content(1)
    flash.silent = False
    assert lane_on(flash).payload == content(1)


def test_blocks_too_small_for_two_slots_are_refused():
    try:
        Lane(VirtualFlash(2, SLOT + SLOT - 1), ROW, 0)
        raise AssertionError("accepted")
    except ValueError:
        pass
