"""Boards from real drivers and stand-ins, started, on a virtual pack."""

from boards.jk8s import board as jk8s_facts
from boards.libresolar_bms_c1 import board as c1_facts
from hal.chips.bq76952 import ADDRESS, Bq76952
from hal.chips.bq76952_front import Bleeder, Front
from tests.hal.standins import machine
from tests.hal.standins.bq76952 import Bq76952Chip
from tests.hal.standins.bus import I2cWire, PlainBus
from tests.hal.standins.c1 import C1Bench
from tests.hal.standins.jk8s import Jk8sBench
from tests.hal.standins.world import StandinBoard, World


def jk8s(pack, facts=jk8s_facts):
    """The reference board, built by its own builder on stand-in pins."""
    from hal.esp32 import jk8s as builder

    world = World(pack, facts)
    bench = Jk8sBench(world, facts)
    return _built(builder, facts, world, bench)


def c1(pack, facts=c1_facts):
    """The Libre Solar BMS C1, built by its own builder on stand-in pins."""
    from hal.esp32 import bms_c1 as builder

    world = World(pack, facts)
    bench = C1Bench(world, facts)
    bench.chip.power_up()
    return _built(builder, facts, world, bench)


def _built(builder, facts, world, bench):
    machine.attach(bench)
    driver = builder.build(facts, world.spend)
    board = StandinBoard(world, facts, driver.sampler, driver.gates, driver.transfer)
    board.bench = bench
    board.driver = driver
    return board


def bare_c1(pack, facts=c1_facts):
    """The bq76952 and its driver alone: no pins, a bus without recovery."""
    world = World(pack, facts)
    chip = Bq76952Chip(world, facts.SHUNT_UOHM)
    world.chips.append(chip)
    chip.power_up()
    wire = I2cWire(world, facts.I2C_HERTZ, {ADDRESS: chip})
    front = Front(Bq76952(PlainBus(wire)), facts)
    front.start(100)
    board = StandinBoard(world, facts, front, front, Bleeder(front, facts))
    board.front = front
    board.chip = chip
    board.wire = wire
    return board
