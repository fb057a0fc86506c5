"""For `make bench`: N steps of the firmware on recorded input; prints heap per step."""

import gc
import sys

sys.path.insert(0, ".")

import tests  # noqa: F401
from firmware.assembly import assemble
from hal.virtual.sim import commissioned
from tests.recorded import RecordedBoard, quiet_frames


def run(count):
    board = RecordedBoard(quiet_frames())
    bms = assemble(board, commissioned(2, board.facts))
    for _ in range(60):
        board.now_ms += 50
        bms.step()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    i = 0
    while i < count:
        board.now_ms += 50
        bms.step()
        i += 1
    return gc.mem_alloc() - before, bms


used, bms = run(int(sys.argv[1]))
assert bms.snap.gates_cmd == 3, "the gates are not closed"
print("heap", used)
