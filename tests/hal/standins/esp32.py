"""`esp32` as the flash driver sees it: one data partition, kept in RAM or in a file."""

_BLOCK_BYTES = 4096
_BLOCKS = 32
_path = [None]


def keep_in(path):
    """From now on the partition is this file, erased: its bytes take no heap."""
    _path[0] = path
    with open(path, "wb") as file:
        for _ in range(_BLOCKS * 16):
            file.write(b"\xff" * (_BLOCK_BYTES // 16))


class Partition:
    """Programming clears bits, erasing sets them."""

    TYPE_DATA = 1

    def __init__(self):
        self._ram = None if _path[0] else bytearray(b"\xff" * (_BLOCKS * _BLOCK_BYTES))

    @classmethod
    def find(cls, kind, label=None):
        return [cls()]

    def ioctl(self, operation, argument):
        if operation == 6:
            for piece in range(16):
                at = argument * _BLOCK_BYTES + piece * (_BLOCK_BYTES // 16)
                self._put(at, b"\xff" * (_BLOCK_BYTES // 16))
            return 0
        return _BLOCKS if operation == 4 else _BLOCK_BYTES

    def readblocks(self, block, buf, offset=0):
        at = block * _BLOCK_BYTES + offset
        if self._ram is not None:
            buf[:] = self._ram[at : at + len(buf)]
            return
        with open(_path[0], "rb") as file:
            file.seek(at)
            file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        now = bytearray(len(buf))
        self.readblocks(block, now, offset)
        for i in range(len(buf)):
            now[i] &= buf[i]
        self._put(block * _BLOCK_BYTES + offset, now)

    def _put(self, at, data):
        if self._ram is not None:
            self._ram[at : at + len(data)] = data
            return
        with open(_path[0], "r+b") as file:
            file.seek(at)
            file.write(data)
