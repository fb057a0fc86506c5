"""Rig: the firmware over one flash, and its restarts."""

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import events as e
from firmware.assembly import assemble
from firmware.settings import Refused
from hal.virtual.flash import VirtualFlash
from hal.virtual.sim import commissioned
from protection.rule import BOTH
from tests.recorded import RecordedBoard, quiet_frames

SECOND = 20  # steps


class Rig:
    """The firmware on recorded input over one flash, and its restarts."""

    def __init__(self, factory=None, flash=None, reason=e.WAKE_BUTTON):
        self.flash = flash or VirtualFlash()
        self.factory = factory
        self.start(reason)

    def start(self, reason=e.WAKE_BUTTON):
        self.flash.power_on()
        self.board = RecordedBoard(quiet_frames())
        self.board.flash = self.flash
        self.board.wake_reason = lambda: reason
        self.bms = assemble(self.board, self.factory)
        self.steps = 0

    def run(self, seconds):
        """Steps and housekeeping for a while."""
        for _ in range(seconds * SECOND):
            self.board.now_ms += 50
            self.bms.step()
            self.bms.gauge.work()
            self.steps += 1
            if self.steps % SECOND == 0:
                self.bms.housekeep()

    def journal(self):
        """Codes and values in the journal, oldest first."""
        found = [entry[1:] for entry in self.bms.keeper.journal.newest(1000)]
        found.reverse()
        return found

    def codes(self):
        return [entry[0] for entry in self.journal()]


def working():
    """A commissioned pack after a minute of work."""
    rig = Rig(commissioned(2, facts))
    rig.run(61)
    assert rig.bms.snap.gates_cmd == BOTH
    return rig


def refused(call, *arguments):
    """The refusal that a call raises."""
    try:
        call(*arguments)
    except Refused as no:
        return no
    raise AssertionError("was granted")
