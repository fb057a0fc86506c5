"""Clock and Watchdog of the processor."""

import asyncio
import time

from machine import WDT


class Clock:
    """hal.api.Clock on MicroPython's wrapping milliseconds."""

    def ticks_ms(self):
        """Now, in ms, wrapping."""
        return time.ticks_ms()

    def elapsed_ms(self, since):
        """Time from `since` to now, in ms."""
        return time.ticks_diff(time.ticks_ms(), since)

    def sleep_ms(self, ms):
        """An awaitable that ends `ms` later."""
        return asyncio.sleep_ms(ms)


class Watchdog:
    """hal.api.Watchdog: armed by the first complete step, and never disarmed."""

    def __init__(self, timeout_ms):
        self._timeout_ms = timeout_ms
        self._wdt = None

    def feed(self):
        """Feed it; the first call arms it."""
        if self._wdt is None:
            self._wdt = WDT(timeout=self._timeout_ms)
        self._wdt.feed()

    def armed(self):
        """It runs."""
        return self._wdt is not None
