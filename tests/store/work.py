"""What the store is put through by the tests: payloads, events, and an oracle of its own."""

from binascii import crc32

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import records
from firmware.journal import Journal
from firmware.settings import Settings, preset
from firmware.store import RECORD_BLOCKS, Store
from hal.virtual.flash import PowerLost

BLOCKS = 36
BLOCK_BYTES = 1024
NUMBERS = [row[0] for row in records.RECORDS]


def payload(number, n):
    """A payload of a record that differs for every `n` and that its check accepts."""
    if number == records.SETTINGS:
        wanted = preset(1 + n % 2)
        wanted["chemistry"] = 1 + n % 2
        wanted["capacity_mah"] = 10_000 + n
        wanted["dsg_limit_ma"] = 10_000 + n * 7
        return records.pack_settings(Settings().changed(wanted, facts))
    layouts = {
        records.CALIBRATION: records.CALIBRATION_LAYOUT,
        records.COUNTERS: records.COUNTERS_LAYOUT,
        records.LATCH: records.LATCH_LAYOUT,
        records.IDENTITY: records.IDENTITY_LAYOUT,
    }
    if number not in layouts:
        size = {records.ACCESS: 128, records.GAUGE: 128}[number]
        return bytes([crc32(b"%d %d %d" % (number, n, i)) & 0xFF for i in range(size)])
    layout = layouts[number]
    values = layout.defaults()
    for name, code, _, high, _ in layout.rows:
        if name == "board":
            values[name] = facts.NAME
        elif code[-1] == "s":
            values[name] = "n%d" % n
        else:
            values[name] = n * 3 % (high + 1)
    return layout.pack(values)


def event(index):
    """The `index`th event of a run, each field of it a function of the index."""
    return index, index * 2, 1 + index % 0x3FF, index * 31 - 5000, -index


class Device:
    """A store and a journal on a flash, as a start of the firmware finds them."""

    def __init__(self, flash):
        self.store = Store(flash)
        self.store.open(records.checks(facts))
        self.journal = Journal(flash, RECORD_BLOCKS, flash.blocks - RECORD_BLOCKS)
        self.journal.open()


class Oracle:
    """What was promised: the payloads and events whose write was confirmed."""

    def __init__(self):
        self.kept = {}
        self.pending = {}  # being written when the power went
        self.events = 0
        self.pending_events = 0

    def copy(self):
        other = Oracle()
        other.kept = dict(self.kept)
        other.pending = dict(self.pending)
        other.events = self.events
        other.pending_events = self.pending_events
        return other

    def do(self, device, operation):
        """Carry out one operation and note what it promised."""
        kind, number, n = operation
        if kind == "put":
            wanted = payload(number, n)
            self.pending[number] = wanted
            if device.store.put(number, wanted):
                self.kept[number] = wanted
                del self.pending[number]
        elif kind == "tend":
            device.store.tend()
        elif kind == "rebuild":
            defaults = records.defaults(facts)
            self.pending.update(defaults)
            if device.store.rebuild(defaults):
                self.kept.update(defaults)
                self.pending = {}
        elif device.journal.is_full():
            device.journal.prepare()
        else:
            self.pending_events = number
            events = [event(self.events + 1 + i) for i in range(number)]
            # No answer from a chip without supply: the events may be there all the same.
            written = device.journal.append(events)
            self.events += written
            self.pending_events -= written

    def settle(self, device, most=24):
        """Hold a device that has just started against what was promised; adopt what it has.

        Returns "" or what is wrong: lost, mixed or unbootable.
        """
        store = device.store
        armed = len(self.kept) == len(NUMBERS)
        if armed and (store.damaged or store.lost()):
            return "unbootable: %r" % (store.lost(),)
        for number in NUMBERS:
            found = store.get(number)
            if found != self.kept.get(number):
                if found is None:
                    return "lost: record %d" % number
                if found != self.pending.get(number):
                    return "mixed: record %d" % number
                self.kept[number] = found
        self.pending = {}
        return self._events(device.journal, most)

    def _events(self, journal, most):
        newest = journal.sequence
        if newest < self.events:
            return "lost: event %d" % self.events
        if newest > self.events + self.pending_events:
            return "mixed: event %d" % newest
        self.events = newest
        self.pending_events = 0
        expect = newest
        for entry in journal.entries(most):
            if entry != (expect,) + event(expect):
                return "mixed: event %d" % expect
            expect -= 1
        if newest - expect < min(newest, most):
            return "lost: event %d" % expect
        return ""


def script(rounds):
    """Operations that write every record and the journal, and wrap every ring of them."""
    operations = [("rebuild", 0, 0)]
    for n in range(rounds):
        for number in NUMBERS:
            operations.append(("put", number, n))
            operations.append(("tend", 0, 0))
        for _ in range(4):
            operations.append(("tend", 0, 0))
        operations.append(("log", 1 + n % 8, 0))
        operations.append(("log", 8, 0))
    return operations


def attempt(oracle, device, operation):
    """One operation, which the power may cut short."""
    try:
        oracle.do(device, operation)
    except PowerLost:
        pass
