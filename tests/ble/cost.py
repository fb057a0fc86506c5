"""What the radio's hot paths cost: instructions on 64-bit MicroPython, bytes allocated.

    python -m tests.ble.cost

Instructions by callgrind, which repeats exactly: the difference of 110 and 10 turns.
Status 1 when a limit is passed. Needs valgrind; without it this is skipped.
"""

import re
import shutil
import subprocess
import sys

from tests.upy.interpreters import ROOT, micropython, micropython32

# what, most instructions
LIMITS = (
    ("record 02, figures moving", 60_000),
    ("record 02, a fault counting down", 70_000),
    ("JK request", 20_000),
    ("own frame of 64 bytes", 20_000),
)

_PROGRAM = """
import gc, sys
sys.path.insert(0, ".")
from ble.frame import JK_BYTES, JK_START, OWN_START, Reader, own_frame
from ble.status import Status
from tests.ble.bench import FakeBms, Journal, measured, request
what = int(sys.argv[1])
turns = int(sys.argv[2])
bms = FakeBms()
snap = measured(bms)
status = Status(bms, Journal())
jk = Reader(JK_START, JK_BYTES, lambda frame: None)
own = Reader(OWN_START, 0, lambda frame: None)
small = request(0x1D, b"\\1\\0\\0\\0", 0x77)
large = bytes(own_frame(bytes(61)))
if what == 1:
    bms.guard.by_name["dsg_ocp"].force()
    snap.fault_word = 1 << 13
status.encode(0)
work = sys.argv[3] == "work"
def turn(i):
    if what < 2:
        snap.cell_mv[i & 7] = 3300 + i
        bms.guard.by_name["dsg_ocp"].held_ms += 500
        snap.run_s += i & 1
        bms.date = 160000000 + snap.run_s
        if work:
            status.encode(i & 255)
    elif work:
        if what == 2:
            jk.feed(small)
        else:
            own.feed(large)
if turns:
    for i in range(turns):
        turn(i)
else:
    import micropython
    turn(1)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    micropython.heap_lock()
    turn(2)
    turn(3)
    micropython.heap_unlock()
    print(gc.mem_alloc() - before)
"""


def instructions(interpreter, what, turns, work):
    """All instructions of one run; without `work`, those of the loop around it."""
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        + [interpreter, "-c", _PROGRAM, str(what), str(turns), work],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search(r"Collected : (\d+)", run.stderr)
    if not found:
        raise RuntimeError(run.stderr + run.stdout)
    return int(found.group(1))


def allocated(interpreter):
    """Bytes that two encodings take from the heap."""
    run = subprocess.run(
        [interpreter, "-c", _PROGRAM, "1", "0", "work"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.stdout.strip() or run.stderr.strip()


def main():
    """The exit status."""
    failed = 0
    for name, interpreter in (("64", micropython()), ("32", micropython32())):
        if interpreter:
            count = allocated(interpreter)
            failed += count != "0"
            print("record 02 allocates %s bytes on %s bits" % (count, name))
    if not shutil.which("valgrind") or not micropython():
        print("instructions: skipped, valgrind or MicroPython is missing")
        return failed
    for what, (label, limit) in enumerate(LIMITS):
        count = 0
        for work, sign in (("work", 1), ("rest", -1)):
            for turns, way in ((110, 1), (10, -1)):
                count += sign * way * instructions(micropython(), what, turns, work)
        count //= 100
        failed += count > limit
        print("%-34s %7d of %d" % (label, count, limit))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
