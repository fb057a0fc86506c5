"""Virtual time in whole milliseconds; the plant moves exactly when it does."""

import asyncio
import time

_MASK = (1 << 29) - 1  # wraps after six days, as the device's does


class VirtualClock:
    """Time stands still until `advance`; `stall_ms` is lost inside the next step."""

    def __init__(self):
        self.now_ms = 0
        self.stall_ms = 0
        self.plant = None

    def ticks_ms(self):
        return self.now_ms & _MASK

    def elapsed_ms(self, since):
        return (self.now_ms - since) & _MASK

    def advance(self, ms):
        """Let `ms` pass for everything."""
        self.now_ms += ms
        self.plant.advance(ms)

    def stalled(self):
        """Lose the time that a test planted, in the middle of a step."""
        if self.stall_ms:
            lost_ms, self.stall_ms = self.stall_ms, 0
            self.advance(lost_ms)

    async def sleep_ms(self, ms):
        """For a virtual event loop, whose time is this clock's."""
        await asyncio.sleep_ms(ms)


class PacedClock(VirtualClock):
    """Virtual time that follows a real clock, `speed` times as fast, or as fast as it can.

    `real_ms` gives real milliseconds. Virtual time never passes the moment for which
    somebody sleeps: a host that was away for a while is no stall of the virtual board.
    """

    def __init__(self, speed, real_ms):
        super().__init__()
        self._speed = speed
        self._real_ms = real_ms
        self._then_ms = real_ms()
        self._owed_ms = 0.0
        self._due = []

    async def sleep_ms(self, ms):
        due_ms = self.now_ms + ms
        self._due.append(due_ms)
        try:
            while self.now_ms < due_ms:
                real_ms = (due_ms - self.now_ms - self._owed_ms) / self._speed
                await asyncio.sleep_ms(int(real_ms) if real_ms > 0 else 0)
                self._catch_up(min(self._due))
            await asyncio.sleep_ms(0)
        finally:
            self._due.remove(due_ms)

    def pass_ms(self, ms):
        """Wait without an event loop, as while the board has no supply."""
        due_ms = self.now_ms + ms
        while self.now_ms < due_ms:
            time.sleep(ms / 1000 / self._speed)
            self._catch_up(due_ms)

    def _catch_up(self, limit_ms):
        real_ms = self._real_ms()
        # What a suspended host slept is not owed.
        self._owed_ms = min(self._owed_ms + (real_ms - self._then_ms) * self._speed, 1000.0)
        self._then_ms = real_ms
        whole_ms = min(int(self._owed_ms), limit_ms - self.now_ms)
        if whole_ms > 0:
            self._owed_ms -= whole_ms
            self.advance(whole_ms)
