"""Journal: a ring of dated events in flash, the oldest block making room for the newest.

Theory of operation. Entries of 28 bytes fill one block after the other:

    mark u8 · version u8 · code u16 · sequence u32 · run time s u32 · date s u32 ·
    value i32 · value i32 · CRC-32 of all before

The sequence rises by one with every entry ever written. When a block is full the next
one, the oldest, is erased in an operation of its own (`prepare`), so an append is one
short program operation. After that erase `blocks - 1` blocks are still full: at least
500 events. What a power cut leaves behind fails its check and is passed over.

The date counts seconds since 2020-01-01, as JK's clock does; 0 where it is not known.
"""

import struct
from binascii import crc32

from micropython import const

ENTRY_BYTES = const(28)
EVENTS_AT_LEAST = const(500)

_BODY = "<BBHIIIii"
_BODY_BYTES = const(24)
_MARK = const(0x4A)
_VERSION = const(1)
_ERASED = const(0xFF)
_BATCH = const(8)  # entries in one program operation: 224 bytes, a flash page
_SEQUENCE_MAX = const(0x3FFFFFFF)
_CHUNK_BYTES = const(256)


class Journal:
    """Writes and reads the ring in `blocks` blocks from `first` on; `open` comes first."""

    def __init__(self, flash, first, blocks):
        self._flash = flash
        self._first = first
        self._blocks = blocks
        self._slots = flash.block_bytes // ENTRY_BYTES
        if (blocks - 1) * self._slots < EVENTS_AT_LEAST:
            raise ValueError("%d blocks hold fewer than %d events" % (blocks, EVENTS_AT_LEAST))
        self.sequence = 0  # of the newest entry: how many were ever written
        self.failures = 0
        self._at = 0
        self._next = 0
        self._skip = 1  # blocks to the one that `prepare` erases

    def open(self):
        """Find the newest entry."""
        self.sequence = self._at = 0
        for at in range(self._blocks):
            newest = self._newest(at)
            if newest > self.sequence:
                self.sequence = newest
                self._at = at
        self._next = self._used(self._at)
        after = (self._at + 1) % self._blocks
        if self.is_full() and self._is_erased(after):
            self._at = after
            self._next = 0

    def is_full(self):
        """The block is full: `prepare` comes before the next `append`."""
        return self._next >= self._slots

    def prepare(self):
        """Erase the oldest block and go on in it; False when it would not be erased."""
        at = (self._at + self._skip) % self._blocks
        if self._flash.erase(self._first + at) and self._is_erased(at):
            self._at = at
            self._next = 0
            self._skip = 1
            return True
        # A block that does not erase is passed over until all others have had a turn.
        self._skip = self._skip % (self._blocks - 1) + 1
        self.failures += 1
        return False

    def append(self, events):
        """Write events (run s, date s, code, value, value) with one program operation.

        Takes as many as fit, at most 8; the number of events written, 0 when the flash
        failed or the block is full.
        """
        count = min(len(events), _BATCH, self._slots - self._next)
        if count <= 0:
            return 0
        image = bytearray(count * ENTRY_BYTES)
        sequence = self.sequence
        for i in range(count):
            sequence += 1
            run_s, date_s, code, first, second = events[i]
            at = i * ENTRY_BYTES
            struct.pack_into(
                _BODY, image, at, _MARK, _VERSION, code, sequence, run_s, date_s, first, second
            )
            total = crc32(image[at : at + _BODY_BYTES])
            struct.pack_into("<I", image, at + _BODY_BYTES, total)
        block = self._first + self._at
        offset = self._next * ENTRY_BYTES
        back = bytearray(len(image))
        erased = self._flash.read(block, offset, back) and min(back) == _ERASED
        if (
            not erased
            or not self._flash.program(block, offset, image)
            or not self._flash.read(block, offset, back)
            or back != image
        ):
            # These slots are spent; the same events go into the next ones.
            self._next += count
            self.failures += 1
            return 0
        self._next += count
        self.sequence = sequence
        return count

    def entries(self, most=1 << 29):
        """Up to `most` entries, newest first: (sequence, run s, date s, code, value, value)."""
        order = [(self._newest(at), at) for at in range(self._blocks)]
        order.sort(reverse=True)
        before = self.sequence + 1
        for _, at in order:
            for slot in range(self._slots - 1, -1, -1):
                entry = self._entry(at, slot)
                # The same number again: an append that failed half-way and was repeated.
                if entry and entry[0] < before:
                    if most <= 0:
                        return
                    most -= 1
                    before = entry[0]
                    yield entry

    def newest(self, most):
        """Up to `most` entries, newest first: (run s, code, value, value)."""
        for _, run_s, _, code, first, second in self.entries(most):
            yield run_s, code, first, second

    def _used(self, at):
        # Slots fill from the front, so the first erased one is found by halving.
        low = 0
        high = self._slots
        one = bytearray(1)
        while low < high:
            middle = (low + high) // 2
            read = self._flash.read(self._first + at, middle * ENTRY_BYTES, one)
            if read and one[0] == _ERASED:
                high = middle
            else:
                low = middle + 1
        return low

    def _newest(self, at):
        for slot in range(self._used(at) - 1, -1, -1):
            entry = self._entry(at, slot)
            if entry:
                return entry[0]
        return 0

    def _entry(self, at, slot):
        raw = bytearray(ENTRY_BYTES)
        if not self._flash.read(self._first + at, slot * ENTRY_BYTES, raw):
            return None
        if struct.unpack_from("<I", raw, _BODY_BYTES)[0] != crc32(raw[:_BODY_BYTES]):
            return None
        mark, version, code, sequence, run_s, date_s, first, second = struct.unpack_from(
            _BODY, raw, 0
        )
        if mark != _MARK or version != _VERSION or not 0 < sequence <= _SEQUENCE_MAX:
            return None
        return sequence, run_s, date_s, code, first, second

    def _is_erased(self, at):
        chunk = bytearray(_CHUNK_BYTES)
        for offset in range(0, self._flash.block_bytes, _CHUNK_BYTES):
            if not self._flash.read(self._first + at, offset, chunk) or min(chunk) != _ERASED:
                return False
        return True
