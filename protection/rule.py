"""Rule: one limit with hysteresis and elapsed time; every protection is one.

Theory of operation. A rule is quiet or tripped. Quiet, it counts the time that its
value stays strictly past the trip limit and trips when that time reaches `trip_after`;
one value at or below the limit starts the count anew (manual 5.3.2 l: "in a row").
Tripped, it counts the time that the value stays strictly back past the release limit
and releases when that time reaches `clear_after`.

Time lost in a stall counts towards tripping and never towards release: the caller hands
the whole elapsed time for the first and at most one period for the second.

    quiet ──value past trip for trip_after──▶ tripped
    quiet ◀──value past clear for clear_after── tripped

TIMED rules release by time alone (over-current, manual 5.3.2 l, m, n). LATCHED rules
release only by `reset`. After a start every rule with a release limit is tripped:
what the pack went through before is unknown, so a rule earns its release.
"""

from micropython import const

CHG = const(1)
DSG = const(2)
BOTH = const(3)

QUIET = const(0)
RELEASED = const(1)
HOLDING = const(2)
TRIPPED = const(3)

HIGH = const(1)  # trips above the limit
LOW = const(-1)  # trips below the limit

TIMED = "timed"
LATCHED = "latched"

# Columns of a row.
NAME = const(0)
SIGNAL = const(1)
SENSE = const(2)
TRIP = const(3)
CLEAR = const(4)
TRIP_AFTER = const(5)
CLEAR_AFTER = const(6)
OPENS = const(7)
BIT = const(8)
OWN = const(9)
STOPS_BALANCE = const(10)
CODE = const(11)

_FAR = const(0x1FFFFFFF)  # no value is this far


class Rule:
    """One row of the table at work: a bool (`tripped`) and an integer (`held_ms`).

    The columns that only matter once it trips stay in `row` (see `protection.table`).
    """

    def __init__(self, row):
        self.row = row
        self.sense = row[SENSE]
        self.tripped = row[CLEAR] not in (TIMED, LATCHED)
        self.held_ms = 0
        self.trip = self.clear = 0
        self.trip_after_ms = self.clear_after_ms = 0

    @property
    def name(self):
        """What the row calls itself."""
        return self.row[NAME]

    def load(self, limits):
        """Resolve the names of the row into numbers; `limits.get(key)` answers each."""
        row = self.row
        clear = row[CLEAR]
        self.trip = self.sense * _number(limits, row[TRIP])
        if clear == TIMED:
            self.clear = _FAR
        elif clear == LATCHED:
            self.clear = -_FAR
        else:
            self.clear = self.sense * _number(limits, clear)
        self.trip_after_ms = _duration(limits, row[TRIP_AFTER])
        clear_after_ms = _duration(limits, row[CLEAR_AFTER])
        if clear == TIMED and self.tripped and clear_after_ms < self.clear_after_ms:
            return  # no setting shortens a wait that has begun: a short is not re-armed early
        self.clear_after_ms = clear_after_ms

    def step(self, value, dt_ms, release_ms):
        """Judge one value; QUIET, HOLDING, or the edge TRIPPED or RELEASED."""
        value *= self.sense
        if self.tripped:
            if value >= self.clear:
                self.held_ms = 0
                return HOLDING
            held_ms = self.held_ms + release_ms
            if held_ms < self.clear_after_ms:
                self.held_ms = held_ms
                return HOLDING
            self.reset()
            return RELEASED
        if value <= self.trip:
            if self.held_ms:
                self.held_ms = 0
            return QUIET
        held_ms = self.held_ms + dt_ms
        if held_ms < self.trip_after_ms:
            self.held_ms = held_ms
            return QUIET
        self.force()
        return TRIPPED

    def force(self):
        """Trip now, as after a restart that must be held (D11) or from a stored latch."""
        self.tripped = True
        self.held_ms = 0

    def reset(self):
        """Become quiet: an authorised clear, or the release itself."""
        self.tripped = False
        self.held_ms = 0

    def is_timed(self):
        """True for a rule that releases by time alone."""
        return self.row[CLEAR] == TIMED

    def is_latched(self):
        """True for a rule that only `reset` releases."""
        return self.row[CLEAR] == LATCHED

    def left_ms(self):
        """Time until a timed release, for the phone; 0 while quiet."""
        return max(0, self.clear_after_ms - self.held_ms) if self.tripped else 0


def _number(limits, what):
    return limits.get(what) if isinstance(what, str) else what


def _duration(limits, what):
    number = _number(limits, what)
    if isinstance(what, str) and what.endswith("_s"):
        return number * 1000
    return number
