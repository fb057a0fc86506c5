"""Real littlefs on a block device in memory that dies; MicroPython only.

The device programs and erases like NOR and stops at any byte: from then on it answers
every operation with an I/O error, as a chip without supply does. Power on again mounts
the file system anew from what is in the memory.
"""

import vfs

from hal.files import FileFlash
from tests.store.work import BLOCK_BYTES, BLOCKS

_EIO = 5
_DEVICE_BLOCKS = 96
_DEVICE_BLOCK_BYTES = 1024
_MOUNT = "/lfs"


class RamDevice:
    """A block device (readblocks, writeblocks, ioctl) of NOR flash; `off` when it is dead."""

    def __init__(self, image=None):
        self.image = image or bytearray(b"\xff" * (_DEVICE_BLOCKS * _DEVICE_BLOCK_BYTES))
        self.touched = 0
        self.erases = [0] * _DEVICE_BLOCKS
        self.left = None
        self.off = False

    def readblocks(self, block, buf, offset=0):
        if self.off:
            return -_EIO
        start = block * _DEVICE_BLOCK_BYTES + offset
        buf[:] = memoryview(self.image)[start : start + len(buf)]
        return 0

    def writeblocks(self, block, buf, offset=0):
        return self._change(block * _DEVICE_BLOCK_BYTES + offset, buf)

    def ioctl(self, operation, argument):
        if operation == 4:
            return _DEVICE_BLOCKS
        if operation == 5:
            return _DEVICE_BLOCK_BYTES
        if operation == 6:
            self.erases[argument] += 1
            return self._change(argument * _DEVICE_BLOCK_BYTES, _ERASED)
        return 0

    def _change(self, start, buf):
        if self.off:
            return -_EIO
        count = len(buf)
        if self.left is not None:
            if self.left < count:
                count = self.left
                self.off = True
            self.left -= count
        self.touched += count
        # littlefs programs erased bytes only, so copying is what the chip does.
        self.image[start : start + count] = memoryview(buf)[:count]
        return -_EIO if self.off else 0


_ERASED = b"\xff" * _DEVICE_BLOCK_BYTES


class LfsRig:
    """What `cuts.Campaign` drives: FileFlash on littlefs on a RamDevice."""

    def __init__(self):
        self.device = RamDevice()
        vfs.VfsLfs2.mkfs(self.device)
        vfs.mount(vfs.VfsLfs2(self.device), _MOUNT)

    def save(self):
        return bytes(self.device.image)

    def load(self, image):
        self._restart(bytearray(image))

    def flash(self):
        return FileFlash(_MOUNT + "/bms", BLOCKS, BLOCK_BYTES)

    def touched(self):
        return self.device.touched

    def cut_after(self, count):
        self.device.left = count

    def is_off(self):
        return self.device.off

    def power_on(self):
        self._restart(self.device.image)

    def _restart(self, image):
        vfs.umount(_MOUNT)
        touched = self.device.touched
        self.device = RamDevice(image)
        self.device.touched = touched
        vfs.mount(vfs.VfsLfs2(self.device), _MOUNT)
