"""`ble/server.py` on the real aioble, under real MicroPython, over a stand-in `bluetooth`.

    AIOBLE=folder python -m tests.radio.on_device

AIOBLE is the folder that holds the package aioble (of micropython-lib; it is not part of
this project). Without it, or without a MicroPython, this is skipped, with the reason.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.upy.interpreters import ROOT, micropython

_HERE = Path(__file__).parent / "device"


def missing():
    """Why this cannot run, or None."""
    if not (Path(os.environ.get("AIOBLE", "")) / "aioble" / "server.py").is_file():
        return "AIOBLE names no folder with aioble"
    return None if micropython() else "no MicroPython"


def main():
    """The exit status."""
    path = ":".join((str(_HERE), str(ROOT), os.environ["AIOBLE"], ".frozen"))
    run = subprocess.run(
        [micropython(), "-X", "heapsize=400k", str(_HERE / "run.py")],
        env=dict(os.environ, MICROPYPATH=path),
        cwd=ROOT,
        timeout=120,
    )
    return run.returncode


if __name__ == "__main__":
    REASON = missing()
    if REASON:
        print("the device's own stack: skipped, %s" % REASON)
    else:
        sys.exit(main())
