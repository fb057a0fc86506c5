"""Balancing steps under heap_lock on MicroPython, for every kind of converter.

micropython tests/balancing/heap.py     prints steps and bytes; 0 is what is promised
"""

import gc
import sys

sys.path.insert(0, ".")

import micropython

from tests.balancing.rig import Rig

STEPS = 1000


def run(rig, count):
    snap, board, scheduler = rig.snap, rig.board, rig.scheduler
    before = gc.mem_alloc()
    micropython.heap_lock()
    i = 0
    while i < count:
        snap.cells_age_ms = 0 if board.is_open() else snap.cells_age_ms + 50
        scheduler.step(50, True)
        if i == count // 2:
            snap.mos_dc = 800
        elif i == count // 2 + 5:
            snap.mos_dc = 250
        if board.way < 0 and board.volts_mv < 2600:
            board.volts_mv += 20
        elif board.way > 0:
            board.volts_mv -= 40
        i += 1
    micropython.heap_unlock()
    return gc.mem_alloc() - before


total = 0
gc.collect()
gc.disable()
for kind in ("direct", "storage", "bleed", "none"):
    for mode in (0, 1):
        rig = Rig(kind, kind != "bleed", balance_mode=mode, capacity_mah=280_000, cell_count=8).owe(
            1, 3, 50
        )
        rig.board.leads_mohm = [50] * 9
        rig.snap.cell_mv[1] = 3400
        rig.snap.current_ma = 200_000
        nothing = run(rig, 0)
        grown = run(rig, STEPS) - nothing
        total += grown
        gc.collect()
print("%d steps, %d bytes" % (8 * STEPS, total))
assert total == 0
