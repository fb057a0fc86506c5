"""World: a board made of real drivers and stand-ins of its chips, on the virtual pack.

Theory of operation. `plant` is an ordinary virtual board; its sampler gives what stands at
the chips' pins (`truth`, faults included), its gates are the MOSFETs, the comparator and
the monostable. The stand-ins turn that into registers and lines; the drivers of `hal/`
turn registers into a snapshot again. Time within a step is spent by buses and waits, in
microseconds; a step that spends more than `BUDGET_US` fails at once.
"""

from firmware.snapshot import Snapshot
from hal.virtual.board import VirtualBoard

BUDGET_US = 20_000  # hal/api.py: what a sample may take
WINDOW_MS = 100
LONG_US = 100_000


class OverBudget(AssertionError):
    """A step's bus transfers and waits took longer than it may."""


class World:
    """What every stand-in may ask; `chips` are told that time passes."""

    def __init__(self, pack, facts):
        self.plant = VirtualBoard(pack, None, facts)
        self.pack = pack
        self.clock = self.plant.clock
        self.gates = self.plant.gates
        self.truth = Snapshot()
        self.chips = []
        self.longest_us = 0
        self.strict = False  # fail when a step spends more than its budget
        self._spent_us = 0
        self._at_ms = 0

    def begin(self):
        """Boot is over; returns what it spent, us. From now on a step has its budget."""
        spent_us, self._spent_us = self._spent_us, 0
        self.strict = True
        return spent_us

    def now_ms(self):
        """Time, ms."""
        return self.clock.now_ms

    def us(self):
        """Time with what this step has spent, us."""
        return self.clock.now_ms * 1000 + self._spent_us

    def spend(self, us):
        """A bus transfer or a wait takes `us`; the plant lives through a long one."""
        if us >= LONG_US:
            self.clock.advance(us // 1000)
        else:
            self._spent_us += us

    def look(self, dt_ms):
        """A step begins: what stands at the pins now."""
        self._account()
        passed_ms = self.clock.now_ms - self._at_ms
        self._at_ms = self.clock.now_ms
        if passed_ms > WINDOW_MS:
            self.pack.take_mean()  # a converter's mean reaches no further back
        self.plant.sampler.sample(self.truth, dt_ms)
        for chip in self.chips:
            chip.live(passed_ms)

    def _account(self):
        if self._spent_us > self.longest_us:
            self.longest_us = self._spent_us
        if self.strict and self._spent_us > BUDGET_US:
            raise OverBudget("a step spent %d us" % self._spent_us)
        self._spent_us = 0


class ProbedSampler:
    """The driver's sampler; the world looks before it samples."""

    def __init__(self, world, driver):
        self._world = world
        self._driver = driver
        self.calibrate = driver.calibrate

    def sample(self, snap, dt_ms):
        self._world.clock.stalled()
        self._world.look(dt_ms)
        self._driver.sample(snap, dt_ms)


class ProbedGates:
    """The driver's gates, and the MOSFETs as the observers want to see them."""

    def __init__(self, driver, mosfets):
        self._mosfets = mosfets
        self.driver = driver
        self.drive = driver.drive
        self.renew = driver.renew
        self.rearm = driver.rearm
        self.arm = driver.arm
        self.line = mosfets.line
        self.channels = mosfets.channels

    @property
    def welded(self):
        return self._mosfets.welded

    @property
    def slow(self):
        return self._mosfets.slow


class StandinBoard:
    """hal.api.Board over stand-ins, and what Simulation and the observers need."""

    def __init__(self, world, facts, sampler, gates, transfer):
        plant = world.plant
        self.world = world
        self.facts = facts
        self.pack = world.pack
        self.clock = world.clock
        self.clock.plant = plant
        self.sampler = ProbedSampler(world, sampler)
        self.gates = ProbedGates(gates, plant.gates)
        self.transfer = transfer
        self.power = plant.power
        self.watchdog = plant.watchdog
        self.flash = plant.flash
        self.faults = plant.faults
        self.wrong = 0
        self.boot_us = world.begin()
