"""The application: one loop, one direction.

    sample → estimate → protect → decide → actuate → publish

`Bms.step` is that line. `main(board)` builds the objects and runs the loop as the main
task; whatever ends it, both gates end open.
"""

import asyncio

from micropython import const

from balancing.scheduler import Scheduler
from firmware.events import BOOT, SHUTDOWN, WAKE_RESET, Events
from firmware.gauge import Gauge
from firmware.settings import Limits, Settings
from firmware.snapshot import NEVER_MS, Snapshot
from firmware.summary import Summary
from firmware.tasks import Supervisor
from protection.arbiter import Arbiter
from protection.guard import Guard

PERIOD_MS = const(50)
_HOUSEKEEPING_MS = const(1000)


class Bms:
    """The firmware on one board. `step` every 50 ms, `housekeep` once a second."""

    def __init__(self, board, settings):
        self.board = board
        self.clock = board.clock
        self.gates = board.gates
        self.snap = Snapshot()
        self.events = Events(self.snap)
        self.summary = Summary(self.snap)
        self.gauge = Gauge(self.snap)
        self.guard = Guard(self.snap, board, self.events)
        self.arbiter = Arbiter(self.snap, board.facts)
        self.scheduler = Scheduler(self.snap, board.transfer)
        self.settings = settings
        self.limits = None
        self.late = 0  # steps that did not end within the period
        self.apply(settings)
        reason = board.power.wake_reason()
        self.events.post(BOOT, reason, 0)
        if reason == WAKE_RESET:
            self.guard.hold_after_restart()
        self._then = self.clock.ticks_ms()

    def step(self):
        """One turn of the pipeline; allocates nothing."""
        snap = self.snap
        clock = self.clock
        began = clock.ticks_ms()
        dt_ms = self._elapsed(began)
        self.board.sampler.sample(snap, dt_ms)
        self.summary.step()
        self.gauge.integrate(dt_ms if snap.seq else 0)
        self.guard.step(dt_ms, dt_ms if dt_ms < PERIOD_MS else PERIOD_MS)
        self.arbiter.step(self.guard.welded)
        self.scheduler.step(dt_ms)
        self.gates.drive(snap.gates_cmd)
        snap.seq += 1
        if clock.elapsed_ms(began) > PERIOD_MS:
            self.late += 1
        else:
            self.gates.renew()
            self.board.watchdog.feed()

    def _elapsed(self, now):
        # How long the pack was out of sight before the first step is not known: it
        # counts as very long, so whatever is past its limit then trips at once.
        if not self.snap.seq:
            self._then = now
            return NEVER_MS
        dt_ms = self.clock.elapsed_ms(self._then)
        self._then = now
        return dt_ms if dt_ms < NEVER_MS else NEVER_MS

    def change(self, changes):
        """Change parameters as one record (key → integer), or raise `Refused`."""
        self.apply(self.settings.changed(changes, self.board.facts))

    def apply(self, settings):
        """Swap in a validated record; called between steps only."""
        effective_us = self.gates.arm(settings.get("scp_delay_us"))
        limits = Limits(settings, self.board.facts, effective_us)
        for stage in (self.summary, self.gauge, self.guard, self.arbiter, self.scheduler):
            stage.load(limits)
        self.settings = settings
        self.limits = limits

    def housekeep(self):
        """What may take its time: outside the step, once a second."""

    def power_off(self):
        """Both gates open, then cut the board's own supply (manual 5.3.2 k)."""
        self.gates.drive(0)
        self.events.post(SHUTDOWN, self.snap.cell_max_mv, self.snap.cell_min_mv)
        self.board.power.off()


async def control(bms):
    """The main task: steps every period until it is cancelled or fails."""
    clock = bms.clock
    while True:
        began = clock.ticks_ms()
        bms.step()
        if bms.snap.power_down:
            bms.power_off()
        left_ms = PERIOD_MS - clock.elapsed_ms(began)
        await clock.sleep_ms(left_ms if left_ms > 0 else 0)


async def _housekeeping(bms):
    while True:
        await bms.clock.sleep_ms(_HOUSEKEEPING_MS)
        bms.housekeep()


async def _run(bms, guests):
    supervisor = Supervisor(bms.clock)
    supervisor.start("housekeeping", _housekeeping, bms)
    for name, guest in guests:
        supervisor.start(name, guest, bms)
    try:
        await control(bms)
    finally:
        bms.gates.drive(0)
        supervisor.stop()


def main(board, settings=None, guests=()):
    """Run the firmware on `board` until it is stopped; both gates are open afterwards.

    `guests` are (name, coroutine function of one Bms) pairs: radio, ports, display.
    """
    try:
        bms = Bms(board, settings or Settings())
        asyncio.run(_run(bms, guests))
    finally:
        board.gates.drive(0)
