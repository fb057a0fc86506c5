"""Builds the reference board jk8s: tap matrix, two ADCs, storage balancer."""

import time

from machine import ADC, PWM, SPI, Pin

from hal.chips.ads1220 import CONTINUOUS_20, TURBO_2000, Ads1220
from hal.chips.matrix_sampler import MatrixSampler
from hal.chips.sense import BUTTON, Sense
from hal.chips.tap_matrix import TapMatrix
from hal.esp32.board import Board
from hal.esp32.clock import Clock, Watchdog
from hal.esp32.flash import open_flash
from hal.esp32.gates import Gates
from hal.esp32.power import Power
from hal.esp32.storage import Storage
from hal.esp32.thermistor import Thermistor


def build(facts, wait_us=None):
    """The board, both gates off and every tap open; `wait_us` stands in for a busy wait."""
    pins = facts.PINS
    wait_us = wait_us or time.sleep_us
    chg = Pin(pins["chg"], Pin.OUT, value=0)
    dsg = Pin(pins["dsg"], Pin.OUT, value=0)
    hold = Pin(pins["hold"], Pin.OUT, value=1)
    disable = Pin(pins["taps_disable"], Pin.OUT, value=1)
    cell_select = Pin(pins["cell_adc_select"], Pin.OUT, value=1)
    current_select = Pin(pins["current_adc_select"], Pin.OUT, value=1)
    miso = Pin(pins["miso"])
    spi = SPI(
        facts.SPI_NUMBER,
        baudrate=facts.SPI_HERTZ,
        polarity=0,
        phase=1,
        sck=Pin(pins["sck"]),
        mosi=Pin(pins["mosi"]),
        miso=miso,
    )
    matrix = TapMatrix(spi, Pin(pins["taps_latch"], Pin.OUT, value=0), disable, wait_us)
    matrix.start()
    cell_adc = Ads1220(spi, cell_select, miso, wait_us, TURBO_2000)
    current_adc = Ads1220(spi, current_select, miso, wait_us, CONTINUOUS_20)
    cell_adc.configure()
    current_adc.configure()
    sense = Sense(spi, Pin(pins["sense_shift"], Pin.OUT, value=0))
    sense.read()

    board = Board(facts)
    board.sampler = MatrixSampler(
        matrix,
        cell_adc,
        current_adc,
        sense,
        [Thermistor(_adc(pins[name])) for name in ("t1", "t2", "mos")],
    )
    board.gates = Gates(chg, dsg, Pin(pins["lease"], Pin.OUT, value=0), matrix, facts)
    pwm = PWM(Pin(pins["balance_set"]), freq=facts.BALANCE_PWM_HERTZ, duty_u16=0)
    board.transfer = Storage(matrix, board.sampler, pwm, _adc(pins["balance_current"]), facts)
    board.flash = open_flash()
    board.clock = Clock()
    board.watchdog = Watchdog(facts.WATCHDOG_MS)
    board.power = Power(
        hold,
        lambda: bool(sense.lines & BUTTON),
        Pin(pins["led"], Pin.OUT, value=0),
        Pin(pins["buzzer"], Pin.OUT, value=0),
    )
    board.checks = (
        ("lease", lambda snap: _leased(board, snap, wait_us)),
        ("cell adc", lambda snap: cell_adc.check()),
        ("current adc", lambda snap: current_adc.check()),
    )
    return board


def _leased(board, snap, wait_us):
    # A pulse makes the lease live, and it dies again by itself. Both gates stay open: a
    # lease that did not die must not be found out by closing them.
    lease_us = board.facts.LEASE_MS * 1000
    board.gates.renew()
    board.sampler.sample(snap, 0)
    alive = snap.lease_alive
    wait_us(lease_us + lease_us // 4)
    board.sampler.sample(snap, 0)
    return alive and not snap.lease_alive and snap.gates_on == 0


def _adc(number):
    return ADC(Pin(number), atten=ADC.ATTN_11DB)
