"""Samples and gate changes of the real boards' drivers must not touch the heap.

`micropython tests/upy/driver_heap.py`. Chips are images of bytes that answer the same for
ever; the stand-ins of tests/hal allocate themselves and are of no use here.
"""

import gc
import sys

sys.path.insert(0, ".")

from boards.jk8s import board as jk8s
from boards.libresolar_bms_c1 import board as c1
from firmware.snapshot import Snapshot
from hal.chips import bq76952 as bq
from hal.chips.ads1220 import CONTINUOUS_20, TURBO_2000, Ads1220
from hal.chips.bq76952_front import Front
from hal.chips.bq76952_setup import READY
from hal.chips.matrix_sampler import MatrixSampler
from hal.chips.sense import Sense
from hal.chips.tap_matrix import TapMatrix
from hal.esp32.gates import Gates
from hal.esp32.thermistor import Thermistor

STEPS = 200


class ImageBus:
    """An I2C chip whose registers hold still; a question is echoed with its right sum."""

    def __init__(self):
        self.image = bytearray(256)
        self.image[bq.ALARM_STATUS] = 0x82
        self.image[0x61] = 36
        for register, dk in ((0x70, 2981), (0x74, 2981), (0x78, 2981)):
            self.image[register] = dk & 0xFF
            self.image[register + 1] = dk >> 8

    def read(self, address, register, buf):
        image = self.image
        for i in range(len(buf)):
            buf[i] = image[register + i]
        return True

    def write(self, address, register, buf):
        image = self.image
        if register == 0x3E:
            image[0x3E] = buf[0]
            image[0x3F] = buf[1]
            image[0x60] = ~(buf[0] + buf[1]) & 0xFF
        return True


class ImageSpi:
    """ADCs that answer their own settings, and lines with the right marks."""

    def __init__(self):
        self.adc = None

    def write(self, data):
        pass

    def readinto(self, buf):
        if len(buf) == 4:
            config = self.adc._config
            for i in range(4):
                buf[i] = config[i]
        elif len(buf) == 2:
            buf[0] = 0
            buf[1] = 0x0F
        else:
            buf[0] = 0x41
            buf[1] = 0x99


class Uv:
    def read_uv(self):
        return 1_250_000


def low(level=None):
    """A pin that reads low and takes any level."""
    return 0


def wait(us):
    """No time."""


def c1_board():
    front = Front(bq.Bq76952(ImageBus()), c1)
    front.setup.state = READY
    front.setup.data = [bytes(len(data)) for data in front.setup.data]
    return front, front


def jk8s_board():
    spi = ImageSpi()
    matrix = TapMatrix(spi, low, low, wait)
    cell = Ads1220(spi, low, low, wait, TURBO_2000)
    current = Ads1220(spi, low, low, wait, CONTINUOUS_20)
    spi.adc = current
    current.configure()
    current.check = lambda: True
    spi.adc = cell
    cell.configure()
    thermistors = [Thermistor(Uv()) for _ in range(3)]
    sampler = MatrixSampler(matrix, cell, current, Sense(spi, low), thermistors)
    return sampler, Gates(low, low, low, matrix, jk8s)


def used_by(sampler, gates):
    """Bytes of heap that STEPS samples and gate changes took."""
    snap = Snapshot()
    i = 0
    used = 0
    while i < STEPS + 50:
        if i == 50:
            gc.collect()
            gc.disable()
            used = gc.mem_alloc()
        sampler.sample(snap, 50)
        gates.drive(i & 3)
        gates.renew()
        i += 1
    used = gc.mem_alloc() - used
    gc.enable()
    assert snap.cells_age_ms == 0 and snap.current_age_ms == 0 and snap.mos_age_ms == 0
    return used


print("c1 %d" % used_by(*c1_board()))
print("jk8s %d" % used_by(*jk8s_board()))
