"""`make campaign [SCALE=n]`: the tests that take as long as they are let run.

Each line is a file of tests whose numbers grow with SCALE (50 by default: 1000 simulated
hours of the swarm, and so on). Figures go to the terminal; a failing seed is named.
"""

import os
import subprocess
import sys
import time

from tests.upy.interpreters import ROOT

CAMPAIGNS = (
    ("swarm of faults", "tests/test_swarm.py"),
    ("rule automaton", "tests/protection/test_rule.py"),
    ("fault composition", "tests/protection/test_compose.py"),
    ("power cuts", "tests/store/test_cuts.py"),
    ("radio", "tests/fuzz"),
    ("both MicroPythons", "tests/upy"),
)


def main():
    scale = os.environ.get("SCALE") or (sys.argv[1] if len(sys.argv) > 1 else "50")
    failed = 0
    for name, path in CAMPAIGNS:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "2", "-q", path],
            cwd=ROOT,
            env={**os.environ, "BMS_SCALE": scale},
            capture_output=True,
            text=True,
        )
        last = (done.stdout.strip().splitlines() or [done.stderr])[-1]
        print("%-24s %6.0f s  %s" % (name, time.monotonic() - began, last), flush=True)
        if done.returncode:
            failed += 1
            print(done.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
