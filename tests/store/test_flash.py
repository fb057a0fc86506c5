"""Flash: one contract for every backend, and the ways in which the virtual one fails."""

import os
import sys

import tests  # noqa: F401
from hal.files import FileFlash
from hal.virtual.flash import PowerLost, VirtualFlash
from tests.each import each

FOLDER = "build/flash_test"


class FakePartition:
    """The block device of a port: raises OSError when it is broken."""

    TYPE_DATA = 1
    found = ()

    def __init__(self):
        self.chip = VirtualFlash(4, 256)
        self.broken = False

    @classmethod
    def find(cls, kind, label):
        assert kind == cls.TYPE_DATA and label == "bms"
        return cls.found

    def _fail(self):
        if self.broken:
            raise OSError(5)

    def readblocks(self, block, buf, offset):
        self._fail()
        self.chip.read(block, offset, buf)

    def writeblocks(self, block, buf, offset):
        self._fail()
        self.chip.program(block, offset, buf)

    def ioctl(self, operation, argument):
        self._fail()
        if operation == 6:
            self.chip.erase(argument)
        return {4: self.chip.blocks, 5: self.chip.block_bytes, 6: 0}[operation]


class FakePort:
    """Stands for the module of the port."""

    Partition = FakePartition


def esp32_flash():
    """The driver's module, over a stand-in for the port's; other tests have theirs."""
    names = ("esp32", "hal.esp32.flash")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.modules["esp32"] = FakePort
    module = __import__("hal.esp32.flash", None, None, ("open_flash",))
    for name in names:
        del sys.modules[name]
    sys.modules.update(before)
    return module


def emptied(folder=FOLDER):
    """A folder for files, emptied if it was there."""
    for path in ("build", folder):
        try:
            os.mkdir(path)
        except OSError:
            pass
    for name in os.listdir(folder):
        os.remove(folder + "/" + name)
    return folder


def virtual():
    return VirtualFlash(4, 256)


def files():
    return FileFlash(emptied(), 4, 256)


def partition():
    return esp32_flash().PartitionFlash(FakePartition())


BACKENDS = (virtual, files, partition)


def content(flash, block, offset=0, size=None):
    buf = bytearray(flash.block_bytes if size is None else size)
    assert flash.read(block, offset, buf)
    return bytes(buf)


@each(BACKENDS)
def test_a_new_flash_is_erased_and_knows_its_size(row):
    flash = row()
    assert (flash.blocks, flash.block_bytes) == (4, 256)
    for block in range(flash.blocks):
        assert content(flash, block) == b"\xff" * 256


@each(BACKENDS)
def test_what_is_programmed_is_read_back_there_and_nowhere_else(row):
    flash = row()
    assert flash.program(2, 100, b"hello")
    assert content(flash, 2) == b"\xff" * 100 + b"hello" + b"\xff" * 151
    assert content(flash, 2, 101, 3) == b"ell"
    assert content(flash, 1) == content(flash, 3) == b"\xff" * 256


@each(BACKENDS)
def test_programs_add_up_at_rising_offsets(row):
    flash = row()
    assert flash.program(0, 0, b"one") and flash.program(0, 3, b"two")
    assert flash.program(0, 250, b"ending")
    assert content(flash, 0, 0, 8) == b"onetwo\xff\xff" and content(flash, 0, 250, 6) == b"ending"


@each(BACKENDS)
def test_an_erase_clears_one_block(row):
    flash = row()
    flash.program(0, 0, b"a")
    flash.program(1, 0, b"b")
    assert flash.erase(0)
    assert content(flash, 0) == b"\xff" * 256 and content(flash, 1, 0, 1) == b"b"
    assert flash.program(0, 0, b"c") and content(flash, 0, 0, 2) == b"c\xff"


def test_files_keep_their_content_for_the_next_start():
    flash = files()
    flash.program(1, 7, b"kept")
    assert content(FileFlash(FOLDER, 4, 256), 1, 7, 4) == b"kept"


def test_a_file_left_aside_by_a_cut_is_not_read():
    flash = files()
    flash.program(1, 0, b"old")
    with open(FOLDER + "/aside", "wb") as file:
        file.write(b"half of the ne")
    flash = FileFlash(FOLDER, 4, 256)
    assert content(flash, 1, 0, 3) == b"old"
    assert flash.program(1, 3, b"er") and content(flash, 1, 0, 5) == b"older"


def test_files_without_a_folder_fail_without_an_exception():
    flash = FileFlash("build/none/none", 4, 256)
    assert not flash.program(0, 0, b"x") and not flash.erase(0)
    assert content(flash, 0, 0, 1) == b"\xff" and flash.errors == 2


def test_a_file_that_cannot_be_read_is_no_erased_block():
    flash = files()
    os.mkdir(FOLDER + "/00")
    try:
        assert not flash.read(0, 0, bytearray(1)) and flash.errors == 1
        assert not flash.program(0, 0, b"x")
    finally:
        os.rmdir(FOLDER + "/00")


def test_no_exception_of_the_port_crosses_the_interface():
    part = FakePartition()
    flash = esp32_flash().PartitionFlash(part)
    part.broken = True
    assert not flash.read(0, 0, bytearray(1))
    assert not flash.program(0, 0, b"x") and not flash.erase(0)
    assert flash.errors == 3


def test_the_partition_is_preferred_and_files_are_the_fallback():
    module = esp32_flash()
    FakePartition.found = [FakePartition()]
    assert isinstance(module.open_flash(), module.PartitionFlash)
    FakePartition.found = []
    assert isinstance(module.open_flash(emptied()), FileFlash)


def test_virtual_programming_only_clears_bits():
    flash = virtual()
    flash.program(0, 0, b"\x0f")
    flash.program(0, 0, b"\xf5")
    assert content(flash, 0, 0, 1) == b"\x05"


def test_a_cut_program_leaves_the_bytes_before_it_and_a_part_of_one():
    for cut in range(5):
        flash = virtual()
        flash.cut_after(cut)
        try:
            flash.program(0, 0, bytes(5))
            raise AssertionError("was not cut")
        except PowerLost:
            pass
        assert flash.is_off()
        for call, arguments in (
            (flash.erase, (0,)),
            (flash.read, (0, 0, bytearray(1))),
            (flash.program, (0, 0, b"x")),
        ):
            try:
                call(*arguments)
                raise AssertionError("works without power")
            except PowerLost:
                pass
        flash.power_on()
        assert content(flash, 0, 0, cut) == bytes(cut)
        assert content(flash, 0, cut + 1, 5) == b"\xff" * 5


def test_a_cut_after_the_last_byte_cuts_nothing():
    flash = virtual()
    flash.cut_after(5)
    assert flash.program(0, 0, bytes(5)) and not flash.is_off()


def test_cut_erases_leave_zeros_or_ones_from_either_end():
    seen = set()
    flash = VirtualFlash(1, 16)
    for _ in range(60):
        flash.image[:] = b"\x3c" * 16
        flash.cut_after(4)
        try:
            flash.erase(0)
        except PowerLost:
            pass
        flash.power_on()
        image = content(flash, 0)
        seen.add((image[0], image[15]))
        assert len([byte for byte in image if byte == 0x3C]) >= 11
    assert seen == {(0, 0x3C), (0xFF, 0x3C), (0x3C, 0), (0x3C, 0xFF)}


def test_stuck_and_flipped_bits():
    flash = virtual()
    flash.stick(1, zeros=0x80, ones=0x01)
    assert content(flash, 0, 0, 3) == b"\xff\x7f\xff"
    flash.program(0, 0, bytes(3))
    assert content(flash, 0, 0, 3) == b"\x00\x01\x00"
    flash.flip(10)
    flash.stick(1)
    assert content(flash, 0, 0, 3) == b"\x00\x04\x00"


def test_operations_take_time_on_the_clock():
    class Clock:
        passed_ms = 0

        def advance(self, ms):
            self.passed_ms += ms

    clock = Clock()
    flash = VirtualFlash(4, 256, clock=clock)
    flash.read(0, 0, bytearray(4))
    assert clock.passed_ms == 0
    flash.program(0, 0, b"x")
    assert clock.passed_ms == 1
    flash.erase(0)
    assert clock.passed_ms == 46


def test_an_image_of_another_size_is_refused():
    try:
        VirtualFlash(4, 256, bytearray(100))
        raise AssertionError("accepted")
    except ValueError:
        pass
