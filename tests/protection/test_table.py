"""Every protection against a table of its own, written from the manual and the decisions.

Each row trips one count past its limit and not at it, at its delay and not one step
before, and releases one count past its release limit, after its release time.
"""

from boards.jk8s import board as jk8s
from firmware.settings import Limits
from protection import signals
from protection.rule import BOTH, CHG, DSG, HIGH, LATCHED, LOW, TIMED
from protection.table import POWER_RULES, RULES, SINGLE
from tests.each import each
from tests.rig import PERIOD_MS, Rig, commission


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


@each(ROWS)
def test_nothing_holds_before(row):
    case = Case(row)
    assert case.rig.tripped() == []
    assert case.rig.snap.allowed == BOTH
    assert case.rig.snap.fault_word == 0
    assert case.rig.snap.own_word & ~(1 << 10) == 0  # the standing warning of D3
    assert case.rig.snap.balance_ok and case.rig.snap.assist_ok


@each(ROWS)
def test_at_the_limit_nothing_trips(row):
    case = Case(row)
    case.put(case.limit)
    for _ in range(case.trips + 3):
        case.rig.step()
        assert not case.rule.tripped


@each(ROWS)
def test_one_count_past_the_limit_trips_at_the_delay_and_not_one_step_before(row):
    case = Case(row)
    case.put(case.past())
    for _ in range(case.trips - 1):
        case.rig.step()
        assert not case.rule.tripped
    case.rig.step()
    assert case.rule.tripped


@each(DELAYED_ROWS)
def test_one_step_at_the_limit_starts_the_delay_anew(row):
    case = Case(row)
    case.put(case.past())
    for _ in range(case.trips - 1):
        case.rig.step()
    case.put(case.limit)
    case.rig.step()
    case.put(case.past())
    for _ in range(case.trips - 1):
        case.rig.step()
        assert not case.rule.tripped
    case.rig.step()
    assert case.rule.tripped


@each(ROWS)
def test_a_trip_opens_and_reports_what_the_table_says(row):
    case = Case(row)
    case.trip()
    snap = case.rig.snap
    opens, jk, own = case.opens, case.bit, case.own
    stops = case.stops
    assist_ok = case.opens != BOTH
    for name in case.rig.tripped():
        assert name == case.name or name in case.also, name
        other = effects()[name]
        opens |= other[0]
        jk |= word(other[1])
        own |= word(other[2])
        stops = stops or other[3]
        assist_ok = assist_ok and other[0] != BOTH
    assert snap.allowed == BOTH & ~opens
    assert snap.gates_cmd & opens == 0
    assert snap.fault_word == jk
    assert snap.own_word & ~(1 << 10) == own
    assert snap.balance_ok == (not stops)
    assert snap.assist_ok == assist_ok
    assert snap.power_down == (case.name in ("power_off", "deep_sleep"))


@each(LEVEL_ROWS)
def test_a_level_is_not_released_at_its_release_limit(row):
    case = Case(row)
    case.trip()
    case.put(case.release)
    for _ in range(case.releases + 3):
        case.rig.step()
        assert case.rule.tripped


@each(LEVEL_ROWS)
def test_a_level_is_released_one_count_past_its_release_limit_after_its_time(row):
    case = Case(row)
    case.trip()
    case.put(case.release - case.sense)
    for _ in range(case.releases - 1):
        case.rig.step()
        assert case.rule.tripped
    case.rig.step()
    assert not case.rule.tripped


@each(SLOW_ROWS)
def test_a_release_is_not_hurried_by_a_stall(row):
    case = Case(row)
    case.trip()
    case.put(case.release - case.sense)
    for _ in range(case.releases - 1):
        case.rig.step(10_000)
        assert case.rule.tripped
    case.rig.step(10_000)
    assert not case.rule.tripped


@each(TIMED_ROWS)
def test_over_current_and_short_release_by_time_alone(row):
    case = Case(row)
    case.trip()
    if case.inject in (_charge, _discharge):
        case.put(0)  # what the open MOSFET makes of it
    for _ in range(case.releases - 1):
        case.rig.step()
        assert case.rule.tripped
    assert case.rig.snap.allowed == BOTH & ~case.opens
    case.rig.step()
    assert not case.rule.tripped
    case.rig.step()
    assert case.rig.snap.allowed == BOTH


@each(LATCHED_ROWS)
def test_a_latch_is_released_by_nothing_but_the_clear(row):
    case = Case(row)
    case.trip()
    case.put(0)
    case.rig.run(200_000)
    assert case.rule.tripped
    case.rig.guard.clear_latches()
    case.rig.step()
    assert not case.rule.tripped
    assert case.rig.snap.allowed == BOTH


@each(ROWS)
def test_a_stall_trips_what_is_past_its_limit(row):
    case = Case(row)
    case.put(case.past())
    case.rig.step(700_000)
    # The two that cut the supply count no lost time (D7).
    assert case.rule.tripped == (case.name not in ("power_off", "deep_sleep"))


@each(ROWS)
def test_trip_and_release_are_posted_with_their_codes(row):
    case = Case(row)
    case.trip()
    code = by_name()[case.name][11]
    assert case.rig.codes().count(code) == 1
    if case.release == "latch":
        case.put(0)
        case.rig.step()
        case.rig.guard.clear_latches()
    else:
        case.put(0 if case.release is None else case.release - case.sense)
        for _ in range(case.releases):
            case.rig.step()
    after = code | 0x100 if code in JK_SINGLE else code + 1
    assert after in case.rig.codes()


# The table itself.


def by_name():
    return {row[0]: row for row in RULES + POWER_RULES}


def test_both_tables_hold_the_same_protections():
    mine = sorted([row[0] for row in ROWS] + [row[0] for row in OTHERS])
    assert mine == sorted([row[0] for row in RULES + POWER_RULES])


def test_names_are_unique():
    names = [row[0] for row in RULES + POWER_RULES]
    assert len(set(names)) == len(names)


def test_every_row_opens_reports_and_stops_what_the_decisions_say():
    found = by_name()
    for name, (opens, jk, own, stops) in effects().items():
        row = found[name]
        assert row[7] == opens, name
        assert row[8] == word(jk), name
        assert row[9] == word(own), name
        assert bool(row[10]) == stops, name


def test_every_row_shows_somewhere():
    for row in RULES + POWER_RULES:
        assert row[8] or row[9], row[0]
        assert 0 < row[11] <= 0xFF, row[0]


def test_codes_are_those_of_the_logbook_or_our_own():
    assert sorted(SINGLE) == sorted(JK_SINGLE)
    ours = []
    for row in RULES + POWER_RULES:
        name, code = row[0], row[11]
        if name in LOGBOOK:
            assert code == LOGBOOK[name], name
        else:
            assert 0x84 <= code <= 0xBE, name
            ours += [code, code + 1]
    assert len(set(ours)) == len(ours)


def test_rules_on_alarm_signals_are_high_and_do_not_trip_at_zero():
    limits = Limits(commission(), jk8s)
    for row in RULES:
        if row[1] >= signals.ALARMS:
            trip = limits.get(row[3]) if isinstance(row[3], str) else row[3]
            assert row[2] == HIGH and trip >= 0, row[0]


def test_guard_rules_are_on_signals_that_are_judged():
    for row in RULES:
        is_alarm = signals.ALARMS <= row[1] < signals.COUNT
        assert is_alarm or row[1] in (signals.HIGHS if row[2] == HIGH else signals.LOWS), row[0]
    for row in POWER_RULES:
        assert row[1] in (signals.REST_MAX_MV, signals.REST_MIN_MV), row[0]


def test_a_release_limit_is_never_beyond_its_trip_limit():
    limits = Limits(commission(), jk8s)
    for row in RULES + POWER_RULES:
        if row[4] in (TIMED, LATCHED):
            continue
        trip = limits.get(row[3]) if isinstance(row[3], str) else row[3]
        clear = limits.get(row[4]) if isinstance(row[4], str) else row[4]
        # At one integer more a flag releases as soon as it is down again.
        assert (trip - clear) * row[2] >= -1, row[0]
        assert row[2] in (HIGH, LOW)


def test_every_limit_and_delay_named_in_the_table_is_known():
    limits = Limits(commission(), jk8s)
    for row in RULES + POWER_RULES:
        for name in row[3:7]:
            if isinstance(name, str) and name not in (TIMED, LATCHED):
                assert isinstance(limits.get(name), int), name


def test_mos_temperature_limits_are_the_appendix_not_the_text():
    # Manual 5.3.2 s says 65, the appendix 70 (D1).
    rule = Rig().rule("mos_otp")
    assert (rule.trip, rule.clear) == (750, 700)
