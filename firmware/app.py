"""The application: one loop, one direction.

    sample → estimate → protect → decide → actuate → publish

`Bms.step` is that line. `main(board)` has the objects built and runs the loop as the main
task; whatever ends it, both gates end open.
"""

import asyncio

from micropython import const

from firmware.events import (
    BOOT,
    CHANGED,
    REFUSED,
    SHUTDOWN,
    UNKNOWN_ROW,
    WAKE_RESET,
    WAKE_WATCHDOG,
    WATCHDOG_RESET,
    bounded,
)
from firmware.extremes import Extremes
from firmware.settings import INDEX, Limits, Refused
from firmware.snapshot import NEVER_MS
from firmware.summary import Summary
from firmware.tasks import Supervisor
from protection.arbiter import Arbiter
from protection.guard import Guard

PERIOD_MS = const(50)
_HOUSEKEEPING_MS = const(1000)
_ESTIMATING_MS = const(20)  # one slice of the gauge or the balancer, well under a step
_RENEWED_MS = const(100)  # nor when the last step that renewed the lease began before this
_QUIET_MS = const(1000)  # no flash operation when a trip is due within this time


class Bms:
    """The firmware on one board. `step` every 50 ms, `housekeep` once a second.

    What it is made of is handed over by `firmware.assembly`: `snap` and `events`, the
    `keeper` with the settings that were found, and the two stages that may be plainer on
    a small board, `gauge` and `scheduler`.
    """

    def __init__(self, board, snap, events, keeper, gauge, scheduler):
        self.board = board
        self.clock = board.clock
        self.gates = board.gates
        self.snap = snap
        self.events = events
        self.keeper = keeper
        self.gauge = gauge
        self.scheduler = scheduler
        self.summary = Summary(snap)
        self.guard = Guard(snap, board, events)
        self.arbiter = Arbiter(snap, board.facts)
        self.extremes = Extremes(snap, keeper.counters)
        self.settings = self.limits = self.service = self.supervisor = None
        self._is_down = False
        self.late = 0  # steps that did not end within the period
        self.apply(keeper.settings)
        self.guard.signals.store_failed(keeper.is_bad)
        keeper.restore(self)
        reason = board.power.wake_reason()
        events.post(BOOT, reason, keeper.power_on_count)
        if reason == WAKE_WATCHDOG:
            events.post(WATCHDOG_RESET, 0, 0)
        if reason in (WAKE_RESET, WAKE_WATCHDOG):
            self.guard.hold_after_restart()
        keeper.begin(self)
        self._then = self._renewed = self.clock.ticks_ms()

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
        self.scheduler.step(dt_ms, snap.balance_ok)
        self.gates.drive(snap.gates_cmd)
        self.extremes.step()
        snap.seq += 1
        if clock.elapsed_ms(began) > PERIOD_MS:
            self.late += 1
        else:
            self.gates.renew()
            self._renewed = began
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
        """Change parameters as one record (key → integer), or raise `Refused`.

        Validated, then stored, then swapped; whatever fails, nothing has changed. Either
        way the journal says what was asked for.
        """
        before = self.settings
        try:
            record = before.changed(changes, self.board.facts)
            if changes.get("balance_switch_on") and self.board.transfer.kind == "none":
                raise Refused("balance_switch_on", "this board has no balancer")
            self.need_quiet()
            self.keeper.save_settings(record)
        except Refused as refused:
            self._journal_refusal(refused.key, changes)
            raise
        self._journal_changes(before, record)
        self.apply(record)
        self.guard.signals.store_failed(self.keeper.is_bad)

    def is_quiet(self):
        """A flash operation now could neither delay a trip nor let the lease lapse."""
        if self.guard.due_ms() <= _QUIET_MS:
            return False
        return not self.snap.gates_cmd or self.clock.elapsed_ms(self._renewed) <= _RENEWED_MS

    def need_quiet(self):
        """Raise `Refused` unless `is_quiet`."""
        if not self.is_quiet():
            raise Refused("store", "busy: a protection is about to act; try again")

    def _journal_changes(self, before, after):
        for at, old in enumerate(before.values):
            if after.values[at] != old:
                self.events.post(CHANGED + at, old, after.values[at])

    def _journal_refusal(self, key, changes):
        # A refusal that names no field of the request is told with each one of it.
        for name in [key] if key in INDEX else changes:
            at = INDEX.get(name, UNKNOWN_ROW)
            now = self.settings.get(name) if name in INDEX else 0
            self.events.post(REFUSED + at, now, bounded(changes.get(name, now)))

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
        self._is_down = self.snap.power_down
        self.extremes.look()
        self.service.look()
        self.keeper.work(self)

    def power_off(self):
        """Both gates open, then cut the board's own supply (manual 5.3.2 k)."""
        self.gates.drive(0)
        if not self._is_down:
            self._is_down = True
            self.events.post(SHUTDOWN, self.snap.cell_max_mv, self.snap.cell_min_mv)
            self.keeper.end(self)
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


async def _estimating(bms):
    while True:
        await bms.clock.sleep_ms(_ESTIMATING_MS)
        if not bms.gauge.work():  # never both: a step may be due
            bms.scheduler.work()


async def _run(bms, guests):
    supervisor = bms.supervisor = Supervisor(bms.clock)
    supervisor.start("housekeeping", _housekeeping, bms)
    supervisor.start("estimating", _estimating, bms)
    for name, guest in guests:
        supervisor.start(name, guest, bms)
    try:
        await control(bms)
    finally:
        bms.gates.drive(0)
        supervisor.stop()


def main(board, factory=None, guests=()):
    """Run the firmware on `board` until it is stopped; both gates are open afterwards.

    `guests` are (name, coroutine function of one Bms) pairs: radio, ports, display.
    """
    try:
        from firmware.assembly import assemble

        asyncio.run(_run(assemble(board, factory), guests))
    finally:
        board.gates.drive(0)
