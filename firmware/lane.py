"""Lane: one record in flash, in blocks that take turns; the live copy is never rewritten.

Theory of operation. A block of a lane is cut into slots of equal size, filled from the
front. A slot holds one copy:

    record u8 · version u8 · length u16 · sequence u32 · payload · CRC-32 of all before

The copy with the highest sequence that can be believed is live. The next copy goes into
the block after the live one; that block is erased first when it has no slot left, so a
power cut at any byte leaves the live copy as it is. What a cut leaves behind is a slot
that fails its check; it is used up and never programmed again.

A lane of two blocks keeps the live copy in both: `tend` copies it over, and makes room
in one block while the other holds it. A lane of more blocks only erases ahead; its
older copies are the second ones.
"""

import struct
from binascii import crc32

from micropython import const

from firmware.settings import Refused

BLANK = const(0)  # nothing was ever written
GOOD = const(1)
BAD = const(2)  # something is there and none of it can be believed

_HEAD = "<BBHI"
_HEAD_BYTES = const(8)
_CRC_BYTES = const(4)
_ERASED = const(0xFF)
_GRAIN_BYTES = const(16)
_SLOTS_AT_LEAST = const(2)  # one to live in and one to write
_TRIES = const(3)  # slots tried in one block before the write is given up there
_GIVE_UP = const(4)  # failures in a block after which it is not erased any more
_SEQUENCE_MAX = const(0x3FFFFFFF)  # a write each second for 34 years


class Lane:
    """One record; `open` before anything else."""

    def __init__(self, flash, row, first):
        self.record, self.name, self.version, self.most, self.blocks = row
        self.state = BLANK
        self.payload = None
        self.reason = ""  # why the newest copy was not believed
        self.damaged = 0  # copies newer than the live one that were not believed
        self._flash = flash
        self._first = first
        self._slot_bytes = slot_bytes(self.most)
        self._slots = flash.block_bytes // self._slot_bytes
        if self._slots < _SLOTS_AT_LEAST:
            raise ValueError("%s: blocks of %d bytes" % (self.name, flash.block_bytes))
        self._next = [0] * self.blocks  # slot to be programmed next
        self._holds = [0] * self.blocks  # sequence of the newest copy believed, or 0
        self._failed = [0] * self.blocks
        self._live = 0
        self._sequence = 0

    def open(self, check):
        """Find the live copy.

        `check(payload, is_older)` raises `Refused` for what may not be used; `is_older`
        says that a firmware with an older format wrote it.
        """
        used = 0
        best = 0
        self._sequence = 0
        for at in range(self.blocks):
            self._next[at] = self._used(at)
            used += self._next[at]
            self._holds[at], payload, damaged, reason = self._newest(at, check)
            if damaged:
                self.damaged += damaged
                self.reason = reason
            if self._holds[at] > best:
                best = self._holds[at]
                self._live = at
                self.payload = payload
        self._sequence = max(self._sequence, best)
        self.state = GOOD if best else BAD if used else BLANK

    def write(self, payload):
        """Store a new live copy; False when no block would take it, and nothing changed."""
        if self._sequence >= _SEQUENCE_MAX:
            return False
        sequence = self._sequence + 1
        for turn in range(1, self.blocks + 1):
            at = (self._live + turn) % self.blocks
            # The block of the live copy comes last, and only into a free slot.
            if self._full(at) and (turn == self.blocks or not self._erase(at)):
                continue
            if self._program(at, sequence, payload):
                self._sequence = sequence
                self._live = at
                self.payload = bytes(payload)
                self.state = GOOD
                self.damaged = 0
                return True
        return False

    def wipe(self):
        """Erase every block: for a record that is unreadable and is to be made anew."""
        for at in range(self.blocks):
            if not self._flash.erase(self._first + at):
                return False
            self._next[at] = self._holds[at] = 0
        self.state = BLANK
        self.payload = None
        self.damaged = self._sequence = 0
        return True

    def tend(self):
        """Do one flash operation towards two whole copies and free slots; False if none."""
        if self.state != GOOD:
            return False
        if self.damaged:
            # A newer copy that cannot be believed must not come back to life later.
            self.damaged = 0
            return self.write(self.payload)
        at = (self._live + 1) % self.blocks
        if self.blocks > 2:
            return self._full(at) and self._failed[at] < _GIVE_UP and self._erase(at)
        if self._holds[at] == self._holds[self._live]:
            if self._full(self._live):
                at, self._live = self._live, at
            return self._full(at) and self._failed[at] < _GIVE_UP and self._erase(at)
        if self._failed[at] >= _GIVE_UP:
            return False
        if self._full(at):
            return self._erase(at)
        return self._program(at, self._holds[self._live], self.payload)

    def _full(self, at):
        return self._next[at] >= self._slots

    def _erase(self, at):
        self._holds[at] = 0
        if self._flash.erase(self._first + at):
            self._next[at] = 0
            return True
        self._failed[at] += 1
        return False

    def _program(self, at, sequence, payload):
        size = _HEAD_BYTES + len(payload) + _CRC_BYTES
        image = bytearray(size)
        struct.pack_into(_HEAD, image, 0, self.record, self.version, len(payload), sequence)
        image[_HEAD_BYTES : size - _CRC_BYTES] = payload
        struct.pack_into("<I", image, size - _CRC_BYTES, crc32(image[: size - _CRC_BYTES]))
        tries = _TRIES
        while tries and not self._full(at):
            slot = self._next[at]
            self._next[at] = slot + 1
            # A bit that is stuck or a cut erase: this slot is passed over, not tried.
            if not self._is_blank(at, slot):
                continue
            tries -= 1
            offset = slot * self._slot_bytes
            if self._flash.program(self._first + at, offset, image):
                back = bytearray(size)
                if self._flash.read(self._first + at, offset, back) and back == image:
                    self._holds[at] = sequence
                    return True
        self._failed[at] += 1
        return False

    def _read(self, at, slot):
        # A buffer for each look: seven that are kept would take a kilobyte for ever.
        buf = bytearray(self._slot_bytes)
        return buf if self._flash.read(self._first + at, slot * self._slot_bytes, buf) else None

    def _is_blank(self, at, slot):
        buf = self._read(at, slot)
        if buf is None:
            return False
        for byte in buf:
            if byte != _ERASED:
                return False
        return True

    def _used(self, at):
        # The record's number is the first byte, so a used slot never begins erased.
        one = bytearray(1)
        for slot in range(self._slots - 1, -1, -1):
            offset = slot * self._slot_bytes
            if not self._flash.read(self._first + at, offset, one) or one[0] != _ERASED:
                return slot + 1
        return 0

    def _newest(self, at, check):
        damaged = 0
        reason = ""
        for slot in range(self._next[at] - 1, -1, -1):
            try:
                sequence, payload = self._judge(at, slot, check)
                return sequence, payload, damaged, reason
            except Refused as refused:
                if not damaged:
                    reason = str(refused)
                damaged += 1
        return 0, None, damaged, reason

    def _judge(self, at, slot, check):
        buf = self._read(at, slot)
        if buf is None:
            raise Refused(self.name, "the flash does not answer")
        record, version, length, sequence = struct.unpack_from(_HEAD, buf, 0)
        end = _HEAD_BYTES + length
        if record != self.record or length > self.most:
            raise Refused(self.name, "is no such record")
        if struct.unpack_from("<I", buf, end)[0] != crc32(memoryview(buf)[:end]):
            raise Refused(self.name, "check sum")
        if not 0 < sequence <= _SEQUENCE_MAX:
            raise Refused(self.name, "sequence %d" % sequence)
        if sequence > self._sequence:
            self._sequence = sequence
        if version > self.version:
            raise Refused(self.name, "version %d is newer than %d" % (version, self.version))
        payload = bytes(memoryview(buf)[_HEAD_BYTES:end])
        check(payload, version < self.version)
        return sequence, payload


def slot_bytes(most):
    """Bytes of the slot for a payload of at most `most` bytes."""
    size = _HEAD_BYTES + most + _CRC_BYTES
    return (size + _GRAIN_BYTES - 1) // _GRAIN_BYTES * _GRAIN_BYTES
