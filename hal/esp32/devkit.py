"""Builds the devkit: the virtual board, living in real time on the processor itself.

A charger and a load come and go by themselves, so that a phone has something to see.
"""

from time import ticks_diff, ticks_ms

import machine

from hal.esp32.board import Board
from hal.esp32.flash import open_flash
from hal.virtual.board import VirtualBoard, VirtualPower
from hal.virtual.clock import PacedClock
from hal.virtual.pack import Pack

# second of a round, what is attached: (volts, amps) of a charger, amps of a load
_ROUND = (
    (5, "charger", (29.2, 20.0)),
    (65, "charger", None),
    (75, "load", 15.0),
    (105, "load", 60.0),
    (125, "load", 8.0),
    (150, "load", None),
)
_ROUND_MS = 160_000
_LOOK_MS = 500


class _Milliseconds:
    """Real milliseconds that do not wrap."""

    def __init__(self):
        self._then = ticks_ms()
        self._sum_ms = 0

    def __call__(self):
        now = ticks_ms()
        self._sum_ms += ticks_diff(now, self._then)
        self._then = now
        return self._sum_ms


class _Power(VirtualPower):
    """The simulated supply; a restart is a real one."""

    def restart(self):
        machine.reset()


class Devkit(Board):
    """A board without pins: there is nothing to test at boot."""

    def __init__(self, facts):
        super().__init__(facts)
        self.pack = None
        self.wrong = 0


def build(facts, wait_us=None):
    """The virtual board over eight cells of the chemistry that the facts name."""
    plant = VirtualBoard(
        Pack(facts.COMMISSIONED), PacedClock(1, _Milliseconds()), facts, open_flash()
    )
    board = Devkit(facts)
    board.pack = plant.pack
    board.sampler = plant.sampler
    board.gates = plant.gates
    board.transfer = plant.transfer
    board.flash = plant.flash
    board.clock = plant.clock
    board.watchdog = plant.watchdog
    board.power = _Power(plant)
    board.guests = (("outside", outside),)
    return board


async def outside(bms):
    """Attach and detach charger and load, round after round."""
    pack = bms.board.pack
    clock = bms.clock
    done = 0
    began_ms = clock.now_ms
    while True:
        at_ms = clock.now_ms - began_ms
        while done < len(_ROUND) and at_ms >= _ROUND[done][0] * 1000:
            act(pack, _ROUND[done])
            done += 1
        if at_ms >= _ROUND_MS:
            began_ms += _ROUND_MS
            done = 0
        await clock.sleep_ms(_LOOK_MS)


def act(pack, action):
    """Carry out one row of the round."""
    _, what, amount = action
    if what == "charger":
        if amount:
            pack.charger.attach(amount[0], amount[1])
        else:
            pack.charger.detach()
    elif amount:
        pack.load.attach("amps", amount)
    else:
        pack.load.detach()
