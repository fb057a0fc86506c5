"""The deployed tree boots on real MicroPython, and holds its heap."""

import os
import re
import shutil
import subprocess

import pytest

from tests import deploy
from tests.boot.bench import add_bench
from tests.rom import image_of
from tests.scale import SCALE
from tests.upy.interpreters import ROOT, micropython, micropython32

BOARDS = ("jk8s", "libresolar_bms_c1", "devkit")
# Room in which booting and growth are judged; objects of 64 bits are twice as large.
HEAP_KB = {"64": 500, "32": 250}
GROWTH_BYTES = 250  # the first records that are stored fall between
DEVICE_KB = 110
# Executed from a ROMFS image names and constants still lie in the heap; frozen they do not,
# and 30 KB stay free (`python -m tests.frozen`).
FREE_BYTES = 16 * 1024
STEPS = 1000 * SCALE


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """One deployed folder a board, the bench beside it in a hidden folder."""
    made = {}
    for board in BOARDS:
        folder = tmp_path_factory.mktemp(board) / "device"
        assert deploy.main(["deploy", "DEST=%s" % folder, "BOARD=%s" % board]) == 0
        add_bench(folder, board)
        made[board] = folder
    return made


def run(bits, tree, mode, count, bench_bytes=0, heap_kb=None, rom=None):
    """Boot `tree` with the heap of a device and room for the stand-ins; what was printed.

    rom: an image of the tree, whose bytecode is then executed from flash.
    """
    interpreter = micropython() if bits == "64" else micropython32()
    if interpreter is None:
        pytest.skip("no %s-bit MicroPython" % bits)
    done = subprocess.run(
        [
            interpreter,
            "-X",
            "heapsize=%d" % ((heap_kb or HEAP_KB[bits]) * 1024 + bench_bytes),
            *([str(ROOT / "tests/upy/in_rom.py"), str(rom)] if rom else []),
            str(ROOT / "tests/boot/boot.py"),
            str(tree),
            mode,
            str(count),
        ],
        capture_output=True,
        text=True,
        timeout=100 * SCALE,
        cwd=os.path.dirname(tree),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("bits", ("64", "32"))
@pytest.mark.parametrize("board", BOARDS)
def test_boot_and_main_run(trees, board, bits):
    said = run(bits, trees[board], "main", 80, 60_000)
    assert "no radio" in said
    assert "self-test failed" not in said
    assert ("not configured" in said) == (board != "devkit")
    assert "stopped after 80 steps" in said


@pytest.mark.parametrize("board", BOARDS)
def test_the_heap_does_not_grow(trees, board):
    said = run("32", trees[board], "soak", STEPS, 60_000)
    free = [int(number) for number in re.findall(r"free (\d+)", said)]
    assert len(free) == 2
    assert free[1] >= free[0] - GROWTH_BYTES, said


@pytest.mark.parametrize("board", ("jk8s", "libresolar_bms_c1"))
def test_a_heap_of_110_kb_is_enough_with_the_bytecode_in_flash(trees, board, tmp_path):
    shutil.copytree(trees[board], tmp_path / "tree", ignore=shutil.ignore_patterns(".bench"))
    rom = tmp_path / "rom"
    rom.write_bytes(image_of(tmp_path / "tree"))
    wide = run("32", trees[board], "soak", 300, 60_000, rom=rom)
    room = int(re.findall(r"bench (\d+)", wide)[0])
    said = run("32", trees[board], "soak", 300, room, DEVICE_KB, rom)
    assert int(re.findall(r"free (\d+)", said)[-1]) >= FREE_BYTES, said
