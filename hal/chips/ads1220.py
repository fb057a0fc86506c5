"""Ads1220: a 24-bit ADC on SPI mode 1, read with 16 bits, its settings read back.

With DRDYM set the chip shows a finished conversion on DOUT while it is selected, so a
conversion that never ends, a dead chip and a line that is stuck high are all seen as not
ready; a line that is stuck low fails the read-back. Source: TI SBAS501.
"""

from micropython import const

AIN0_AIN1 = const(0x00)
AIN2 = const(0xA0)  # against AVSS
AIN3 = const(0xB0)

_BYPASS = const(0x01)  # PGA off: inputs from rail to rail, gain 1
TURBO_2000 = const(0xD0)  # single conversions of 0.52 ms
CONTINUOUS_20 = const(0x04)  # one after the other, 50 ms each
_EXTERNAL = const(0x40)  # reference at REFP0 / REFN0
_DRDYM = const(0x02)

_RESET = const(0x06)
_START = const(0x08)
_RREG = const(0x20)
_WREG = const(0x40)

_CONVERT_US = const(540)
_POLL_US = const(40)
_POLLS = const(7)  # 0.8 ms in all: half as much again as a conversion takes
_RESET_US = const(60)


class Ads1220:
    """One chip. `select` and `ready` are pins; `code` is -32768..32767 after a success."""

    def __init__(self, spi, select, ready, wait_us, rate):
        self._spi = spi
        self._select = select
        self._ready = ready
        self._wait_us = wait_us
        self._config = bytearray((_BYPASS, rate, _EXTERNAL, _DRDYM))
        self._write = bytearray(5)
        self._found = bytearray(4)
        self._command = bytearray(1)
        self._pair = bytearray(3)
        self._data = bytearray(3)
        self.code = 0
        self.configured = False

    def configure(self):
        """Reset and program the chip; True when every register reads back."""
        self._send(_RESET)
        self._wait_us(_RESET_US)
        write = self._write
        write[0] = _WREG | 3
        for i in range(4):
            write[1 + i] = self._config[i]
        self._select(0)
        self._spi.write(write)
        self._select(1)
        self.configured = True
        if not self.check():
            return False
        self._send(_START)
        return True

    def check(self):
        """Read all registers back; a difference makes the chip unconfigured."""
        self._command[0] = _RREG | 3
        self._select(0)
        self._spi.write(self._command)
        self._spi.readinto(self._found)
        self._select(1)
        for i in range(4):
            if self._found[i] != self._config[i]:
                self.configured = False
        return self.configured

    def convert(self, mux):
        """One conversion of `mux`; False when it did not end or the chip forgot itself."""
        if not self.configured:
            return False
        pair = self._pair
        pair[0] = _WREG
        pair[1] = mux | _BYPASS
        pair[2] = _START
        self._config[0] = pair[1]
        select = self._select
        select(0)
        self._spi.write(pair)
        self._wait_us(_CONVERT_US)
        done = not self._ready()
        for _ in range(_POLLS):
            if done:
                break
            self._wait_us(_POLL_US)
            done = not self._ready()
        if done:
            self._take()
        select(1)
        # A chip that forgot itself shows no end of a conversion, so that is asked as well.
        return self.check() and done

    def collect(self):
        """Take the newest conversion of a continuous chip; False when there is none yet."""
        if not self.configured:
            return False
        select = self._select
        select(0)
        done = not self._ready()
        if done:
            self._take()
        select(1)
        return done

    def _take(self):
        data = self._data
        self._spi.readinto(data)
        code = data[0] << 8 | data[1]
        self.code = code - 0x10000 if code & 0x8000 else code

    def _send(self, command):
        self._command[0] = command
        self._select(0)
        self._spi.write(self._command)
        self._select(1)


def scaled(code, full_scale_16):
    """`code` in units of which full scale has 16 · `full_scale_16`; below 2**30."""
    return (code * full_scale_16 + 1024) >> 11
