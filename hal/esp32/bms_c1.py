"""Builds the Libre Solar BMS C1: everything but light and button is in its bq76952."""

import time

from machine import Pin

from hal.chips.bq76952 import BATTERY_STATUS, SHUTDOWN, Bq76952
from hal.chips.bq76952_front import Bleeder, Front
from hal.esp32.board import Board
from hal.esp32.clock import Clock, Watchdog
from hal.esp32.flash import open_flash
from hal.esp32.i2c import Bus
from hal.esp32.power import Power

_START_CALLS = 60  # pieces of programming: 0.25 s of bus


def build(facts, wait_us=None):
    """The board, its chip programmed if it answered; otherwise it is tried every step."""
    pins = facts.PINS
    Pin(pins["rs485_de"], Pin.OUT, value=0)  # neither drive the pair
    Pin(pins["rs485_re"], Pin.OUT, value=1)  # nor listen to it
    bus = Bus(facts.I2C_NUMBER, pins["scl"], pins["sda"], facts.I2C_HERTZ, wait_us or time.sleep_us)
    chip = Bq76952(bus)
    front = Front(chip, facts)
    front.drive(0)
    front.start(_START_CALLS)

    board = Board(facts)
    board.sampler = board.gates = front
    board.transfer = Bleeder(front, facts)
    board.flash = open_flash()
    board.clock = Clock()
    board.watchdog = Watchdog(facts.WATCHDOG_MS)
    board.power = Power(
        lambda level: chip.ask(SHUTDOWN) and chip.ask(SHUTDOWN),
        Pin(pins["button"], Pin.IN),
        Pin(pins["led"], Pin.OUT, value=0),
        None,
    )
    board.checks = (
        ("front end", lambda snap: front.setup.ready() and chip.read_word(BATTERY_STATUS) >= 0),
    )
    return board
