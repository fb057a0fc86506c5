"""An ADS1220 at register level: commands, registers, conversions that take their time.

Written from TI's datasheet (SBAS501). `volts(mux)` gives the input as a part of full
scale, -1..1, or None while the converter is frozen.
"""

_CONVERT_US = {0xD0: 512 + 10}
_CONTINUOUS_MS = 50


class Ads1220Chip:
    """The chip behind its select line; DRDYM shows a finished conversion on DOUT."""

    def __init__(self, world, volts):
        self.world = world
        self._volts = volts
        self.selected = False
        self.dead = False
        self.reset()

    def reset(self):
        """Registers as after power-up."""
        self.registers = [0, 0, 0, 0]
        self.data = 0
        self.fresh = False
        self.due_us = None
        self.passed_ms = 0
        self._want = 0  # register bytes still to come
        self._out = []
        self._shifting = 0

    def select(self, level):
        """CS: a new command begins when it falls."""
        self.selected = not level
        self._want = 0
        self._out = []
        self._shifting = 0

    def dout(self):
        """The level of DOUT while selected."""
        self._finish()
        if self.dead or not self.registers[3] & 0x02:
            return 1
        return 0 if self.fresh else 1

    def byte(self, out):
        """Exchange one byte."""
        if self.dead:
            return 0xFF
        self._finish()
        if self._want:
            self.registers[self._at] = out
            self._at += 1
            self._want -= 1
            return 0
        if self._out:
            return self._out.pop(0)
        return self._command(out) if out else self._shift()

    def live(self, ms):
        """Continuous conversions go on by themselves."""
        if not self.registers[1] & 0x04:
            return
        self.passed_ms += ms
        if self.passed_ms >= _CONTINUOUS_MS:
            self.passed_ms %= _CONTINUOUS_MS
            self._convert()

    def _command(self, out):
        if out & 0xFE == 0x06:
            self.reset()
        elif out & 0xFE == 0x08:
            self.fresh = False
            self.due_us = self.world.us() + _CONVERT_US.get(self.registers[1] & 0xF8, 50_000)
        elif out & 0xF0 == 0x20:
            at, count = out >> 2 & 3, (out & 3) + 1
            self._out = self.registers[at : at + count]
        elif out & 0xF0 == 0x40:
            self._at, self._want = out >> 2 & 3, (out & 3) + 1
        return 0

    def _shift(self):
        # Conversion data, high byte first.
        self.fresh = False
        byte = self.data >> (16 - 8 * self._shifting) & 0xFF
        self._shifting = (self._shifting + 1) % 3
        return byte

    def _finish(self):
        if self.registers[1] & 0x04 or self.due_us is None:
            return
        if self.world.us() >= self.due_us:
            self.due_us = None
            self._convert()

    def _convert(self):
        part = self._volts(self.registers[0] & 0xF0)
        if part is None or self.registers[2] & 0xC0 != 0x40:
            return  # frozen, or measured against the wrong reference
        code = int(round(part * (1 << 23)))
        self.data = min(max(code, -(1 << 23)), (1 << 23) - 1) & 0xFFFFFF
        self.fresh = True
