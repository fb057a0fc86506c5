"""The boards that the HAL contract is tried on; a new board adds its rig here.

A rig has `board` (hal.api.Board), `pack` (the truth) and `gates` (the MOSFETs themselves),
and lets the world behind the board change: `advance(ms)`, `flow(ma)` (a current through
the closed gates, positive charges), `lose(signal)` and `heal(signal)`; `short()` trips the
comparator's latch.

`cells` is the number of cells that are connected, `late_ms` how old a healthy signal may
be, `lost_with` the signals that are lost with another one, since one converter gives both.
"""

from hal.virtual.board import VirtualBoard
from hal.virtual.pack import Pack
from protection.rule import DSG
from tests.hal.standins import boards


class Rig:
    """A board over a pack of four cells."""

    cells = 4
    late_ms = 0
    lost_with = {}

    def __init__(self):
        self.pack = Pack(count=self.cells, soc=0.5)
        self.board = self.build(self.pack)
        self.gates = self.board.gates
        self.faults = self.board.faults

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
        self.faults.set(signal, "silent")

    def heal(self, signal):
        self.faults.clear(signal)

    def short(self):
        self.gates.latched = DSG


class VirtualRig(Rig):
    """The virtual board."""

    def build(self, pack):
        return VirtualBoard(pack)


class StandinRig(Rig):
    """A real board's drivers over stand-ins of its chips."""

    def build(self, pack):
        board = self.start(pack)
        driver = board.driver
        board.power, board.flash, board.watchdog = driver.power, driver.flash, driver.watchdog
        return board

    def short(self):
        self.board.world.gates.latched = DSG


class Jk8sRig(StandinRig):
    """The reference board."""

    def start(self, pack):
        return boards.jk8s(pack)


class C1Rig(StandinRig):
    """The Libre Solar BMS C1: one converter for cells and stack, temperatures every 189 ms."""

    late_ms = 200
    lost_with = {"cells": ("stack",), "stack": None}

    def start(self, pack):
        return boards.c1(pack)


RIGS = (VirtualRig, Jk8sRig, C1Rig)
