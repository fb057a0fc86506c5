"""Store: the records and the journal's blocks in one flash; survives a cut at any byte.

    store = Store(board.flash)
    store.open(checks(board.facts))
    store.get(SETTINGS)            the live payload, or None
    store.put(SETTINGS, payload)   True when it will be found after a power cut

An armed board has every record. While any is unreadable, or missing although there are
settings, the store is `damaged`: what is not there is not written in the background,
and only `rebuild`, which commissioning calls, makes those records anew.

`FLASH_BYTES` is what a board has to offer; all that the records leave is the journal's.
"""

from firmware.lane import BAD, BLANK, GOOD, Lane
from firmware.records import RECORDS, SETTINGS

FLASH_BYTES = 128 * 1024
RECORD_BLOCKS = sum([row[4] for row in RECORDS])


class Store:
    """Every record by its number; `failures` counts writes that no block would take."""

    def __init__(self, flash, records=RECORDS):
        self.flash = flash
        self.failures = 0
        self.refused = []  # (number, reason) where the newest copy was not believed
        self.damaged = False
        self._lanes = {}
        first = 0
        for row in records:
            self._lanes[row[0]] = Lane(flash, row, first)
            first += row[4]
        self._order = [row[0] for row in records]
        self._turn = 0

    def open(self, checks):
        """Read everything; `checks` is number → `check(payload, is_older)`."""
        self.refused = []
        for number in self._order:
            lane = self._lanes[number]
            lane.open(checks[number])
            if lane.damaged:
                self.refused.append((number, lane.reason))
        self.damaged = not self.is_new() and bool(self.lost())

    def is_new(self):
        """No settings were ever stored, so the board was never armed."""
        return self._lanes[SETTINGS].state == BLANK

    def lost(self):
        """Numbers of the records of which nothing can be believed, or nothing is there."""
        return [number for number in self._order if self._lanes[number].state != GOOD]

    def get(self, number):
        """The live payload of a record, or None."""
        return self._lanes[number].payload

    def put(self, number, payload):
        """Store a record; False, and the old one stays, when the flash would not take it.

        A payload that is already live costs nothing. A lost record waits for `rebuild`.
        """
        lane = self._lanes[number]
        if lane.state == GOOD and lane.payload == payload:
            return True
        if len(payload) > lane.most:
            raise ValueError("%s: %d bytes do not fit" % (lane.name, len(payload)))
        if not (lane.state != GOOD and self.damaged) and lane.write(payload):
            return True
        self.failures += 1
        return False

    def rebuild(self, defaults):
        """Give every lost record its default (number → payload); False if one failed."""
        for number in self.lost():
            lane = self._lanes[number]
            if lane.state == BAD and not lane.wipe() or not lane.write(defaults[number]):
                self.failures += 1
                self.damaged = True
                return False
        self.damaged = False
        return True

    def tend(self):
        """Do one flash operation of upkeep, if any is wanted; each record has its turn."""
        for _ in self._order:
            self._turn = (self._turn + 1) % len(self._order)
            if self._lanes[self._order[self._turn]].tend():
                return True
        return False
