"""The ESP32 of a board as `machine` asks it: levels of its pins, reset, clock, watchdog."""

from tests.hal.standins import machine


class Processor:
    """What every board's bench has; what hangs on its pins, the bench adds."""

    def __init__(self, world, facts):
        self.world = world
        self.facts = facts
        self.names = {number: name for name, number in facts.PINS.items()}
        self.levels = {}
        self.reset_cause = machine.PWRON_RESET
        self.resets = 0
        self.clock_hz = []

    def cause(self):
        return self.reset_cause

    def reset(self):
        self.resets += 1

    def clocked(self, hertz):
        self.clock_hz.append(hertz)

    def feed(self, timeout_ms):
        self.world.plant.watchdog.feed()
