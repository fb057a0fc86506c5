"""Events: what happened, queued in the step and written down later.

The control step posts, housekeeping drains. The queue is bounded: when it is full a new
event is refused and counted, so the oldest, which says how it began, is kept.

Codes 0x01..0xFF are those of the JK logbook where it has one (see `CODES`), 0x84..0xBF
are our own. `RELEASE` marks the release of a code that has no number of its own.
"""

from array import array

from micropython import const

WAKE_CHARGER = const(0)
WAKE_BUTTON = const(1)
WAKE_RESET = const(2)

RELEASE = const(0x100)
BOOT = const(0x01)
SHUTDOWN = const(0x02)
APP_CHARGE_OFF = const(0x03)
APP_DISCHARGE_OFF = const(0x05)
WATCHDOG_RESET = const(0x27)

_ROOM = const(64)


class Events:
    """A ring of (run time s, code, value, value); allocates nothing after `__init__`."""

    def __init__(self, snap):
        self.snap = snap
        self.lost = 0
        self._when = array("I", [0] * _ROOM)
        self._code = array("H", [0] * _ROOM)
        self._first = array("i", [0] * _ROOM)
        self._second = array("i", [0] * _ROOM)
        self._head = 0
        self.waiting = 0

    def post(self, code, first, second):
        """Queue one event; counted in `lost` when there is no room."""
        if self.waiting >= _ROOM:
            self.lost += 1
            return
        at = (self._head + self.waiting) % _ROOM
        self._when[at] = self.snap.run_s
        self._code[at] = code
        self._first[at] = first
        self._second[at] = second
        self.waiting += 1

    def take(self):
        """The oldest event as (run time s, code, value, value), or None."""
        if not self.waiting:
            return None
        at = self._head
        self._head = (at + 1) % _ROOM
        self.waiting -= 1
        return self._when[at], self._code[at], self._first[at], self._second[at]
