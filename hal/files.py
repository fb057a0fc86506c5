"""FileFlash: the flash interface over files of littlefs, for a stock MicroPython.

Each block is a file that holds what was programmed so far. A change is written aside
and renamed over the old file, which littlefs does as one: after a power cut there is the
old block or the new one. Needs a file system whose rename replaces in one step:
littlefs and POSIX do, FAT does not.

Blocks are small here, because programming a few bytes writes the whole file anew.
"""

import os

BLOCK_BYTES = 1024
BLOCKS = 64
_ASIDE = "/aside"
_ENOENT = 2


class FileFlash:
    """hal.api.Flash over the folder `path`, which is made when it is not there."""

    def __init__(self, path, blocks=BLOCKS, block_bytes=BLOCK_BYTES):
        self.path = path
        self.blocks = blocks
        self.block_bytes = block_bytes
        self.errors = 0
        self._last = None  # the block read last, for a scan reads it piece by piece
        self._last_content = b""
        try:
            os.mkdir(path)
        except OSError:
            pass  # it is there; if it is not, every operation fails and says so

    def read(self, block, offset, buf):
        """Fill `buf`; what was never programmed reads as erased."""
        try:
            content = self._content(block)
        except OSError:
            self.errors += 1
            return False
        piece = content[offset : offset + len(buf)]
        buf[: len(piece)] = piece
        for i in range(len(piece), len(buf)):
            buf[i] = 0xFF
        return True

    def program(self, block, offset, buf):
        """Program `buf` over erased bytes."""
        try:
            content = self._content(block)
            gap = offset - len(content)
            self._replace(block, content[:offset] + b"\xff" * max(gap, 0) + buf)
        except OSError:
            self.errors += 1
            return False
        return True

    def erase(self, block):
        """Empty one block."""
        try:
            self._replace(block, b"")
        except OSError:
            self.errors += 1
            return False
        return True

    def _name(self, block):
        return "%s/%02d" % (self.path, block)

    def _content(self, block):
        if block != self._last:
            self._last_content = self._load(block)
            self._last = block
        return self._last_content

    def _load(self, block):
        try:
            with open(self._name(block), "rb") as file:
                return file.read(self.block_bytes)
        except OSError as error:
            if error.errno == _ENOENT:
                return b""
            raise

    def _replace(self, block, content):
        self._last = None
        with open(self.path + _ASIDE, "wb") as file:
            file.write(content)
        os.rename(self.path + _ASIDE, self._name(block))
