"""Every protection against a table of its own, written from the manual and the decisions.

Each row trips one count past its limit and not at it, at its delay and not one step
before, and releases one count past its release limit, after its release time.
"""

from protection.rule import BOTH
from tests.each import each
from tests.protection.rows import (
    DELAYED_ROWS,
    JK_SINGLE,
    LATCHED_ROWS,
    LEVEL_ROWS,
    ROWS,
    SLOW_ROWS,
    TIMED_ROWS,
    Case,
    _charge,
    _discharge,
    effects,
    word,
)
from tests.protection.test_table_itself import by_name


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
