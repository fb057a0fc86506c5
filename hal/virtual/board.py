"""VirtualBoard: the reference board's interfaces over a simulated pack."""

from boards.jk8s import board as jk8s
from firmware.events import WAKE_CHARGER
from hal.virtual.clock import VirtualClock
from hal.virtual.faults import Faults
from hal.virtual.flash import VirtualFlash
from hal.virtual.gates import VirtualGates
from hal.virtual.sampler import VirtualSampler
from hal.virtual.transfer import VirtualTransfer

WATCHDOG_MS = 2000


class VirtualWatchdog:
    """Remembers when it was fed; the simulation resets the firmware when it was not."""

    def __init__(self, clock):
        self._clock = clock
        self.fed_ms = 0

    def feed(self):
        self.fed_ms = self._clock.now_ms

    def expired(self):
        return self._clock.now_ms - self.fed_ms > WATCHDOG_MS


class VirtualPower:
    """Supply, wake, button, LED, buzzer."""

    def __init__(self, board):
        self._board = board
        self.on = True
        self.reason = WAKE_CHARGER
        self.restarting = False
        self.pressed = False
        self.led_on = False
        self.sounded_ms = 0
        self.idling = False

    def wake_reason(self):
        return self.reason

    def off(self):
        self.on = False

    def restart(self):
        self.restarting = True

    def button(self):
        return self.pressed

    def led(self, on):
        self.led_on = on

    def buzzer(self, ms):
        self.sounded_ms += ms

    def idle(self, on):
        self.idling = on

    def charger_wakes(self):
        """The charger stands far enough above the pack to wake the board (manual 5.2)."""
        pack = self._board.pack
        above_mv = (pack.charger.volts - pack.pack_v()) * 1000
        return pack.charger.connected and above_mv >= self._board.facts.WAKE_ABOVE_MV


class VirtualBoard:
    """hal.api.Board; `pack` is the truth and `faults` makes it lie."""

    wrong = 0

    def __init__(self, pack, clock=None, facts=jk8s, flash=None):
        self.facts = facts
        self.pack = pack
        self.clock = clock or VirtualClock()
        self.clock.plant = self
        self.gates = VirtualGates(self.clock, facts)
        self.transfer = VirtualTransfer(pack, facts)
        self.sampler = VirtualSampler(self)
        self.watchdog = VirtualWatchdog(self.clock)
        self.power = VirtualPower(self)
        self.faults = Faults(self)
        self.flash = flash or VirtualFlash()
        self.flash.clock = self.clock
        pack.scp_a = facts.SCP_THRESHOLD_MA / 1000

    def advance(self, ms):
        """Let the plant live through the last `ms`, split where a gate moves by itself."""
        gates = self.gates
        pack = self.pack
        clock = self.clock
        end_ms = clock.now_ms
        clock.now_ms = end_ms - ms
        pack.scp_delay_s = gates.delay_us / 1e6
        while clock.now_ms < end_ms:
            piece_ms = min(gates.next_change_ms(), end_ms - clock.now_ms)
            rest_s = pack.advance(piece_ms / 1000, gates.channels())
            if pack.shorted:
                gates.latched |= pack.shorted
                pack.shorted = 0
                pack.advance(rest_s, gates.channels())
            if self.transfer.busy():
                self.transfer.advance(piece_ms / 1000)
            clock.now_ms += piece_ms
