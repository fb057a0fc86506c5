"""The Libre Solar BMS C1 behind its pins: one I2C wire, a button, two lights."""

from tests.hal.standins.bq76952 import Bq76952Chip
from tests.hal.standins.bus import I2cWire
from tests.hal.standins.processor import Processor

_ADDRESS = 0x08


class C1Bench(Processor):
    """What hangs on the pins of the ESP32-C3."""

    def __init__(self, world, facts):
        super().__init__(world, facts)
        self.chip = Bq76952Chip(world, facts.SHUNT_UOHM)
        world.chips.append(self.chip)
        self.i2c = I2cWire(world, facts.I2C_HERTZ, {_ADDRESS: self.chip})

    def level(self, number):
        if self.names[number] == "button":
            return int(self.world.plant.power.pressed)
        return self.levels.get(number, 0)

    def drive(self, number, level):
        name = self.names[number]
        assert name not in self.facts.INPUTS, "%s is an input" % name
        if name == "scl" and level and not self.levels.get(number, 1):
            self.i2c.clock()
        self.levels[number] = level
        if name == "led":
            self.world.plant.power.led(bool(level))

    def wire(self, scl, sda):
        pins = self.facts.PINS
        assert (scl, sda) == (pins["scl"], pins["sda"]), "I2C on other pins"
        return self.i2c
