"""VirtualFlash: NOR flash as it is: erased to ones, programmed only towards zeros.

Power may go at any byte: `cut_after(bytes)` raises `PowerLost` in the middle of the
operation, after that many more bytes were touched, and every call after it until
`power_on`. What an interrupted operation leaves behind is drawn from `seed`: some bits of
the byte at work; for an erase, bytes that were already erased, or already zeroed for
it, from either end. Bits can be stuck (`stick`) or flip (`flip`).

Time passes on `clock`, if there is one, for as long as a chip may take.
"""

import random

ERASE_MS = 45
PROGRAM_MS = 1


class PowerLost(BaseException):
    """The supply is gone: nothing that runs may catch this and go on."""


class VirtualFlash:
    """hal.api.Flash in memory; `image` is the content."""

    def __init__(self, blocks=32, block_bytes=4096, image=None, clock=None, seed=1):
        self.blocks = blocks
        self.block_bytes = block_bytes
        self.image = image or bytearray(b"\xff" * (blocks * block_bytes))
        if len(self.image) != blocks * block_bytes:
            raise ValueError("an image of %d bytes" % len(self.image))
        self.clock = clock
        random.seed(seed)
        self.silent = False  # no operation succeeds
        self.erases = [0] * blocks
        self.touched = 0  # bytes erased or programmed since the start
        self._stuck = {}  # address: (bits stuck at 0, bits stuck at 1)
        self._left = None
        self._off = False

    def cut_after(self, count):
        """The supply goes when `count` more bytes were erased or programmed."""
        self._left = count

    def power_on(self):
        """The supply is back."""
        self._left = None
        self._off = False

    def is_off(self):
        """The supply went."""
        return self._off

    def flip(self, bit):
        """Invert one bit of the image."""
        self.image[bit >> 3] ^= 1 << (bit & 7)

    def stick(self, address, zeros=0, ones=0):
        """From now on these bits of a byte read as 0 or 1 whatever is done."""
        self._stuck[address] = (zeros, ones)

    def read(self, block, offset, buf):
        """Fill `buf`."""
        self._powered()
        if self.silent:
            return False
        start = block * self.block_bytes + offset
        buf[:] = self.image[start : start + len(buf)]
        for address, (zeros, ones) in self._stuck.items():
            if start <= address < start + len(buf):
                buf[address - start] = buf[address - start] & ~zeros | ones
        return True

    def program(self, block, offset, buf):
        """Clear bits."""
        self._powered()
        if self.silent:
            return False
        assert offset + len(buf) <= self.block_bytes, "programs past the block"
        start = block * self.block_bytes + offset
        done = self._spend(len(buf))
        for i in range(done):
            self.image[start + i] &= buf[i]
        if done < len(buf):
            self.image[start + done] &= buf[done] | random.getrandbits(8)
            raise PowerLost
        self._takes(PROGRAM_MS)
        return True

    def erase(self, block):
        """Set every bit of a block."""
        self._powered()
        if self.silent:
            return False
        start = block * self.block_bytes
        self.erases[block] += 1
        done = self._spend(self.block_bytes)
        if done < self.block_bytes:
            self._half_erase(start, done)
            raise PowerLost
        for i in range(start, start + self.block_bytes):
            self.image[i] = 0xFF
        self._takes(ERASE_MS)
        return True

    def _half_erase(self, start, done):
        kind = random.getrandbits(2)
        value = 0x00 if kind & 1 else 0xFF
        first = start if kind & 2 else start + self.block_bytes - done
        for i in range(first, first + done):
            self.image[i] = value
        edge = first + done if kind & 2 else first - 1
        self.image[edge] = random.getrandbits(8)

    def _powered(self):
        if self._off:
            raise PowerLost

    def _spend(self, count):
        if self._left is not None and self._left < count:
            count = self._left
            self._off = True
        if self._left is not None:
            self._left -= count
        self.touched += count
        return count

    def _takes(self, ms):
        if self.clock:
            self.clock.advance(ms)
