"""A board's converter and snapshot without physics, for tests on both Pythons."""

from array import array

SETTINGS = {
    "balance_switch_on": 1,
    "balance_trigger_mv": 10,
    "balance_start_mv": 3000,
    "balance_max_ma": 2000,
    "balance_hysteresis_on": 1,
    "balance_mode": 0,
    "balance_point": 0,
    "cell_ovp_mv": 3600,
    "cell_uvp_mv": 2600,
    "capacity_mah": 100_000,
    "chemistry": 2,
    "cell_count": 4,
}


def settings(**changed):
    out = dict(SETTINGS)
    out.update(changed)
    return out


class Snap:
    def __init__(self, cells):
        self.cell_count = cells
        self.cell_mv = array("H", [3300] * cells)
        self.cells_age_ms = 0
        self.current_ma = 0
        self.stack_mv = 0
        self.mos_dc = 250
        self.fault_word = 0
        self.bal_state = self.bal_ma = self.bal_from = self.bal_to = self.bal_stage = 0
        self.cell_pm = array("H", [0] * cells)
        self.wire_mohm = array("H", [0] * (cells + 1))
        self.wire_bad = self.wire_open = 0


class Converter:
    """Remembers what it was told; `flow_pm` of what it is told really flows."""

    def __init__(self, kind="direct", senses_leads=False):
        self.kind, self.senses_leads = kind, senses_leads
        self.max_ma, self.kappa_pm = 2000, 900
        self.storage_empty_mv, self.storage_full_mv = 1000, 2600
        self.volts_mv = 1000
        self.bleed_cells = 2
        self.flow_pm = 1000
        self.leads_mohm = None
        self.open_mv = 3300
        self.cell, self.way, self.ma = None, 0, 0
        self.sink = None
        self.mask = 0
        self.stops = 0

    def is_open(self):
        return self.cell is None and not self.mask

    def take(self, cell, ma):
        assert self.is_open()
        self.cell, self.way, self.ma = cell, -1, ma

    def give(self, cell, ma):
        assert self.is_open()
        self.cell, self.way, self.ma = cell, 1, ma

    def move(self, source, sink, ma):
        assert self.is_open() and source != sink
        self.cell = source
        self.way = -1
        self.ma = ma
        self.sink = sink

    def bleed(self, mask):
        assert self.is_open() and mask
        self.mask, self.way, self.ma = mask, -1, self.max_ma

    def stop(self):
        self.cell = self.sink = None
        self.mask = self.way = self.ma = 0
        self.stops += 1

    @property
    def pair(self):
        return None if self.sink is None else (self.cell, self.sink)

    def current_ma(self):
        return self.way * (self.ma * self.flow_pm // 1000)

    def storage_mv(self):
        return self.volts_mv

    def cell_mv_under_transfer(self):
        leads = self.leads_mohm
        mohm = leads[self.cell] + leads[self.cell + 1] if leads else 0
        return self.open_mv + self.current_ma() * mohm // 1000


class Chance:
    """A small generator that is the same on every Python."""

    def __init__(self, seed):
        self.state = seed * 2654435 % 2147483647 or 1

    def below(self, n):
        self.state = self.state * 48271 % 2147483647
        return self.state % n

    def between(self, low, high):
        return low + self.below(high - low + 1)
