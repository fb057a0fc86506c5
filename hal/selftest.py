"""The self-test at every boot: each failure has a name, and any keeps the pack off.

No MOSFET is closed for it, so a gate is only seen to be open. That it follows its command
is seen by the rules in the first two steps in which it is wanted (`chg_disobeys`,
`dsg_disobeys`); that the lease dies by itself is tried.
"""

from micropython import const

_SAMPLES = const(12)
_PERIOD_MS = const(50)
_FRESH_MS = const(300)
_SUM_OFF_PM = const(20)
_MOS_COLD_DC = const(-400)
_MOS_HOT_DC = const(1200)


def failures(board, snap, sleep_ms):
    """Sample the board with both gates open; names of what is wrong, in a fixed order."""
    board.gates.drive(0)
    for _ in range(_SAMPLES):
        board.sampler.sample(snap, _PERIOD_MS)
        sleep_ms(_PERIOD_MS)
    full_ma = board.facts.FULL_SCALE_MA
    total_mv = sum(snap.cell_mv)
    wrong = []
    for name, good in (
        ("cells", snap.cells_age_ms <= _FRESH_MS),
        ("stack", snap.stack_age_ms <= _FRESH_MS),
        ("current", snap.current_age_ms <= _FRESH_MS),
        ("mos sensor", snap.mos_age_ms <= _FRESH_MS and _MOS_COLD_DC < snap.mos_dc < _MOS_HOT_DC),
        ("sum of cells", abs(total_mv - snap.stack_mv) * 1000 <= _SUM_OFF_PM * snap.stack_mv),
        ("current zero", abs(snap.current_ma) <= full_ma // 100),
        ("gates", snap.gates_on == 0),
    ):
        if not good:
            wrong.append(name)
    for name, check in board.checks:
        if not check(snap):
            wrong.append(name)
    board.gates.drive(0)
    return wrong
