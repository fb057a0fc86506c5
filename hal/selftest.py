"""The self-test at every boot: each failure has a name, and any keeps the pack off.

It looks at what the running loop has sampled, both gates open by the rule `self_test`. No
MOSFET is closed for it, so a gate is only seen to be open. That it follows its command is
seen by the rules in the first two steps in which it is wanted (`chg_disobeys`,
`dsg_disobeys`); that the lease dies by itself is tried.
"""

from micropython import const

NOT_TESTED = const(1 << 15)
# Bit 0 first, then the board's own checks. An unconfigured board is tested as well.
NAMES = (
    "cells",
    "stack",
    "current",
    "mos sensor",
    "sum of cells",
    "current zero",
    "gates",
    "lease",
    "cell adc",
    "current adc",
    "front end",
    "watchdog",
)

_FRESH_MS = const(300)
_SUM_OFF_PM = const(20)
_MOS_COLD_DC = const(-400)
_MOS_HOT_DC = const(1200)


def failures(board, snap):
    """What is wrong, as bits of NAMES."""
    wrong = 0
    bit = 1
    for good in (
        snap.cells_age_ms <= _FRESH_MS,
        snap.stack_age_ms <= _FRESH_MS,
        snap.current_age_ms <= _FRESH_MS,
        snap.mos_age_ms <= _FRESH_MS and _MOS_COLD_DC < snap.mos_dc < _MOS_HOT_DC,
        abs(sum(snap.cell_mv) - snap.stack_mv) * 1000 <= _SUM_OFF_PM * snap.stack_mv,
        abs(snap.current_ma) <= board.facts.FULL_SCALE_MA // 100,
        snap.gates_on == 0,
    ):
        if not good:
            wrong |= bit
        bit <<= 1
    for name, check in board.checks:
        if not check(snap):
            wrong |= 1 << NAMES.index(name)
    # It is armed by a step that ended on time; without one there is no second line.
    if not board.watchdog.armed():
        wrong |= 1 << NAMES.index("watchdog")
    return wrong
