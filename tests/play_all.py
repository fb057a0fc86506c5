"""`make scenarios`: all of them at full speed, one line each, invariants on."""

import sys

import tests  # noqa: F401
from hal.virtual import scenario
from tests.invariants import Invariants


def main():
    failed = 0
    for name in scenario.names():
        wrong = []
        try:
            _, wrong = scenario.play(scenario.load(name), observers=[Invariants()])
        except AssertionError as broken:
            wrong = [str(broken)]
        for text in wrong:
            print("    " + text)
        failed += bool(wrong)
        print("%s … %s" % (name, "fail" if wrong else "pass"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
