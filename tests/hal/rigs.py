"""The boards that the HAL contract is tried on; a new driver adds its stand-in here.

A rig has `board` (hal.api.Board), and lets the world behind it change: `advance(ms)`,
`flow(ma)` (a current through the closed gates, positive charges), `lose(signal)` and
`heal(signal)` of current, stack, cells, t1, t2, mos; `short()` trips the comparator's
latch. `cells` is the number of cells that are connected.
"""

from hal.virtual.board import VirtualBoard
from hal.virtual.pack import Pack
from protection.rule import DSG


class VirtualRig:
    """The virtual board over its pack."""

    name = "virtual"
    cells = 4

    def __init__(self):
        self.pack = Pack(count=self.cells, soc=0.5)
        self.board = VirtualBoard(self.pack)

    def advance(self, ms):
        self.board.clock.advance(ms)

    def flow(self, ma):
        self.pack.charger.detach()
        self.pack.load.detach()
        if ma > 0:
            self.pack.charger.attach(30.0, ma / 1000)
        elif ma < 0:
            self.pack.load.attach("amps", -ma / 1000)

    def lose(self, signal):
        self.board.faults.set(signal, "silent")

    def heal(self, signal):
        self.board.faults.clear(signal)

    def short(self):
        self.board.gates.latched = DSG


RIGS = (VirtualRig,)
