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
        self.owed_ms = 0.0

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
    """Virtual time that follows a real clock, `speed` times as fast.

    `real_ms` gives real milliseconds; time that the host was away is caught up in one
    piece, which the firmware sees as the stall it is.
    """

    def __init__(self, speed, real_ms):
        super().__init__()
        self._speed = speed
        self._real_ms = real_ms
        self._then_ms = real_ms()

    async def sleep_ms(self, ms):
        await asyncio.sleep_ms(max(1, int(ms / self._speed)))
        self._catch_up()

    def pass_ms(self, ms):
        """Wait without an event loop, as while the board has no supply."""
        time.sleep(ms / 1000 / self._speed)
        self._catch_up()

    def _catch_up(self):
        real_ms = self._real_ms()
        self.owed_ms += (real_ms - self._then_ms) * self._speed
        self._then_ms = real_ms
        whole_ms = int(self.owed_ms)
        if whole_ms > 0:
            self.owed_ms -= whole_ms
            self.advance(whole_ms)
