"""The gate driver: command, lease monostable, short latch, read-back; welded, open, slow."""

from protection.rule import BOTH

SLOW_MS = 400  # how late a slow MOSFET follows its gate


class VirtualGates:
    """`line` is what the gate lines carry, `channels` what the MOSFETs make of it."""

    def __init__(self, clock, facts):
        self.clock = clock
        self._facts = facts
        self.commanded = 0
        self.latched = 0
        self.lease_ms = facts.LEASE_MS
        self.lease_end_ms = 0
        self.lease_stuck = False
        self.welded = 0
        self.open = 0
        self.slow = 0
        self.misread = 0  # mask of read-back lines that lie
        self._lagging = 0
        self._lag_end_ms = 0
        self.delay_us = 0

    # The interface of hal.api.Gates.

    def drive(self, mask):
        before = self.line()
        self.commanded = mask & BOTH
        if (before ^ self.line()) & self.slow:
            self._lagging = before & self.slow
            self._lag_end_ms = self.clock.now_ms + SLOW_MS

    def renew(self):
        self.lease_end_ms = self.clock.now_ms + self.lease_ms

    def rearm(self):
        self.latched = 0

    def arm(self, delay_us):
        facts = self._facts
        steps = -(-delay_us // facts.SCP_STEP_US)
        self.delay_us = min(max(steps * facts.SCP_STEP_US, facts.SCP_MIN_US), facts.SCP_MAX_US)
        return self.delay_us

    # What the sampler and the plant see.

    def lease_alive(self):
        return self.lease_stuck or self.clock.now_ms < self.lease_end_ms

    def line(self):
        if self.latched or not self.lease_alive():
            return 0
        return self.commanded

    def read_back(self):
        return self.line() ^ self.misread

    def channels(self):
        """The mask of MOSFETs whose channel conducts now."""
        line = self.line()
        if self.slow and self.clock.now_ms < self._lag_end_ms:
            line = line & ~self.slow | self._lagging
        return line & ~self.open | self.welded

    def next_change_ms(self):
        """Time until the line changes by itself; a large number when it does not."""
        now_ms = self.clock.now_ms
        soonest = 1 << 30
        if self.commanded and not self.latched and not self.lease_stuck:
            if now_ms < self.lease_end_ms:
                soonest = self.lease_end_ms - now_ms
        if self.slow and now_ms < self._lag_end_ms:
            soonest = min(soonest, self._lag_end_ms - now_ms)
        return soonest
