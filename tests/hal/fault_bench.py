"""A quiet board under load on which faults are set, for the tests of them."""

from firmware.snapshot import Snapshot
from hal.virtual.board import VirtualBoard
from hal.virtual.pack import Pack
from protection.rule import BOTH

TEMPERATURES = ("t1", "t2", "mos")


class Bench:
    """A quiet board under 20 A of load, sampled every 50 ms."""

    def __init__(self):
        self.board = VirtualBoard(Pack(soc=0.5))
        self.board.sampler.quiet = True
        self.board.gates.drive(BOTH)
        self.board.pack.load.attach("amps", 20.0)
        self.snap = Snapshot()
        self.step()

    def step(self, ms=50):
        self.board.gates.renew()
        self.board.clock.advance(ms)
        self.board.sampler.sample(self.snap, ms)

    def set(self, target, kind, amount=None):
        self.board.faults.set(target, kind, amount)

    def read(self, target):
        """(value, age) of a signal; a cell's age is that of the scan."""
        snap = self.snap
        if target[:4] == "cell" and target != "cells":
            return snap.cell_mv[int(target[4]) - 1], snap.cells_age_ms
        if target == "stack":
            return snap.stack_mv, snap.stack_age_ms
        if target == "current":
            return snap.current_ma, snap.current_age_ms
        return getattr(snap, target + "_dc"), getattr(snap, target + "_age_ms")

    def move(self, target):
        """Change the truth behind the signal."""
        pack = self.board.pack
        if target in TEMPERATURES:
            pack.cells.temp_c = [t + 5.0 for t in pack.cells.temp_c]
            pack.mos_c += 5.0
        else:
            pack.load.attach("amps", 120.0)
