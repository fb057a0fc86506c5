"""The rule automaton, exhaustively, against an oracle written from the manual (campaign 2).

The oracle knows no counters. It keeps two clocks, one with all time and one without the
time lost in stalls, and remembers when the value was last seen on the safe side (D8, D10).
"""

from protection.rule import (
    BOTH,
    CHG,
    HIGH,
    HOLDING,
    LATCHED,
    LOW,
    QUIET,
    RELEASED,
    TIMED,
    TRIPPED,
    Rule,
)
from tests.each import each

PERIOD_MS = 50
TICKS = 60
STALL_MS = 10_000


class Fixed:
    """Limits from a dictionary."""

    def __init__(self, **values):
        self.values = values

    def get(self, key):
        return self.values[key]


def make_rule(sense, trip, clear, trip_ms, clear_ms):
    rule = Rule(("x", 0, sense, trip, clear, trip_ms, clear_ms, CHG, 0, 0, False, 0))
    rule.load(Fixed())
    return rule


class Oracle:
    """What the manual promises, from timestamps."""

    def __init__(self, sense, trip, clear, trip_ms, clear_ms):
        self.high = sense == HIGH
        self.trip, self.clear = trip, clear
        self.trip_ms, self.clear_ms = trip_ms, clear_ms
        self.tripped = clear not in (TIMED, LATCHED)
        self.safe_ago_ms = 0  # whole time since the value was last not past the trip limit
        self.bad_ago_ms = 0  # unstalled time since it was last not back past the release

    def copy(self):
        other = Oracle(HIGH if self.high else LOW, self.trip, self.clear, 0, 0)
        other.trip_ms, other.clear_ms = self.trip_ms, self.clear_ms
        other.tripped = self.tripped
        other.safe_ago_ms, other.bad_ago_ms = self.safe_ago_ms, self.bad_ago_ms
        return other

    def key(self):
        return self.tripped, self.bad_ago_ms if self.tripped else self.safe_ago_ms

    def is_past(self, value):
        return value > self.trip if self.high else value < self.trip

    def is_back(self, value):
        if self.clear == TIMED:
            return True
        if self.clear == LATCHED:
            return False
        return value < self.clear if self.high else value > self.clear

    def step(self, value, dt_ms):
        self.safe_ago_ms = self.safe_ago_ms + dt_ms if self.is_past(value) else 0
        unstalled_ms = min(dt_ms, PERIOD_MS)
        self.bad_ago_ms = self.bad_ago_ms + unstalled_ms if self.is_back(value) else 0
        if self.tripped:
            if self.is_back(value) and self.bad_ago_ms >= self.clear_ms:
                self.tripped = False
                self.safe_ago_ms = 0
                return RELEASED
            return HOLDING
        if self.is_past(value) and self.safe_ago_ms >= self.trip_ms:
            self.tripped = True
            self.bad_ago_ms = 0
            return TRIPPED
        return QUIET


def explore(sense, trip, clear, trip_ms, clear_ms, pieces):
    """Every reachable state of rule and oracle together, every value, every dt; the count."""
    values = [trip - 1, trip, trip + 1]
    if clear not in (TIMED, LATCHED):
        for value in (clear - 1, clear, clear + 1):
            if value not in values:
                values.append(value)
    rule = make_rule(sense, trip, clear, trip_ms, clear_ms)
    start = Oracle(sense, trip, clear, trip_ms, clear_ms)
    assert rule.tripped == start.tripped
    seen = {(start.key(), rule.held_ms)}
    waiting = [(start, rule.tripped, rule.held_ms)]
    while waiting:
        oracle, tripped, held_ms = waiting.pop()
        for value in values:
            for dt_ms in pieces:
                rule.tripped = tripped
                rule.held_ms = held_ms
                after = oracle.copy()
                said = rule.step(value, dt_ms, min(dt_ms, PERIOD_MS))
                due = after.step(value, dt_ms)
                if said != due or rule.tripped != after.tripped:
                    raise AssertionError(
                        "sense %d trip %r clear %r after %d/%d, %r: value %d for %d ms: %d, due %d"
                        % (
                            (sense, trip, clear, trip_ms, clear_ms, oracle.key(), value, dt_ms)
                            + (said, due)
                        )
                    )
                key = after.key(), rule.held_ms
                if key not in seen:
                    seen.add(key)
                    waiting.append((after, rule.tripped, rule.held_ms))
    return len(seen)


# sense, trip, clear: a wide band, the same limit both ways, and a flag (trips at 1, clears at 0)
LEVELS = (
    (HIGH, 100, 90),
    (LOW, 100, 110),
    (HIGH, 100, 100),
    (LOW, 100, 100),
    (HIGH, 0, 1),
    (LOW, -200, -100),
)


@each(LEVELS)
def test_level_rule_keeps_its_trip_delay_whatever_comes(row):
    sense, trip, clear = row
    for ticks in range(TICKS + 1):
        states = explore(sense, trip, clear, ticks * PERIOD_MS, PERIOD_MS, (25, 50, 100))
        assert states >= ticks


@each(LEVELS)
def test_level_rule_keeps_its_release_delay_whatever_comes(row):
    sense, trip, clear = row
    for ticks in range(TICKS + 1):
        explore(sense, trip, clear, PERIOD_MS, ticks * PERIOD_MS, (25, 50, 100))


@each([(HIGH, TIMED), (LOW, TIMED), (HIGH, LATCHED), (LOW, LATCHED)])
def test_timed_and_latched_rules_keep_both_delays(row):
    sense, clear = row
    for ticks in range(TICKS + 1):
        explore(sense, 100, clear, ticks * PERIOD_MS, 100, (25, 50, 100))
        explore(sense, 100, clear, 100, ticks * PERIOD_MS, (25, 50, 100))


@each([(HIGH, 90), (LOW, 110), (HIGH, TIMED), (LOW, LATCHED)])
def test_delays_are_exact_to_the_millisecond(row):
    sense, clear = row
    for delay_ms in (0, 1, 49, 50, 51, 99, 100, 101, 149, 150, 151):
        explore(sense, 100, clear, delay_ms, 100, (49, 50, 51))
        explore(sense, 100, clear, 100, delay_ms, (49, 50, 51))


@each([(HIGH, 90), (LOW, 110), (HIGH, TIMED)])
def test_a_stall_counts_towards_the_trip_and_one_period_towards_the_release(row):
    sense, clear = row
    for ticks in (0, 1, 2, 20, 199, 200, 201):
        explore(sense, 100, clear, ticks * PERIOD_MS, 500, (50, STALL_MS))
        explore(sense, 100, clear, 500, ticks * PERIOD_MS, (50, STALL_MS))


def test_a_step_of_no_time_trips_nothing_that_has_a_delay():
    explore(HIGH, 100, 90, 100, 100, (0, 50))
    rule = make_rule(HIGH, 100, 90, 50, 50)
    rule.reset()
    for _ in range(5):
        assert rule.step(101, 0, 0) == QUIET


def test_after_a_start_a_level_rule_is_tripped_and_the_others_are_quiet():
    assert make_rule(HIGH, 100, 90, 0, 0).tripped
    assert make_rule(LOW, 100, 110, 0, 0).tripped
    assert not make_rule(HIGH, 100, TIMED, 0, 0).tripped
    assert not make_rule(HIGH, 100, LATCHED, 0, 0).tripped


def test_limits_and_delays_are_resolved_by_name_and_seconds_become_milliseconds():
    row = ("x", 0, HIGH, "top_mv", "back_mv", "cell_delay_ms", "wait_s", BOTH, 1, 0, True, 1)
    rule = Rule(row)
    rule.load(Fixed(top_mv=10, back_mv=5, cell_delay_ms=70, wait_s=2))
    assert (rule.trip, rule.clear) == (10, 5)
    assert (rule.trip_after_ms, rule.clear_after_ms) == (70, 2000)


def test_a_low_rule_is_the_mirror_of_a_high_one():
    high = make_rule(HIGH, 100, 90, 100, 150)
    low = make_rule(LOW, -100, -90, 100, 150)
    for value in (101, 100, 101, 101, 101, 90, 89, 89, 90, 89, 89, 89, 101):
        assert high.step(value, 50, 50) == low.step(-value, 50, 50)


def test_new_limits_keep_the_trip_and_its_timer():
    rule = make_rule(HIGH, 100, 90, 100, 200)
    rule.step(80, 50, 50)
    rule.load(Fixed())
    assert rule.tripped and rule.held_ms == 50
    assert [rule.step(80, 50, 50) for _ in range(3)] == [HOLDING, HOLDING, RELEASED]


def test_force_trips_at_once_and_starts_the_release_anew():
    rule = make_rule(HIGH, 100, TIMED, 100, 100)
    rule.step(101, 50, 50)
    rule.force()
    assert rule.tripped and rule.held_ms == 0
    assert [rule.step(0, 50, 50) for _ in range(2)] == [HOLDING, RELEASED]


def test_reset_makes_quiet_and_forgets_the_time():
    rule = make_rule(HIGH, 100, LATCHED, 0, 0)
    assert rule.step(101, 50, 50) == TRIPPED
    assert rule.step(-9999, 50, 50) == HOLDING
    rule.reset()
    assert not rule.tripped and rule.held_ms == 0


def test_left_ms_counts_down_to_the_timed_release():
    rule = make_rule(HIGH, 100, TIMED, 0, 120)
    assert rule.left_ms() == 0
    rule.step(101, 50, 50)
    assert rule.left_ms() == 120
    rule.step(101, 50, 50)
    assert rule.left_ms() == 70
    rule.step(101, 50, 50)
    assert rule.left_ms() == 20
    assert rule.step(101, 50, 50) == RELEASED
    assert rule.left_ms() == 0


def test_no_setting_shortens_a_wait_that_has_begun():
    rule = Rule(("x", 0, HIGH, 100, TIMED, 0, "wait_s", CHG, 0, 0, False, 0))
    rule.load(Fixed(wait_s=10))
    rule.step(101, 50, 50)
    for _ in range(100):
        rule.step(0, 50, 50)
    rule.load(Fixed(wait_s=2))
    assert rule.left_ms() == 5000
    rule.load(Fixed(wait_s=20))
    assert rule.left_ms() == 15000


def test_kinds_are_told_apart():
    level = make_rule(HIGH, 1, 0, 0, 0)
    timed = make_rule(HIGH, 1, TIMED, 0, 0)
    latched = make_rule(HIGH, 1, LATCHED, 0, 0)
    assert [r.is_timed() for r in (level, timed, latched)] == [False, True, False]
    assert [r.is_latched() for r in (level, timed, latched)] == [False, False, True]
