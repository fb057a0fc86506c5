"""Runs portable test files on MicroPython: `micropython tests/upy/run.py FILE …`.

Every function whose name begins with test_ is run; the last line counts them.
"""

import sys

sys.path.insert(0, ".")


def run(path):
    """Run one file; the number that passed and the list of failures."""
    name = path[:-3].replace("/", ".")
    module = __import__(name, None, None, ("x",))
    passed = 0
    failed = []
    for test in sorted([key for key in dir(module) if key.startswith("test_")]):
        try:
            getattr(module, test)()
            passed += 1
        except Exception as error:
            print("FAIL %s::%s" % (path, test))
            sys.print_exception(error)
            failed.append(test)
    return passed, failed


def main():
    total = 0
    failures = 0
    for path in sys.argv[1:]:
        passed, failed = run(path)
        total += passed
        failures += len(failed)
    print("%d passed, %d failed" % (total, failures))
    sys.exit(1 if failures else 0)


main()
