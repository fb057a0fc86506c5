"""`make test`: every test, on two processes; the unit tests with branch coverage and its gates.

Gates: (files, least branch coverage in per cent). What was skipped is said last, and on
CI (CI=true) a skip for want of MicroPython or another tool is a failure.
"""

import os
import subprocess
import sys

from tests.upy.interpreters import ROOT

# Whole simulations and other interpreters: their coverage proves nothing and costs time.
WHOLE = (
    "tests/scenarios",
    "tests/upy",
    "tests/boot",
    "tests/estimation/test_learning.py",
    "tests/fuzz",
    "tests/hal/test_scenarios.py",
    "tests/radio",
    "tests/store/test_cuts.py",
    "tests/test_command_line.py",
    "tests/test_fault_matrix.py",
    "tests/test_reaction.py",
    "tests/test_replay.py",
    "tests/test_swarm.py",
)
GATES = (
    ("protection/*", 100),
    ("firmware/settings.py", 100),
    ("firmware/store.py,firmware/lane.py,firmware/journal.py,firmware/records.py", 100),
    ("firmware/keeper.py,firmware/latches.py,firmware/extremes.py,firmware/events.py", 100),
    ("balancing/*", 100),
    ("ble/*", 100),
    ("firmware/estimation/meter.py", 100),
    ("firmware/estimation/*", 95),
)


def run(*command):
    """Run a command in the project's root; its exit status."""
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode


def main():
    # The radio rig lives in real time and mostly waits, so it runs beside the rest.
    rig = subprocess.Popen(
        [sys.executable, "-m", "tests.radio"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    pytest = ("pytest", "-n", "2", "--dist", "worksteal", "-rfs")
    apart = ["--ignore=" + path for path in WHOLE]
    status = run(*pytest, "--cov", "--cov-report=", *apart, "tests")
    status |= run(*pytest, *WHOLE)
    print(rig.communicate()[0], flush=True)
    status |= rig.returncode
    for files, least in GATES:
        print("coverage of %s, at least %d %%:" % (files, least), flush=True)
        status |= run("coverage", "report", "--include", files, "--fail-under", str(least))
    if not os.environ.get("CI"):
        print("(on CI a missing tool is a failure; here it may have been skipped, see above)")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
