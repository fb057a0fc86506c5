"""`machine` as the drivers see it; every pin leads to `bench`, which a test puts here.

A bench answers: level(pin), drive(pin, level), spi(data) → data, wire(scl, sda), uv(pin),
duty(pin, value), feed(timeout), clocked(hertz), cause(), reset(). Portable: it is what a
deployed file system is booted with on real MicroPython, too.
"""

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

_bench = [None]


def attach(bench):
    """From now on every pin leads to `bench`."""
    _bench[0] = bench


def reset_cause():
    return _bench[0].cause()


def reset():
    _bench[0].reset()


def freq(hertz=None):
    if hertz is not None:
        _bench[0].clocked(hertz)
    return 160_000_000


def unique_id():
    return b"\x24\x0a\xc4\x00\x00\x01"


class Pin:
    """One GPIO."""

    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_UP, PULL_DOWN = 2, 1

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            _bench[0].drive(number, value)

    def __call__(self, level=None):
        if level is None:
            return _bench[0].level(self.number)
        _bench[0].drive(self.number, 1 if level else 0)

    value = __call__


class SPI:
    """Full duplex, byte by byte."""

    def __init__(
        self, number, baudrate=1_000_000, polarity=0, phase=0, sck=None, mosi=None, miso=None
    ):
        assert (polarity, phase) == (0, 1), "the ADS1220 speaks SPI mode 1"
        self._hertz = baudrate

    def write(self, data):
        for byte in data:
            _bench[0].spi(byte, self._hertz)

    def readinto(self, buf, out=0):
        for i in range(len(buf)):
            buf[i] = _bench[0].spi(out, self._hertz)


class I2C:
    """The wire that the bench has on these two pins."""

    def __init__(self, number, scl=None, sda=None, freq=100_000, timeout=50_000):
        wire = _bench[0].wire(scl.number, sda.number)
        self.readfrom_mem_into = wire.readfrom_mem_into
        self.writeto_mem = wire.writeto_mem


class ADC:
    """One analog input, calibrated."""

    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        self._number = pin.number

    def read_uv(self):
        return _bench[0].uv(self._number)


class PWM:
    """One output with a duty."""

    def __init__(self, pin, freq=1000, duty_u16=0):
        self._number = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, value):
        _bench[0].duty(self._number, value)


class WDT:
    """Runs from its creation on."""

    def __init__(self, timeout=5000):
        self._timeout = timeout

    def feed(self):
        _bench[0].feed(self._timeout)


class Timer:
    """One shot; `fire` is for the test."""

    ONE_SHOT = 0

    def __init__(self, number):
        self.callback = None
        self.period = 0

    def init(self, mode=0, period=0, callback=None):
        self.callback = callback
        self.period = period

    def fire(self):
        self.callback(self)
