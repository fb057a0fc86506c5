"""The portable tests and the recorded trace on real MicroPython, 64- and 32-bit."""

import ast
import subprocess

import pytest

from tests.estimation.day import told
from tests.scale import SCALE
from tests.trace import trace
from tests.upy.interpreters import ROOT, micropython, micropython32

INTERPRETERS = [("64-bit", micropython()), ("32-bit", micropython32())]


def portable_files():
    """Test files that import nothing that only a host has."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        imported = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported.update(name.name.split(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
        if not imported & {"pytest", "hypothesis", "subprocess", "ast", "pathlib", "bumble"}:
            yield path.relative_to(ROOT).as_posix()


def need(interpreter, bits):
    if not interpreter:
        pytest.skip("no %s MicroPython on this machine" % bits)


# The whole suite on 32 bits as well is the campaign's; traces and heap are always tried on both.
@pytest.mark.parametrize("bits, interpreter", INTERPRETERS if SCALE > 1 else INTERPRETERS[:1])
@pytest.mark.parametrize("path", list(portable_files()))
def test_portable_tests_pass_on_micropython(bits, interpreter, path):
    need(interpreter, bits)
    done = subprocess.run(
        [interpreter, "-X", "heapsize=64M", "tests/upy/run.py", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stdout.startswith("0 passed")


def told_by(bits, interpreter, module):
    """What a module prints on MicroPython."""
    need(interpreter, bits)
    done = subprocess.run(
        [interpreter, "-X", "heapsize=16M", "-m", module], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return ast.literal_eval(done.stdout)


@pytest.mark.parametrize("bits, interpreter", INTERPRETERS)
def test_the_same_recorded_input_gives_the_same_trace(bits, interpreter):
    total, gates = trace()
    assert gates == [0, 1, 2, 3], "the recording must exercise every gate state"
    assert told_by(bits, interpreter, "tests.trace") == (total, gates)


@pytest.mark.parametrize("bits, interpreter", INTERPRETERS)
def test_the_gauge_tells_the_same_within_a_thousandth(bits, interpreter):
    here, there = told(), told_by(bits, interpreter, "tests.estimation.day")
    assert len(here) == len(there) == 8
    for a, b in zip(here, there):
        assert abs(a[0] - b[0]) <= 100 and abs(a[1] - b[1]) <= 100
        assert abs(a[2] - b[2]) <= 1000 and abs(a[3] - b[3]) <= 100


@pytest.mark.parametrize("bits, interpreter", INTERPRETERS)
def test_a_step_allocates_nothing(bits, interpreter):
    need(interpreter, bits)
    done = subprocess.run(
        [interpreter, "tests/upy/locked.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "1000 steps, 0 bytes", done.stdout + done.stderr


def test_the_virtual_board_runs_on_micropython():
    need(micropython(), "64-bit")
    done = subprocess.run(
        [micropython(), "-m", "hal.virtual", "SCENARIO=cold_morning", "SPEED=max"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.rstrip().endswith("cold_morning … pass"), done.stdout + done.stderr
