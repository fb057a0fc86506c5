"""`ble/server.py` on the real aioble, under real MicroPython, over a stand-in `bluetooth`.

    AIOBLE=folder python -m tests.radio.on_device

AIOBLE is as `tests.aioble_folder` has it. Without it, or without a MicroPython, this is
skipped, with the reason.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.aioble_folder import package
from tests.upy.interpreters import ROOT, micropython

_HERE = Path(__file__).parent / "device"
REFUSED = 2


def main():
    """Run it, or say why it is skipped or refused; the exit status."""
    folder = os.environ.get("AIOBLE")
    try:
        above = package(folder).parent if folder else None
    except ValueError as error:
        print(error, file=sys.stderr)
        return REFUSED
    if not above or not micropython():
        reason = "no MicroPython" if above else "no folder of aioble (AIOBLE)"
        print("the device's own stack: skipped, %s" % reason)
        return 0
    path = ":".join((str(_HERE), str(ROOT), str(above), ".frozen"))
    run = subprocess.run(
        [micropython(), "-X", "heapsize=400k", str(_HERE / "run.py")],
        env=dict(os.environ, MICROPYPATH=path),
        cwd=ROOT,
        timeout=120,
    )
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
