"""Simulation: the real firmware on the virtual board, as fast as the host can.

Theory of operation. Time advances by one period, the plant lives through it, then the
firmware makes one step: what `firmware.app.control` does, without an event loop. The
simulation plays the part of the hardware around the firmware as well: it resets a
processor whose watchdog starved or whose step raised, cuts the supply when the firmware
asks for it, and wakes the board by charger or button.

`observers` are called with the simulation after every step; `timeline.lines` collects
what happened as (ms, what, why).
"""

from firmware.app import PERIOD_MS
from firmware.assembly import assemble
from firmware.events import WAKE_BUTTON, WAKE_CHARGER, WAKE_RESET
from firmware.settings import Settings, preset
from hal.virtual.board import VirtualBoard
from hal.virtual.pack import BOARD_A, Pack
from hal.virtual.timeline import Timeline

BOOT_MS = 300  # from reset to the first step


def commissioned(chemistry, facts, cell_count=8, capacity_mah=100_000, sensors=3, changes=None):
    """Settings of a pack that a person has set up: the preset, cells, capacity, sensors."""
    wanted = preset(chemistry)
    wanted["chemistry"] = chemistry
    wanted["cell_count"] = cell_count
    wanted["capacity_mah"] = capacity_mah
    wanted["sensors_fitted"] = sensors
    wanted.update(changes or {})
    return Settings(None, facts).changed(wanted, facts)


class Simulation:
    """A pack, a board, the firmware, and the hardware's part around it."""

    def __init__(
        self, pack=None, settings=None, clock=None, reason=WAKE_BUTTON, flash=None, board=None
    ):
        self.board = board or VirtualBoard(pack or Pack(), clock, flash=flash)
        self.pack = self.board.pack
        self.clock = self.board.clock
        self.settings = settings or commissioned(2, self.board.facts)
        self.bms = None
        self.observers = []
        self.timeline = Timeline(self.board)
        self.resets = 0
        self.errors = []
        self.jitter = None  # a function of the step number that gives extra ms
        self.interrupt = None  # (ms into the next period, function): an event in mid-step
        self._steps = 0
        self._power(reason)
        if self.bms.keeper.power_on_count == 1:
            self.bms.gauge.set_soc(self.pack.soc_pm())  # as the person who set it up would

    def run(self, seconds, until=None):
        """Simulate `seconds`, or until `until(self)` is true after a step."""
        end_ms = self.clock.now_ms + int(seconds * 1000)
        while self.clock.now_ms < end_ms:
            self.tick()
            if until and until(self):
                return True
        return False

    def tick(self):
        """One period of the world and one step of the firmware, if it runs."""
        period_ms = PERIOD_MS
        if self.jitter:
            period_ms += self.jitter(self._steps)
        self._steps += 1
        if self.interrupt:
            into_ms, happen = self.interrupt
            self.interrupt = None
            self.clock.advance(into_ms)
            happen()
            period_ms -= into_ms
        self.clock.advance(period_ms)
        if self.bms is None:
            self._wake()
            return
        if self.board.watchdog.expired():
            self._reset("watchdog")
            return
        bms = self.bms
        try:
            bms.step()
            bms.gauge.work()
            bms.scheduler.work()
            if bms.snap.power_down:
                bms.power_off()
            elif bms.snap.seq % 20 == 0:
                bms.housekeep()
        except Exception as error:
            # What main() does: whatever ends the loop, both gates open.
            self.board.gates.drive(0)
            self.errors.append(error)
            self._reset("exception")
            return
        self.timeline.watch(bms)
        for observer in self.observers:
            observer(self)
        if not self.board.power.on:
            self._down("no cell above the power-off voltage, or one below it for long")
        elif self.board.power.restarting:
            self._reset("restart")

    # The hardware's part.

    def _power(self, reason):
        self.board.power.on = True
        self.board.power.reason = reason
        self.board.power.restarting = False
        # A reset leaves the outputs as they were for nobody: the first line of boot.py
        # drives the gates off, and the board has pull-downs.
        self.board.gates.drive(0)
        self.board.watchdog.feed()
        self.bms = assemble(self.board, self.settings)

    def _reset(self, why):
        self.resets += 1
        self.board.gates.drive(0)
        self.timeline.gates_fell()
        self.timeline.note("reset", why)
        self.clock.advance(BOOT_MS)
        self._power(WAKE_RESET)

    def _down(self, why):
        self.board.gates.drive(0)
        self.bms = None
        self.pack.board_a = 0.0
        self.timeline.gates_fell()
        self.timeline.note("power off", why)

    def _wake(self):
        power = self.board.power
        if power.charger_wakes():
            reason = WAKE_CHARGER
        elif power.pressed:
            reason = WAKE_BUTTON
        else:
            return
        self.pack.board_a = BOARD_A
        self.timeline.note("power on", "charger" if reason == WAKE_CHARGER else "button")
        self._power(reason)
