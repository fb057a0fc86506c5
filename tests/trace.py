"""The trace of a recorded run, as one number (I24): the same on every Python."""

import tests  # noqa: F401
from firmware.assembly import assemble
from firmware.settings import LFP, Settings, preset
from tests.recorded import RecordedBoard

FRAMES = 1000


def frames(count=FRAMES):
    """Recorded-like input from integer arithmetic: loads, a cold spell, a full cell, a short."""
    rows = []
    state = 12345
    current_ma = 0
    cells = [3300] * 8
    for i in range(count):
        state = (state * 1103 + 12345) % 65536
        if i % 50 == 0:
            current_ma = 0 if 300 <= i < 450 else (state % 300 - 150) * 1000
        top_mv = 320 if 300 < i < 400 else 0
        cells = [3300 + (state >> (k % 5)) % 17 + (top_mv if k == 3 else 0) for k in range(8)]
        celsius_dc = 250 if i < 500 or i > 600 else -210
        short = 2 if i in (700, 701) else 0
        row = (50 + state % 3, current_ma, sum(cells), celsius_dc, celsius_dc + 7, 300 + i % 40)
        rows.append(row + (short,) + tuple(cells))
    return rows


def trace():
    """A rolling number over what the firmware decided in every step."""
    rows = frames()
    board = RecordedBoard(rows)
    wanted = preset(LFP)
    wanted.update({"chemistry": LFP, "sensors_fitted": 3, "scpr_s": 2, "dsg_ocp_delay_s": 2})
    wanted.update({"dsg_limit_ma": 100_000, "dsg_ocpr_s": 2})
    bms = assemble(board, Settings().changed(wanted, board.facts))
    total = 1
    gates = set()
    for row in rows:
        board.now_ms += row[0]
        bms.step()
        snap = bms.snap
        gates.add(snap.gates_cmd)
        for value in (
            snap.gates_cmd,
            snap.fault_word,
            snap.own_word,
            snap.remain_mah,
            snap.cell_max_mv,
            snap.assist,
        ):
            total = (total * 31 + value) % 1000003
    return total, sorted(gates)


if __name__ == "__main__":
    print(trace())
