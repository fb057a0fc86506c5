"""StillWorld: pins that hold still values, for a deployed file system without a pack."""

from protection.rule import BOTH


class StillGates:
    """The MOSFETs: what is driven is on while the lease is renewed often enough."""

    def __init__(self, world, lease_ms):
        self._world = world
        self.lease_ms = lease_ms
        self.lease_end_ms = 0
        self.commanded = 0
        self.latched = 0
        self.delay_us = 0

    def drive(self, mask):
        self.commanded = mask & BOTH

    def renew(self):
        self.lease_end_ms = self._world.now_ms() + self.lease_ms

    def rearm(self):
        self.latched = 0

    def lease_alive(self):
        return self._world.now_ms() < self.lease_end_ms

    def line(self):
        return self.commanded if self.lease_alive() and not self.latched else 0

    read_back = line


class StillTransfer:
    """A balancer that nobody starts."""

    def busy(self):
        return False

    def stop(self):
        pass

    def storage_mv(self):
        return 1500

    def current_ma(self):
        return 0


class Charger:
    connected = False
    volts = 0.0


class Load:
    kind = None


class Cells:
    count = 8
    leak_a = [0.0] * 8


class StillPack:
    """What the bq76952's stand-in asks of a pack."""

    current_a = 0.0
    scp_a = 0.0
    cells = Cells
    charger = Charger
    load = Load

    def cell_v(self, i):
        return 3.3


class StillPower:
    pressed = False
    on = True

    def off(self):
        self.on = False

    def led(self, on):
        pass


class StillPlant:
    def __init__(self, gates):
        self.gates = gates
        self.transfer = StillTransfer()
        self.power = StillPower()


class StillWorld:
    """Eight cells of 3.3 V, no current, 25 degC.

    Time moves when `advance` is called, or with `ticks_us` where that is given.
    """

    def __init__(self, facts, truth, ticks_us=None):
        self.chips = []
        self._ticks_us = ticks_us
        self._zero_us = ticks_us() if ticks_us else 0
        self.pack = StillPack()
        self.at_ms = 0
        self.gates = StillGates(self, facts.LEASE_MS)
        self.plant = StillPlant(self.gates)
        self.truth = truth
        self._spent_us = 0
        for i in range(8):
            truth.cell_mv[i] = 3300 + i
        truth.stack_mv = 26_428
        truth.t1_dc = truth.t2_dc = truth.mos_dc = 250
        truth.cells_age_ms = truth.stack_age_ms = truth.current_age_ms = 0
        truth.t1_age_ms = truth.t2_age_ms = truth.mos_age_ms = 0

    def now_ms(self):
        return self.us() // 1000

    def us(self):
        if self._ticks_us:
            return self._ticks_us() - self._zero_us + self._spent_us
        return self.at_ms * 1000 + self._spent_us

    def spend(self, us):
        self._spent_us += us
        if self._ticks_us is None:
            return
        passed_ms = self.us() // 1000 - self.at_ms
        if passed_ms:
            self.at_ms += passed_ms
            for chip in self.chips:
                chip.live(passed_ms)

    def advance(self, ms):
        """Time passes for the chips."""
        if self._ticks_us:
            return
        self.at_ms += ms
        self._spent_us = 0
        for chip in self.chips:
            chip.live(ms)
