"""Tidy: the heap is collected in time with what is used.

A step allocates nothing, so a collection never falls into one: it comes to the guest whose
allocation passed the threshold. While things are built `firmware/main.py` keeps it low.
"""

import gc

from micropython import const

_PART = const(8)  # of what is free
_PERIOD_MS = const(60_000)


async def tidying(bms):
    """The guest that fits the threshold to what is free, once a minute."""
    while True:
        gc.collect()
        gc.threshold(gc.mem_free() // _PART)
        await bms.clock.sleep_ms(_PERIOD_MS)
