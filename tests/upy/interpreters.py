"""The MicroPython interpreters that the tests use."""

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def micropython():
    """The 64-bit interpreter: $MICROPYTHON, that of the venv, or one on PATH; None without."""
    chosen = os.environ.get("MICROPYTHON")
    if chosen:
        return chosen
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


def micropython32():
    """The 32-bit interpreter that `make upy32` unpacks, or None."""
    path = ROOT / "build" / "upy32" / "micropython"
    return str(path) if path.exists() else None
