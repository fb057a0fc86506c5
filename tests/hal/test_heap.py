"""A sample through the real drivers allocates nothing, on 64 and 32 bits."""

import subprocess

import pytest

from tests.upy.interpreters import ROOT, micropython, micropython32


@pytest.mark.parametrize("bits", ("64", "32"))
def test_drivers_allocate_nothing_in_a_step(bits):
    interpreter = micropython() if bits == "64" else micropython32()
    if interpreter is None:
        pytest.skip("no %s-bit MicroPython" % bits)
    done = subprocess.run(
        [interpreter, "tests/upy/driver_heap.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split("\n")[:2] == ["c1 0", "jk8s 0"]
