"""Latches: what must outlive a reset of the guard: retries (D11) and MOSFETs (D36)."""

from firmware.records import LATCH_LAYOUT

LATCHED = ("chg_disobeys", "dsg_disobeys", "chg_welded", "dsg_welded")
_TRIES = ("chg_tries", "dsg_tries", "scp_tries")
_TRIES_MAX = 255


def pack(guard):
    """The latch record of a guard, as bytes."""
    values = {"latched": 0}
    for name, retry in zip(_TRIES, guard.retries):
        values[name] = min(retry.count, _TRIES_MAX)
    for bit, name in enumerate(LATCHED):
        if guard.by_name[name].tripped:
            values["latched"] |= 1 << bit
    return LATCH_LAYOUT.pack(values)


def restore(guard, payload):
    """Put a stored latch record into a new guard, before its first step."""
    values = LATCH_LAYOUT.unpack(payload)
    guard.restore(
        [values[name] for name in _TRIES],
        [name for bit, name in enumerate(LATCHED) if values["latched"] >> bit & 1],
    )
