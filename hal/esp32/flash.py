"""PartitionFlash: a raw data partition of the ESP32's flash.

Why a partition and not NVS blobs: NVS erases a page of its own choice inside `commit`,
shares its 24 KB with the radio's pairing keys and calibration, and hides its wear. Here
each operation is one erase (45 ms typical, 400 ms at most) or one program of at most
512 bytes (under 2 ms), and the same code that survived the power cuts on the virtual
flash runs unchanged. Needs a line in the partition table:

    bms, data, 0x40, , 0x20000

It must not be marked `encrypted`: an encrypted partition programs only whole 16 bytes and
its erased bytes do not read as ones. A stock MicroPython has no such partition:
`open_flash` then falls back to files.
"""

import esp32

from hal.files import FileFlash

LABEL = "bms"
_BLOCK_COUNT = 4  # ioctl operations of MicroPython's block devices
_BLOCK_SIZE = 5
_ERASE = 6


class PartitionFlash:
    """hal.api.Flash over a partition object."""

    def __init__(self, partition):
        self._partition = partition
        self.block_bytes = partition.ioctl(_BLOCK_SIZE, 0)
        self.blocks = partition.ioctl(_BLOCK_COUNT, 0)
        self.errors = 0

    def read(self, block, offset, buf):
        """Fill `buf`."""
        return self._try(self._partition.readblocks, block, buf, offset)

    def program(self, block, offset, buf):
        """Program `buf`: with an offset given, the port writes without erasing first."""
        return self._try(self._partition.writeblocks, block, buf, offset)

    def erase(self, block):
        """Erase one sector."""
        return self._try(self._partition.ioctl, _ERASE, block)

    def _try(self, operation, *arguments):
        try:
            operation(*arguments)
        except OSError:
            self.errors += 1
            return False
        return True


def open_flash(folder="/bms"):
    """The board's flash: the partition where there is one, else files in `folder`."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=LABEL)
    return PartitionFlash(found[0]) if found else FileFlash(folder)
