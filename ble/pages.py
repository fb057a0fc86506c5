"""Pages: what our own service can be asked for; each is one answer of at most 240 bytes.

LIVE is a table: (attribute of the snapshot, struct code). What is too large for its code
reads as the largest that is not, as does an age that grew without end.
"""

import gc
import struct

from micropython import const

from ble.access import WINDOW_ALWAYS, WINDOW_NEVER
from ble.auth import CONNECTION, SETTINGS
from firmware.settings import PARAMS
from firmware.snapshot import CELLS_MAX

LIVE = (
    ("seq", "I"),
    ("run_s", "I"),
    ("pack_mv", "I"),
    ("stack_mv", "I"),
    ("current_ma", "i"),
    ("power_mw", "i"),
    ("fault_word", "I"),
    ("own_word", "I"),
    ("gates_on", "B"),
    ("gates_cmd", "B"),
    ("wanted", "B"),
    ("allowed", "B"),
    ("assist", "B"),
    ("short_mask", "B"),
    ("lease_alive", "B"),
    ("charger_present", "B"),
    ("load_present", "B"),
    ("balance_ok", "B"),
    ("cells_age_ms", "H"),
    ("stack_age_ms", "H"),
    ("current_age_ms", "H"),
    ("t1_age_ms", "H"),
    ("t2_age_ms", "H"),
    ("mos_age_ms", "H"),
    ("t1_dc", "h"),
    ("t2_dc", "h"),
    ("mos_dc", "h"),
    ("soc_pm", "H"),
    ("soc_est_pm", "H"),
    ("soc_conf_pm", "H"),
    ("soh_pm", "H"),
    ("remain_mah", "I"),
    ("full_mah", "I"),
    ("cycle_mah", "I"),
    ("cycle_count", "I"),
    ("charge_count", "I"),
    ("bal_stage", "B"),
    ("bal_state", "B"),
    ("bal_from", "B"),
    ("bal_to", "B"),
    ("bal_ma", "h"),
    ("ohm_pm", "H"),
    ("full_cycles", "H"),
)

# The health of the board, gathered by `_counts` in the order that the README gives.
COUNTS = "IIIIIIIHBBBB"

_LIMIT = "<Bii"
_LIMITS_MAX = const(16)
_CELL = "<HHBH"
_EVENT = "<IHii"
_EVENTS_MAX = const(16)
_SKIP_MAX = const(500)
_TEXT_MAX = const(236)

_LIVE_CODES = "".join([row[1] for row in LIVE])
_HIGH = {"B": 0xFF, "H": 0xFFFF}


def flags(hub):
    """The state of access as bits; see the README."""
    access = hub.access
    return (
        (1 if access.read_lock else 0)
        | (2 if access.is_default(SETTINGS) else 0)
        | (4 if access.is_default(CONNECTION) else 0)
        | (8 if hub.is_app_open() else 0)
        | (16 if not hub.bms.settings.get("chemistry") else 0)
        | (32 if access.window == WINDOW_ALWAYS else 0)
        | (64 if access.window == WINDOW_NEVER else 0)
    )


def read(hub, page, start):
    """The bytes of a page from entry `start` on, or None where there is no such page."""
    if page >= len(_PAGES):
        return None
    return _PAGES[page](hub, start)


def _live(hub, start):
    snap = hub.bms.snap
    return _packed(_LIVE_CODES, [getattr(snap, row[0]) for row in LIVE])


def _packed(codes, values):
    # The wide codes hold whatever the board can count to.
    for at in range(len(codes)):
        high = _HIGH.get(codes[at])
        if high and values[at] > high:
            values[at] = high
    return struct.pack("<" + codes, *values)


def _limits(hub, start):
    bms = hub.bms
    answer = b""
    for row in range(start, min(start + _LIMITS_MAX, len(PARAMS))):
        key = PARAMS[row][0]
        answer += struct.pack(_LIMIT, row, bms.settings.get(key), bms.limits.get(key))
    return answer


def _cells(hub, start):
    snap = hub.bms.snap
    answer = b""
    for i in range(CELLS_MAX):
        verdict = (snap.wire_bad >> i & 1) | (snap.wire_open >> i & 1) << 1
        answer += struct.pack(_CELL, snap.cell_mv[i], snap.wire_mohm[i], verdict, snap.cell_pm[i])
    return answer


def _counts(hub, start):
    bms = hub.bms
    tries = [retry.count for retry in bms.guard.retries]
    free = gc.mem_free() if hasattr(gc, "mem_free") else 0
    return _packed(
        COUNTS,
        [
            free,
            hub.power_on_count,
            bms.late,
            bms.events.lost,
            hub.journal.sequence,
            hub.rubbish,
            hub.refused,
            hub.access.failures,
            len(hub.sessions),
        ]
        + tries,
    )


def _tasks(hub, start):
    supervisor = hub.bms.supervisor
    lines = []
    for name in sorted(supervisor.deaths):
        lines.append("%s %d" % (name, supervisor.deaths[name]))
        if name in supervisor.last_error:
            lines[-1] += " " + supervisor.last_error[name]
    return "\n".join(lines).encode()[:_TEXT_MAX]


def _journal(hub, start):
    # Whoever reads on goes on where the last page ended: passing over what was read
    # already costs flash time, so that is done for the few who jump.
    at, events = hub.cursor
    if at != start or not start:
        events = hub.journal.newest(1 << 29)
        for _ in range(min(start, _SKIP_MAX)):
            next(events, None)
    answer = b""
    for _ in range(_EVENTS_MAX):
        event = next(events, None)
        if event is None:
            break
        answer += struct.pack(_EVENT, *event)
    hub.cursor = start + _EVENTS_MAX, events
    return answer


def _parameter(hub, start):
    if start >= len(PARAMS):
        return b""
    row = PARAMS[start]
    return struct.pack("<Bii", row[8], row[1], row[2]) + row[0].encode()


_PAGES = (_live, _limits, _cells, _counts, _tasks, _journal, _parameter)
