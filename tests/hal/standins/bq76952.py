"""A Bq76952 at register level: memory, modes, timing, check sums, watchdog, protections.

Written from TI's technical reference (SLUUBY2), not from the driver. It hangs on the
virtual pack through `world`: `truth` (what stands at its pins), `gates` (the MOSFETs, the
short-circuit comparator, the lease), `us()` and `now_ms()`.
"""

import struct

from protection.rule import CHG, DSG

# Defaults that matter to a host that forgets to configure something.
_DEFAULTS = {
    0x9234: 0x82, 0x9235: 0x29,
    0x9261: 0x88, 0x9265: 0x98, 0x9267: 0x56, 0x9269: 0xE4, 0x926B: 0xE2,
    0x926D: 0x00, 0x926E: 0xF8,
    0x9273: 50, 0x9275: 50, 0x9276: 74, 0x9278: 86, 0x9279: 74,
    0x9280: 2, 0x9281: 4, 0x9282: 4, 0x9283: 1, 0x9286: 0, 0x9287: 2,
    0x92A0: 80, 0x92B2: 60, 0x92B4: 0, 0x92B5: 50, 0x92B6: 1,
    0x92FD: 0x07, 0x9303: 0x05, 0x9294: 5, 0x9304: 0x00, 0x9305: 0x00, 0x9307: 80, 0x9308: 0x0D,
    0x933A: 1,
}  # fmt: skip
_SCD_MV = (10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500)
_BUSY_US = {0x0001: 100, 0x0057: 100, 0x0075: 700}
_DATA_BUSY_US = 400
_LOOP_MS = 63
BLEED_OHMS = 20.0


class Bq76952Chip:
    """The chip; `i2c_read` and `i2c_write` are its bus, `live(ms)` its time."""

    def __init__(self, world, shunt_uohm=300):
        self.world = world
        self.shunt_uohm = shunt_uohm
        self.refuse = 0  # transactions to refuse (NACK)
        self.refuse_at = -1  # refuse the one with this number
        self.transactions = 0
        self.corrupt = False  # flips a bit of every sub-command answer
        self.bleeding = 0
        self.down = False  # SHUTDOWN
        self.reset()

    def reset(self):
        """Power-on: everything that was programmed is gone, both MOSFETs are off."""
        self.memory = dict(_DEFAULTS)
        self.update = False
        self.por = True
        self.fet_en = False
        self.off = 0  # FET_CONTROL
        self.asked = 0
        self.ready_us = 0
        self.buffer = bytearray(32)
        self.length = 0
        self.frame = None
        self.alarm = 0
        self.alarm_mask = 0xF800
        self.loop_ms = 0
        self.loops = 0
        self.cells = [0] * 16
        self.stack = 0
        self.temps = {0x70: 2731, 0x74: 2731, 0x78: 2731}
        self.status_a = self.status_b = self.status_c = 0
        self.over_ms = self.under_ms = self.occ_ms = self.ocd_ms = 0
        self.scd_ms = 0  # until SCD recovers, which is no business of the latch SCDL
        self.was_short = 0
        self.bleeding = 0
        self._fets()

    def power_up(self):
        """It runs from the pack, and measured before the processor was awake."""
        self.world.plant.sampler.sample(self.world.truth, 50)
        self.live(4 * _LOOP_MS)

    # The bus.

    def i2c_read(self, register, buf):
        """A read of len(buf) bytes; raises OSError as MicroPython does without ACK."""
        self._transaction()
        for i in range(len(buf)):
            buf[i] = self._register(register + i)

    def i2c_write(self, register, data):
        """A write; raises OSError without ACK."""
        self._transaction()
        if register == 0x3E:
            self._address(data)
        elif register == 0x60:
            self._commit(data)
        elif register == 0x62:
            self.alarm &= ~(data[0] | data[1] << 8)

    def _transaction(self):
        self.transactions += 1
        if self.refuse or self.transactions == self.refuse_at or self.down:
            if self.refuse:
                self.refuse -= 1
            raise OSError(19)
        if not self.world.gates.lease_alive() and self._watching():
            self.status_c |= 0x02
        else:
            self.status_c &= ~0x02
        self.world.gates.renew()

    def _watching(self):
        return self.memory.get(0x9263, 0) & 0x02

    # Registers.

    def _register(self, at):
        if 0x3E <= at <= 0x61:
            return self._window(at)
        if 0x14 <= at <= 0x33:
            return _half(self.cells[(at - 0x14) // 2], at)
        if at in (0x34, 0x35):
            return _half(self.stack, at)
        if at in (0x36, 0x37):
            return _half(self._pack_pin(), at)
        if at in (0x38, 0x39):
            return _half(self._ld_pin(), at)
        if at in (0x3A, 0x3B):
            return _half(self._current(), at)
        if at in (0x12, 0x13):
            word = int(self.update) | int(self.por) << 3 | 1 << 8
            return _half(word, at)
        if at in (0x62, 0x63):
            return _half(self.alarm, at)
        if 0x68 <= at <= 0x7A:
            return _half(self.temps.get(at & ~1, 0), at)
        if at == 0x03:
            return self.status_a | (0x80 if self.scd_ms else 0)
        if at == 0x05:
            return self.status_b
        if at == 0x07:
            latch = self.world.gates.latched and self.memory.get(0x9295, 0)
            return self.status_c | (0x40 if latch else 0)
        if at == 0x7F:
            line = self.world.gates.read_back()
            return (1 if line & CHG else 0) | (4 if line & DSG else 0)
        return 0

    def _window(self, at):
        if self.world.us() < self.ready_us:
            return 0xFF
        if at == 0x3E:
            return self.asked & 0xFF
        if at == 0x3F:
            return self.asked >> 8
        if at == 0x60:
            total = (self.asked & 0xFF) + (self.asked >> 8) + sum(self.buffer[: self.length])
            return ~total & 0xFF
        if at == 0x61:
            return self.length + 4
        byte = self.buffer[at - 0x40] if at - 0x40 < self.length else 0
        return byte ^ 1 if self.corrupt and at == 0x40 else byte

    # Subcommands and data memory.

    def _address(self, data):
        self.asked = data[0] | data[1] << 8
        self.frame = bytes(data)
        if len(data) > 2:
            return  # nothing happens before the check sum arrives
        self.length = 0
        code = self.asked
        busy_us = _DATA_BUSY_US if code >= 0x9180 else _BUSY_US.get(code, 50)
        self.ready_us = self.world.us() + busy_us
        if code >= 0x9180:
            for i in range(32):
                self.buffer[i] = self.memory.get(code + i, 0)
            self.length = 32
        elif code == 0x0001:
            self._answer(struct.pack("<H", 0x7695))
        elif code == 0x0057:
            self._answer(struct.pack("<H", 0x10 if self.fet_en else 0))
        elif code == 0x0075:
            if self.world.truth.current_age_ms:
                self.ready_us += 1 << 40  # it never answers
            data = bytearray(32)
            struct.pack_into("<h", data, 20, self._current())
            self._answer(data)
        elif code == 0x0083:
            self._answer(struct.pack("<H", self.bleeding))
        else:
            self._command(code)

    def _answer(self, data):
        self.buffer[: len(data)] = data
        self.length = len(data)

    def _command(self, code):
        if code == 0x0090:
            self.update = True
        elif code == 0x0092 and self.update:
            self.update = self.por = False
            self._configured()
        elif code == 0x0022:
            self.fet_en = not self.fet_en
        elif code == 0x0095:
            self.off = 0x0F
        elif code == 0x0096:
            self.off = 0
        elif code == 0x009C:
            self.world.gates.rearm()
        elif code == 0x0010:
            self.down = True
        elif code == 0x0012:
            self.reset()
        self._fets()

    def _commit(self, tail):
        frame = self.frame
        self.frame = None
        if frame is None or len(frame) <= 2:
            return
        if tail[0] != ~sum(frame) & 0xFF or tail[1] != len(frame) + 2:
            return
        code = frame[0] | frame[1] << 8
        data = frame[2:]
        if code >= 0x9180:
            if self.update:
                for i in range(len(data)):
                    self.memory[code + i] = data[i]
        elif code == 0x0097:
            self.off = data[0]
        elif code == 0x0083:
            self.bleeding = data[0] | data[1] << 8
            self._bleed()
        self._fets()

    def _configured(self):
        if self.memory[0x9308] & 0x20:
            self.off = 0x0F
        gates = self.world.gates
        gates.delay_us = (self.memory[0x9287] - 1) * 15
        gates.lease_ms = self.memory[0x92B2] * 1000
        self.world.pack.scp_a = _SCD_MV[self.memory[0x9286]] * 1000 / self.shunt_uohm
        self.alarm_mask = self.memory[0x926D] | self.memory[0x926E] << 8

    # What the pins do.

    def _fets(self):
        on = 0
        if self.fet_en and not self.update and not self.down and not self.scd_ms:
            if not self.off & 0x04 and not self.status_a & 0x18 and not self.status_b:
                on |= CHG
            if not self.off & 0x01 and not self.status_a & 0x24 and not self.status_b:
                on |= DSG
            threshold_a = self.memory[0x9273] / 1000
            current_a = self.world.pack.current_a
            if on == DSG and current_a < -threshold_a or on == CHG and current_a > threshold_a:
                on = CHG | DSG  # series MOSFETs: the body diode is spared
        self.world.gates.drive(on)

    def _bleed(self):
        for i in range(self.world.pack.cells.count):
            amps = self.world.pack.cell_v(i) / BLEED_OHMS if self.bleeding >> i & 1 else 0.0
            self.world.pack.cells.leak_a[i] = amps

    def live(self, ms):
        """Time passes: measurement loops and protections."""
        self.scd_ms = max(0, self.scd_ms - ms)
        latched = self.world.gates.latched
        if latched and not self.was_short:
            self.scd_ms = self.memory[0x9294] * 1000
        self.was_short = latched
        self._fets()
        if self.update or self.down:
            return
        self.loop_ms += ms
        truth = self.world.truth
        while self.loop_ms >= _LOOP_MS:
            self.loop_ms -= _LOOP_MS
            self.loops += 1
            if truth.cells_age_ms == 0:
                self.alarm |= 0x02 & self.alarm_mask
                for i in range(8):
                    self.cells[i] = truth.cell_mv[i]
                if truth.stack_age_ms == 0:
                    self.stack = truth.stack_mv // 10
            if self.loops % 3 == 0:
                self.alarm |= 0x80 & self.alarm_mask
                self._temperatures(truth)
        self._protect(ms)

    def _temperatures(self, truth):
        # An open or shorted thermistor reads far outside of what any battery survives.
        for at, dc, age_ms in (
            (0x70, truth.t1_dc, truth.t1_age_ms),
            (0x74, truth.t2_dc, truth.t2_age_ms),
            (0x78, truth.mos_dc, truth.mos_age_ms),
        ):
            self.temps[at] = dc + 2731 if age_ms == 0 else 2231

    def _protect(self, ms):
        memory = self.memory
        used = memory[0x9304] | memory[0x9305] << 8 or 0xFFFF  # Vcell Mode; 0 is every input
        cells = [self.cells[i] for i in range(16) if used >> i & 1]
        amps = self.world.pack.current_a
        uv = amps * self.shunt_uohm
        self.over_ms = self.over_ms + ms if max(cells) > memory[0x9278] * 50.6 else 0
        self.under_ms = self.under_ms + ms if min(cells) < memory[0x9275] * 50.6 else 0
        self.occ_ms = self.occ_ms + ms if uv > memory[0x9280] * 2000 else 0
        self.ocd_ms = self.ocd_ms + ms if -uv > memory[0x9282] * 2000 else 0
        enabled = memory.get(0x9261, 0)
        status = 0
        for bit, held_ms, delay_ms in (
            (0x08, self.over_ms, (memory[0x9279] | memory.get(0x927A, 0) << 8) * 3.3),
            (0x04, self.under_ms, (memory[0x9276] | memory.get(0x9277, 0) << 8) * 3.3),
            (0x10, self.occ_ms, memory[0x9281] * 3.3),
            (0x20, self.ocd_ms, memory[0x9283] * 3.3),
        ):
            if enabled & bit and held_ms > delay_ms:
                status |= bit
        self.status_a = status
        hot = memory.get(0x9262, 0) & 0x80 and self.temps[0x78] > 2731 + memory[0x92A0] * 10
        self.status_b = 0x80 if hot else 0

    def _current(self):
        return self.world.truth.current_ma // 10

    def _pack_pin(self):
        pack = self.world.pack
        line = self.world.gates.line()
        if pack.charger.connected and not line & CHG:
            return int(pack.charger.volts * 100)
        return self.stack if line else 0

    def _ld_pin(self):
        if self.world.gates.line() & DSG or self.world.pack.load.kind is None:
            return self.stack
        return 0


def _half(word, at):
    return word & 0xFF if at % 2 == 0 else word >> 8 & 0xFF
