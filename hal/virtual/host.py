"""What CPython lacks of MicroPython, so that device code runs unchanged on a host."""

import asyncio
import sys
import types


def install():
    """Provide the module `micropython` and `asyncio.sleep_ms`, once."""
    if "micropython" not in sys.modules:
        module = types.ModuleType("micropython")
        vars(module)["const"] = lambda value: value
        sys.modules["micropython"] = module
    if not hasattr(asyncio, "sleep_ms"):
        asyncio.sleep_ms = lambda ms: asyncio.sleep(ms / 1000)
