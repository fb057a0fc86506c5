"""Where the real aioble lies: what `AIOBLE=folder` means to everything that takes it.

aioble is part of micropython-lib, not of this project. The folder is that of the package,
or the one above it.
"""

from pathlib import Path

# The parts of a peripheral; the package's __init__ does without the others.
FILES = ("__init__.py", "core.py", "device.py", "peripheral.py", "server.py")


def package(folder):
    """The folder of the package `aioble`, absolute; raises ValueError where there is none."""
    given = Path(folder).resolve()
    for path in (given / "aioble", given):
        if path.name == "aioble" and all((path / name).is_file() for name in FILES):
            return path
    raise ValueError("AIOBLE: %s holds no aioble package (%s)" % (folder, ", ".join(FILES)))
