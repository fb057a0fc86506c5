"""A folder of bytecode as a ROMFS image, which MicroPython executes in place."""

import contextlib
import io

from mpremote.romfs import make_romfs


def image_of(folder):
    """The ROMFS image of `folder`, as bytes."""
    with contextlib.redirect_stdout(io.StringIO()):  # it lists every file
        return make_romfs(str(folder), mpy_cross=False)
