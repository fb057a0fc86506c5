"""Bus: an I2C bus whose verbs return success, with recovery when a chip holds it down.

A chip that was cut off in the middle of a byte holds SDA low; nine clocks let it finish.
"""

from machine import I2C, Pin
from micropython import const

_FAILURES = const(3)  # in a row, before the bus is freed
_TIMEOUT_US = const(5000)
_HALF_US = const(5)


class Bus:
    """I2C on two pins. `errors` counts transactions that failed, `freed` recoveries."""

    def __init__(self, number, scl, sda, hertz, wait_us):
        self._number = number
        self._scl = scl
        self._sda = sda
        self._hertz = hertz
        self._wait_us = wait_us
        self.errors = 0
        self.freed = 0
        self._row = 0
        self._open()

    def read(self, address, register, buf):
        """Fill `buf` from `register` on; False when the chip did not answer."""
        try:
            self._i2c.readfrom_mem_into(address, register, buf)
        except OSError:
            return self._failed()
        self._row = 0
        return True

    def write(self, address, register, buf):
        """Write `buf` to `register` on; False when the chip did not take it."""
        try:
            self._i2c.writeto_mem(address, register, buf)
        except OSError:
            return self._failed()
        self._row = 0
        return True

    def _failed(self):
        self.errors += 1
        self._row += 1
        if self._row >= _FAILURES:
            self._row = 0
            self._free()
        return False

    def _free(self):
        self.freed += 1
        scl = Pin(self._scl, Pin.OPEN_DRAIN, value=1)
        sda = Pin(self._sda, Pin.OPEN_DRAIN, value=1)
        for _ in range(9):
            scl(0)
            self._wait_us(_HALF_US)
            scl(1)
            self._wait_us(_HALF_US)
        sda(0)
        self._wait_us(_HALF_US)
        sda(1)  # SDA rises while SCL is high: a stop
        self._open()

    def _open(self):
        self._i2c = I2C(
            self._number,
            scl=Pin(self._scl),
            sda=Pin(self._sda),
            freq=self._hertz,
            timeout=_TIMEOUT_US,
        )
