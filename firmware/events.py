"""Events: what happened, queued in the step and written down later.

The control step posts, housekeeping drains. Both queues are bounded: when one is full a
new event is refused and counted, so the oldest, which says how it began, is kept. Trips
have a queue of their own: they are written first, and no flood of others keeps them out.

Codes 0x01..0xFF are those of the JK logbook where it has one, 0x84..0xBF are our own.
`RELEASE` marks the release of a code that has no number of its own. `CHANGED` and
`REFUSED` plus the row of a parameter say what was changed from → to, or was not.
"""

from array import array

from micropython import const

WAKE_CHARGER = const(0)
WAKE_BUTTON = const(1)
WAKE_RESET = const(2)
WAKE_WATCHDOG = const(3)

BOOT = const(0x01)  # wake reason, power-on count
SHUTDOWN = const(0x02)
APP_CHARGE_OFF = const(0x03)
APP_DISCHARGE_OFF = const(0x05)
WATCHDOG_RESET = const(0x27)
CLOCK_SET = const(0x3B)  # old date, new date
COPY_REFUSED = const(0xA4)  # record: its newest copy was not believed, an older one was
RECORD_LOST = const(0xA5)  # record: nothing of it can be believed
WRITE_FAILED = const(0xA6)  # failures since start
EVENTS_LOST = const(0xA7)  # lost since start
FACTORY_RESET = const(0xA8)
BALANCED = const(0xA9)  # last giver << 8 | taker (0xFFFF: burned), mAh taken in a session
RELEASE = const(0x100)
CHANGED = const(0x200)
REFUSED = const(0x300)
UNKNOWN_ROW = const(0xFF)  # of REFUSED: no such parameter

_ROOM = const(64)
_TRIP_ROOM = const(32)
_VALUE_MAX = const(0x3FFFFFFF)


class Ring:
    """A bounded queue of (run time s, code, value, value); `put` allocates nothing."""

    def __init__(self, room):
        self._room = room
        self._when = array("I", [0] * room)
        self._code = array("H", [0] * room)
        self._first = array("i", [0] * room)
        self._second = array("i", [0] * room)
        self._head = 0
        self.waiting = 0

    def put(self, run_s, code, first, second):
        """Queue one event; False when there is no room."""
        if self.waiting >= self._room:
            return False
        at = (self._head + self.waiting) % self._room
        self._when[at] = run_s
        self._code[at] = code
        self._first[at] = first
        self._second[at] = second
        self.waiting += 1
        return True

    def peek(self, nth):
        """The `nth` oldest event, which stays in the queue."""
        at = (self._head + nth) % self._room
        return self._when[at], self._code[at], self._first[at], self._second[at]

    def drop(self, count):
        """Forget the `count` oldest events."""
        self._head = (self._head + count) % self._room
        self.waiting -= count


class Events:
    """Queues what `post` is given; `is_trip` are the codes of trips, as bytes by code."""

    def __init__(self, snap, is_trip=bytes(256)):
        self.snap = snap
        self.lost = 0
        self.trips = Ring(_TRIP_ROOM)
        self.others = Ring(_ROOM)
        self._is_trip = is_trip

    def post(self, code, first, second):
        """Queue one event; counted in `lost` when there is no room."""
        if code < 256 and self._is_trip[code]:
            kept = self.trips.put(self.snap.run_s, code, first, second)
        else:
            kept = self.others.put(self.snap.run_s, code, first, second)
        if not kept:
            self.lost += 1

    def due(self):
        """The queue to be written next: trips first; it may be empty."""
        return self.trips if self.trips.waiting else self.others


def trip_codes(rows):
    """The table of trip codes for `Events`, from the codes of all protections."""
    table = bytearray(256)
    for code in rows:
        table[code] = 1
    return bytes(table)


def bounded(value):
    """What somebody asked for, cut to what an event can hold."""
    if not isinstance(value, int):
        return 0
    return min(max(int(value), -_VALUE_MAX), _VALUE_MAX)
