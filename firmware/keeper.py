"""Keeper: decides what is written down and when; the store and the journal do it.

Theory of operation. At start it reads the store and hands each part of the firmware
what it knew before. A board whose records are damaged starts unconfigured, both gates
open, until a person commissions it again. From then on `work` is called once a second,
outside the step, and does at most one of these, the first that is due:

    counters and gauge older than 50 s · trips · latches that changed · counters and
    gauge older than 40 s · other events · upkeep of the flash

So a power cut costs 60 s of counting at most. `work` waits while `Bms.is_quiet` says
that a flash operation could delay a trip or let the gate lease lapse.
"""

from micropython import const

from balancing.saved import SAVED_BYTES as DEBTS_BYTES
from firmware import latches, records
from firmware.estimation.gauge import SAVED_BYTES
from firmware.events import COPY_REFUSED, EVENTS_LOST, RECORD_LOST, WRITE_FAILED
from firmware.extremes import FIELDS
from firmware.journal import Journal
from firmware.records import COUNTERS, COUNTERS_LAYOUT, GAUGE, LATCH, SETTINGS
from firmware.settings import Refused, Settings
from firmware.store import RECORD_BLOCKS, Store

_SAVE_S = const(40)
_OVERDUE_S = const(50)
_RETRY_S = const(10)
_BATCH = const(8)
_END_WRITES = const(16)  # both queues, a block that is full, and some that fail


class Keeper:
    """The store and the journal at work for one `Bms`; `settings` is what was found."""

    def __init__(self, board, events, factory=None):
        self.facts = board.facts
        self.events = events
        self.store = Store(board.flash)
        self.journal = Journal(board.flash, RECORD_BLOCKS, board.flash.blocks - RECORD_BLOCKS)
        self.epoch_s = 0  # date of run time 0, in seconds since 2020-01-01; 0: not known
        self._defaults = records.defaults(board.facts)
        self._told = 0
        self._told_lost = 0
        self._saved_s = self._gauge_s = self._latch_s = 0
        self.store.open(records.checks(board.facts))
        self.journal.open()
        self.settings = self._first(factory)
        self.is_bad = self.store.damaged
        self.counters = COUNTERS_LAYOUT.unpack(self.payload(COUNTERS), True)
        self.power_on_count = self.counters["power_on_count"] + 1

    def _first(self, factory):
        for number, _ in self.store.refused:
            self.events.post(COPY_REFUSED, number, 0)
        if self.store.is_new():
            settings = factory or Settings(None, self.facts)
            self._defaults[SETTINGS] = records.pack_settings(settings)
            self.store.rebuild(self._defaults)
            return settings
        for number in self.store.lost():
            self.events.post(RECORD_LOST, number, 0)
        payload = self.store.get(SETTINGS)
        if payload is None:
            return Settings(None, self.facts)
        settings = records.unpack_settings(payload, self.facts, True)
        if self.store.damaged:
            settings = settings.changed({"chemistry": 0}, self.facts)
        return settings

    def restore(self, bms):
        """Hand every part what it knew before the reset."""
        bms.gauge.resume(self.counters)
        state = self.store.get(GAUGE)
        if state:
            bms.gauge.restore(state)
            bms.scheduler.restore(state, SAVED_BYTES)
        latches.restore(bms.guard, self.payload(LATCH))

    def begin(self, bms):
        """Before the first step, both gates open: store this start and its retry (D11)."""
        self._latches(bms)
        self._counters(bms)

    def save(self, number, payload):
        """Store a record now, on somebody's request; `Refused` when the flash does not."""
        if self.store.damaged and number in self.store.lost():
            raise Refused("store", "was damaged: commission the board first")
        if not self.store.put(number, payload):
            raise Refused("store", "the flash did not take it")

    def save_settings(self, settings):
        """Store settings; with a chemistry this commissions, and mends a damaged store."""
        if self.store.damaged and settings.get("chemistry"):
            if not self.store.rebuild(self._defaults):
                raise Refused("store", "the flash did not take it")
        self.save(SETTINGS, records.pack_settings(settings))
        self.is_bad = self.store.damaged

    def date_s(self, run_s):
        """The date of a run time in seconds since 2020-01-01, or 0 when none was ever set."""
        return max(run_s + self.epoch_s, 0) if self.epoch_s else 0

    def end(self, bms):
        """Before the supply is cut, both gates open: write down all that is left."""
        self._latches(bms)
        self._counters(bms)
        self._gauge(bms)
        for _ in range(_END_WRITES):
            if self.events.due().waiting:
                self._write_down()

    def work(self, bms):
        """Do one bounded piece of writing, if any is due and the board is quiet."""
        if not bms.is_quiet():
            return
        self._tell()
        run_s = bms.snap.run_s
        age_s = run_s - min(self._saved_s, self._gauge_s)
        if age_s >= _OVERDUE_S:
            self._count(bms)
        elif self.events.trips.waiting:
            self._write_down()
        elif self._is_latch_due(bms):
            self._latches(bms)
        elif age_s >= _SAVE_S:
            self._count(bms)
        elif self.events.others.waiting:
            self._write_down()
        else:
            self.store.tend()

    def payload(self, number):
        """What is stored of a record, or its default."""
        return self.store.get(number) or self._defaults[number]

    def _tell(self):
        # Only into an empty queue: a flash that keeps failing must not fill it.
        if self.events.others.waiting:
            return
        failures = self.store.failures + self.journal.failures
        if failures != self._told:
            self._told = failures
            self.events.post(WRITE_FAILED, failures, 0)
        if self.events.lost != self._told_lost:
            self._told_lost = self.events.lost
            self.events.post(EVENTS_LOST, self._told_lost, 0)

    def _write_down(self):
        if self.journal.is_full():
            self.journal.prepare()
            return
        ring = self.events.due()
        batch = []
        for nth in range(min(ring.waiting, _BATCH)):
            run_s, code, first, second = ring.peek(nth)
            batch.append((run_s, self.date_s(run_s), code, first, second))
        ring.drop(self.journal.append(batch))

    def _is_latch_due(self, bms):
        if bms.snap.run_s - self._latch_s < _RETRY_S and self._latch_s:
            return False
        return latches.pack(bms.guard) != self.store.get(LATCH)

    def _latches(self, bms):
        stored = self.store.put(LATCH, latches.pack(bms.guard))
        self._latch_s = 0 if stored else bms.snap.run_s

    def _count(self, bms):
        if self._saved_s <= self._gauge_s:
            self._counters(bms)
        else:
            self._gauge(bms)

    def _gauge(self, bms):
        self._gauge_s = bms.snap.run_s
        # one record for both: what the cells owe is 20 bytes, behind the gauge's own
        buf = bytearray(SAVED_BYTES + DEBTS_BYTES)
        bms.gauge.save(buf)
        bms.scheduler.save(buf, SAVED_BYTES)
        self.store.put(GAUGE, buf)

    def _counters(self, bms):
        snap = bms.snap
        self._saved_s = snap.run_s
        values = {
            "run_s": snap.run_s,
            "cycle_mah": snap.cycle_mah,
            "cycle_count": snap.cycle_count,
            "charge_count": snap.charge_count,
            "power_on_count": self.power_on_count,
            "remain_mah": snap.remain_mah,
            "learned_mah": bms.gauge.learned_mah(),
        }
        for name in FIELDS:
            values[name] = getattr(bms.extremes, name)
        self.store.put(COUNTERS, COUNTERS_LAYOUT.pack(COUNTERS_LAYOUT.bounded(values)))
