"""1000 steps under heap_lock, through trips and releases; prints what was allocated."""

import gc
import sys

sys.path.insert(0, ".")

import micropython

import tests  # noqa: F401
from firmware.assembly import assemble
from firmware.settings import LFP, Settings, preset
from tests.recorded import RecordedBoard
from tests.trace import frames


def run(board, bms, rows, count):
    """`count` steps under the lock; bytes that the heap grew by."""
    before = gc.mem_alloc()
    micropython.heap_lock()
    i = 0
    while i < count:
        board.now_ms += rows[i][0]
        bms.step()
        i += 1
    micropython.heap_unlock()
    return gc.mem_alloc() - before


rows = frames()
board = RecordedBoard(rows)
wanted = preset(LFP)
wanted.update({"chemistry": LFP, "sensors_fitted": 3, "scpr_s": 2})
bms = assemble(board, Settings().changed(wanted, board.facts))
gc.collect()
gc.disable()
nothing = run(board, bms, rows, 0)
grown = run(board, bms, rows, len(rows))
print("%d steps, %d bytes" % (len(rows), grown - nothing))
