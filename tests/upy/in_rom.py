"""Runs a script beside bytecode that lies in flash: `micropython in_rom.py IMAGE SCRIPT ARGUMENT…`.

IMAGE is a ROMFS image (`tests.rom`). It is mapped outside the heap and mounted at /rom, so
that its bytecode is executed in place, as from a ROMFS partition of an ESP32. Unix port
with ffi only.
"""

import os
import sys

import ffi
import uctypes
import vfs

_READ = 1  # PROT_READ
_PRIVATE = 2  # MAP_PRIVATE


def mount(path):
    """Map the image at `path` and mount it."""
    library = ffi.open(None)
    descriptor = library.func("i", "open", "si")(path, 0)
    size = os.stat(path)[6]
    address = library.func("p", "mmap", "piiiii")(0, size, _READ, _PRIVATE, descriptor, 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(address, size)), "/rom")


mount(sys.argv[1])
del sys.argv[:2]
sys.path.insert(0, "/rom")
with open(sys.argv[0]) as script:
    source = script.read()
exec(source, {"__name__": "__main__"})
