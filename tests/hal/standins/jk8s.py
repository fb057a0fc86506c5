"""The reference board at register level, behind its pins, on the virtual pack."""

import math

from protection.rule import CHG, DSG
from tests.hal.standins.ads1220 import Ads1220Chip
from tests.hal.standins.processor import Processor


class Shorted(AssertionError):
    """The taps would have shorted a cell, or turned one round into the converter."""


class Jk8sBench(Processor):
    """What hangs on the pins of the ESP32 of a jk8s board."""

    def __init__(self, world, facts):
        super().__init__(world, facts)
        self._shift_pin = facts.PINS["sense_shift"]
        self.cell_adc = Ads1220Chip(world, self._tap_bus)
        self.current_adc = Ads1220Chip(world, self._shunt)
        world.chips.extend((self.cell_adc, self.current_adc))
        self.shifted = 0
        self.outputs = 0
        self.set_duty = 0
        self.sense_dead = None
        self.sense_left = []
        self.first_word = None  # what the tap registers took over first
        self.taps_seen = set()

    # What machine asks.

    def level(self, number):
        if self.names[number] == "miso":
            for adc in (self.cell_adc, self.current_adc):
                if adc.selected:
                    return adc.dout()
            return 1
        return self.levels.get(number, 0)

    def drive(self, number, level):
        name = self.names[number]
        assert name not in self.facts.INPUTS, "%s is an input" % name
        before = self.levels.get(number, 0)
        self.levels[number] = level
        gates = self.world.gates
        if name in ("chg", "dsg"):
            bit = CHG if name == "chg" else DSG
            gates.drive(gates.commanded & ~bit | (bit if level else 0))
        elif name == "lease" and level and not before:
            gates.renew()
        elif name == "hold" and not level:
            self.world.plant.power.off()
        elif name == "cell_adc_select":
            self.cell_adc.select(level)
        elif name == "current_adc_select":
            self.current_adc.select(level)
        elif name == "taps_latch" and level and not before:
            self._latch(self.shifted)
        elif name == "sense_shift" and level and not before:
            word = self._sensed()
            self.sense_left = [word >> 8, word & 0xFF]
        elif name == "led":
            self.world.plant.power.led(bool(level))

    def spi(self, out, hertz):
        self.world.spend(8_000_000 // hertz)
        self.shifted = (self.shifted << 8 | out) & 0xFFFFFF
        sensing = self.levels.get(self._shift_pin, 0)
        cell, current = self.cell_adc.selected, self.current_adc.selected
        assert bool(sensing) + cell + current <= 1, "two chips drive MISO"
        if cell:
            return self.cell_adc.byte(out)
        if current:
            return self.current_adc.byte(out)
        return self._sense_byte() if sensing else 0xFF

    def uv(self, number):
        truth = self.world.truth
        name = self.names[number]
        if name == "balance_current":
            return 1_250_000 + 500 * self.world.plant.transfer.current_ma()
        dc, age_ms = {
            "t1": (truth.t1_dc, truth.t1_age_ms),
            "t2": (truth.t2_dc, truth.t2_age_ms),
            "mos": (truth.mos_dc, truth.mos_age_ms),
        }[name]
        if age_ms:
            return 2_500_000
        kohm = 10 * math.exp(3950 * (1 / (273.15 + dc / 10) - 1 / 298.15))
        return int(2_500_000 * kohm / (kohm + 10))

    def duty(self, number, value):
        self.set_duty = value
        self._converter()

    # Registers.

    def _is_high(self, name):
        return self.levels.get(self.facts.PINS[name], 0)

    def _latch(self, word):
        if self._is_high("taps_disable"):
            word = 0
        before = self.outputs
        self.outputs = word
        if self.first_word is None:
            self.first_word = word
        taps = word & 0x1FF
        self.taps_seen.add(taps)
        if taps and taps & taps - 1 and taps != 3 * (taps & -taps):
            raise Shorted("taps %s" % bin(taps))
        if taps & ~before & 0x1FF and before & 0x1FF and before & 0x1FF != taps:
            raise Shorted("taps changed without a break: %s to %s" % (bin(before), bin(word)))
        if before & 1 << 11 and word & 1 << 11 and taps != before & 0x1FF:
            raise Shorted("taps moved under the converter")
        gates = self.world.gates
        gates.delay_us = (word >> 14 & 31) * 100
        if word & 1 << 13 and not before & 1 << 13:
            gates.rearm()
        self._converter()

    def _cell(self):
        taps = self.outputs & 0x1FF
        for i in range(8):
            if taps == 3 << i:
                return i
        return None

    def _converter(self):
        transfer = self.world.plant.transfer
        cell = self._cell()
        if not self.outputs & 1 << 11 or cell is None or not self.set_duty:
            if transfer.busy():
                transfer.stop()
            return
        pairs = self.outputs >> 9 & 3
        if pairs != (2 if cell & 1 else 1):
            raise Shorted("cell %d through polarity pairs %s" % (cell, bin(pairs)))
        ma = self.set_duty * self.facts.BALANCE_FULL_MA // 65535
        if self.outputs & 1 << 12:
            transfer.give(cell, ma)
        else:
            transfer.take(cell, ma)

    def _sensed(self):
        truth = self.world.truth
        gates = self.world.gates
        on = gates.read_back()
        word = 1
        for bit, true in (
            (1, on & CHG),
            (2, on & DSG),
            (3, gates.lease_alive()),
            (4, gates.latched & CHG),
            (5, gates.latched & DSG),
            (6, truth.charger_present),
            (7, truth.load_present),
            (8, self.world.plant.power.pressed),
        ):
            if true:
                word |= 1 << bit
        return word if self.sense_dead is None else self.sense_dead

    def _sense_byte(self):
        return self.sense_left.pop(0) if self.sense_left else 0

    # Analog.

    def _tap_bus(self, mux):
        truth = self.world.truth
        transfer = self.world.plant.transfer
        if mux == 0xA0:
            return None if truth.stack_age_ms else truth.stack_mv / 64_000
        if mux == 0xB0:
            return transfer.storage_mv() / 6400
        cell = self._cell()
        if cell is None:
            return 0.0
        if transfer.busy():
            mv = transfer.cell_mv_under_transfer()
        elif truth.cells_age_ms:
            return None
        else:
            mv = truth.cell_mv[cell]
        return (-mv if cell & 1 else mv) / 6400

    def _shunt(self, mux):
        truth = self.world.truth
        return None if truth.current_age_ms else truth.current_ma / 500_000
