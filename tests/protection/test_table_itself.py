"""The table of protections: complete, unique, within the limits, and as the decisions say."""

from boards.jk8s import board as jk8s
from firmware.settings import Limits
from protection import signals
from protection.rule import HIGH, LATCHED, LOW, TIMED
from protection.table import POWER_RULES, RULES, SINGLE
from tests.protection.rows import JK_SINGLE, LOGBOOK, OTHERS, ROWS, effects, word
from tests.rig import Rig, commission


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
