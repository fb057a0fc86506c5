"""Every protection as the manual and the decisions have it, and how it is brought about."""

from protection.rule import BOTH, CHG, DSG
from tests.rig import PERIOD_MS, Rig


def _field(*names):
    """Brought about by what the snapshot shows there."""

    def inject(rig, value):
        for name in names:
            setattr(rig.snap, name, value)

    return inject


_highest = _field("cell_max_mv")
_lowest = _field("cell_min_mv")
_all_cells = _field("cell_max_mv", "cell_min_mv")
_charge = _field("current_ma")
_battery = _field("t1_dc", "t2_dc")
_mos = _field("mos_dc")
_cells_age = _field("cells_age_ms")
_current_age = _field("current_age_ms")
_stack_age = _field("stack_age_ms")
_sensor_age = _field("t2_age_ms")
_mos_age = _field("mos_age_ms")
_taps = _field("taps_wrong")
_wire = _field("wire_bad")


def _discharge(rig, ma):
    rig.snap.current_ma = -ma


def _short(mask):
    def inject(rig, there):
        rig.latched = mask if there else 0

    return inject


def _sum_off(rig, pm):
    # 20 000 mV measured as one: each per mille is 20 mV.
    rig.snap.stack_mv = 20_000
    rig.snap.pack_mv = 20_000 + 20 * pm


def _tries(at):
    def inject(rig, count):
        rig.snap.charger_present = rig.snap.load_present = True
        retry = rig.guard.retries[at]
        retry.count = count
        rig.guard.signals.count_tries()

    return inject


def _store(rig, failed):
    rig.guard.signals.store_failed(failed)


def _board(rig, wrong):
    rig.wrong = wrong
    rig.guard.signals.tested()


# name · how it is brought about · limit that does not trip · sense · release limit (does
# not release; None: by time alone; "latch": never) · trip delay ms · release delay ms ·
# opens · JK alarm bit · bit of the second word · stops balancing · settings · what trips with it
# fmt: off
NO = None
ROWS = (
    ("cell_ovp", _highest, 3600, +1, 3400, 1000, 1000, CHG, 4, NO, False, {}, ()),
    ("cell_uvp", _lowest, 2600, -1, 3000, 1000, 1000, DSG, 11, NO, False, {}, ()),
    ("chg_ocp", _charge, 25_000, +1, NO, 30_000, 60_000, CHG, 6, NO, False, {}, ()),
    ("dsg_ocp", _discharge, 200_000, +1, NO, 30_000, 60_000, DSG, 13, NO, False, {}, ()),
    ("chg_peak", _charge, 350_000, +1, NO, 1000, 60_000, CHG, 25, NO, False, {}, ()),
    ("dsg_peak", _discharge, 350_000, +1, NO, 1000, 60_000, DSG, 25, NO, False, {}, ()),
    ("chg_tries", _tries(0), 3, +1, 4, 0, 0, CHG, NO, 3, False, {}, ()),
    ("dsg_tries", _tries(1), 3, +1, 4, 0, 0, DSG, NO, 4, False, {}, ()),
    ("chg_scp", _short(CHG), 0, +1, NO, 0, 60_000, BOTH, 7, NO, True, {}, ()),
    ("dsg_scp", _short(DSG), 0, +1, NO, 0, 60_000, BOTH, 14, NO, True, {}, ()),
    ("scp_tries", _tries(2), 3, +1, 4, 0, 0, BOTH, 24, NO, True, {}, ()),
    ("chg_otp", _battery, 600, +1, 550, 2000, 2000, CHG, 8, NO, False,
     {"dsg_otp_dc": 700}, ()),
    ("chg_utp", _battery, -200, -1, -100, 2000, 2000, CHG, 9, NO, False,
     {"dsg_utp_dc": -300}, ()),
    ("dsg_otp", _battery, 600, +1, 550, 2000, 2000, DSG, 15, NO, False,
     {"chg_otp_dc": 700}, ()),
    ("dsg_utp", _battery, -200, -1, -100, 2000, 2000, DSG, 27, NO, False,
     {"chg_utp_dc": -300}, ()),
    ("mos_otp", _mos, 750, +1, 700, 2000, 2000, BOTH, 1, NO, True, {}, ()),
    ("deep_discharge", _lowest, 1800, -1, 1900, 1000, 1000, CHG, NO, 6, True, {},
     ("cell_uvp",)),
    ("cells_stale", _cells_age, 800, +1, 800, 0, 1000, BOTH, 10, NO, True, {}, ()),
    ("current_stale", _current_age, 300, +1, 300, 0, 1000, BOTH, 3, NO, True, {}, ()),
    ("stack_stale", _stack_age, 5000, +1, 800, 0, 1000, CHG, NO, 7, True, {}, ()),
    ("temp_lost", _sensor_age, 500, +1, 500, 0, 2000, CHG, 22, NO, True, {}, ()),
    ("temp_lost_long", _sensor_age, 600_000, +1, 500, 0, 2000, DSG, 22, NO, True, {},
     ("temp_lost",)),
    ("mos_lost", _mos_age, 500, +1, 500, 0, 2000, BOTH, 22, NO, True, {}, ()),
    ("cell_count", _taps, 0, +1, 1, 1000, 1000, BOTH, 2, NO, True, {}, ()),
    ("sum_mismatch", _sum_off, 20, +1, 20, 2000, 2000, BOTH, 10, 11, True, {}, ()),
    ("cells_odd", _highest, 5000, +1, 5001, 0, 2000, BOTH, 10, NO, True, {},
     ("cell_ovp",)),
    ("current_odd", _charge, 499_999, +1, 500_000, 100, 2000, BOTH, 3, NO, True, {},
     ("chg_ocp", "chg_peak")),
    ("chg_welded", _charge, 3000, +1, "latch", 2000, 0, CHG, 16, NO, False,
     {"chg_switch_on": 0}, ()),
    ("dsg_welded", _discharge, 3000, +1, "latch", 2000, 0, DSG, 17, NO, False,
     {"dsg_switch_on": 0}, ()),
    ("wire", _wire, 0, +1, 1, 0, 0, 0, 0, NO, True, {}, ()),
    ("store_failed", _store, 0, +1, 1, 0, 0, BOTH, NO, 2, True, {}, ()),
    ("self_test", _board, 0, +1, 1, 0, 0, BOTH, NO, 12, True, {}, ()),
    ("power_off", _all_cells, 2500, -1, 2500, 5000, 1000, BOTH, NO, 8, True, {},
     ("cell_uvp",)),
    ("deep_sleep", _lowest, 2500, -1, 2500, 600_000, 1000, BOTH, NO, 8, True, {},
     ("cell_uvp",)),
)
# fmt: on

LEVEL_ROWS = [row for row in ROWS if row[4] not in (None, "latch")]
TIMED_ROWS = [row for row in ROWS if row[4] is None]
LATCHED_ROWS = [row for row in ROWS if row[4] == "latch"]
DELAYED_ROWS = [row for row in ROWS if row[5] > PERIOD_MS]
SLOW_ROWS = [row for row in LEVEL_ROWS if row[6] > PERIOD_MS]

# Brought about in test_start, test_guard and test_mosfet: name, opens, JK bit, own bit, stops.
OTHERS = (
    ("restart_hold", BOTH, NO, 5, True),
    ("unconfigured", BOTH, NO, 1, True),
    ("chg_disobeys", CHG, 16, NO, False),
    ("dsg_disobeys", DSG, 17, NO, False),
)

# The JK logbook's code of each trip; the release is the next one where it has a number.
LOGBOOK = {
    "mos_otp": 0x0B,
    "current_stale": 0x0D,
    "cells_stale": 0x0F,
    "cell_ovp": 0x11,
    "chg_ocp": 0x15,
    "chg_scp": 0x17,
    "chg_otp": 0x19,
    "chg_utp": 0x1B,
    "cell_uvp": 0x1D,
    "dsg_ocp": 0x21,
    "dsg_scp": 0x23,
    "dsg_otp": 0x25,
    "chg_disobeys": 0x39,
    "chg_welded": 0x39,
    "dsg_disobeys": 0x3A,
    "dsg_welded": 0x3A,
    "cell_count": 0x3C,
    "chg_peak": 0x40,
    "dsg_peak": 0x40,
    "scp_tries": 0x42,
    "dsg_utp": 0x48,
}
JK_SINGLE = (0x39, 0x3A, 0x3C, 0x40, 0x42)  # the logbook has one number for these


def effects():
    """Name → (opens, JK bit, own bit, stops balancing), from both tables."""
    found = {row[0]: (row[7], row[8], row[9], row[10]) for row in ROWS}
    for name, opens, bit, own, stops in OTHERS:
        found[name] = (opens, bit, own, stops)
    return found


def word(bit):
    """The alarm word of one bit, or of none."""
    return 0 if bit is None else 1 << bit


class Case:
    """One row on a rig of its own, quiet and started."""

    def __init__(self, row):
        (self.name, self.inject, self.limit, self.sense, self.release, self.trip_ms) = row[:6]
        (self.release_ms, self.opens, bit, own, self.stops, changes, self.also) = row[6:]
        self.bit, self.own = word(bit), word(own)
        self.rig = Rig(changes)
        self.rule = self.rig.rule(self.name)
        self.trips = -(-self.trip_ms // PERIOD_MS) or 1
        self.releases = -(-self.release_ms // PERIOD_MS) or 1
        self.rule.reset()

    def put(self, value):
        self.inject(self.rig, value)

    def past(self):
        return self.limit + self.sense

    def trip(self):
        """Bring it about, and wait until it trips."""
        self.put(self.past())
        for _ in range(self.trips):
            self.rig.step()
        assert self.rule.tripped
