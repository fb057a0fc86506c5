"""Keeper: when it writes, and when it waits."""

import tests  # noqa: F401
from firmware import events as e
from firmware import records
from hal.virtual.flash import VirtualFlash
from tests.each import each
from tests.store.rig import Rig, refused, working


def hold(rig, left_ms):
    """Let a rule be `left_ms` before its trip."""
    rule = rig.bms.guard.by_name["dsg_ocp"]
    rule.held_ms = rule.trip_after_ms - left_ms
    return rule


@each(((1000, True), (1001, False)))
def test_nothing_is_written_within_a_second_of_a_trip(row):
    left_ms, waits = row
    rig = working()
    rig.bms.change({"capacity_mah": 60_000})
    hold(rig, left_ms)
    touched = rig.flash.touched
    for _ in range(100):
        rig.bms.housekeep()
    assert (rig.flash.touched == touched) == waits
    if waits:
        assert refused(rig.bms.change, {"capacity_mah": 61_000}).key == "store"
        assert refused(rig.bms.service.store_record, records.ACCESS, b"x").key == "store"
        assert refused(rig.bms.service.factory_reset).key == "store"
        assert rig.flash.touched == touched
    else:
        rig.bms.change({"capacity_mah": 61_000})


@each(((100, False), (101, True)))
def test_nothing_is_written_when_the_lease_was_not_renewed_in_time(row):
    since_ms, waits = row
    rig = working()
    rig.bms.change({"capacity_mah": 60_000})
    rig.board.now_ms += since_ms
    touched = rig.flash.touched
    for _ in range(10):
        rig.bms.housekeep()
    assert (rig.flash.touched == touched) == waits
    rig.bms.snap.gates_cmd = 0
    for _ in range(10):
        rig.bms.housekeep()
    assert rig.flash.touched > touched


def test_trips_are_written_before_anything_else_is():
    rig = working()
    for value in range(30):
        rig.bms.events.post(e.CLOCK_SET, value, 0)
    rig.bms.guard.retries[0].count = 1
    rig.bms.events.post(0x11, 3700, 3600)
    rig.bms.housekeep()
    assert rig.journal()[-1] == (0x11, 3700, 3600)


def test_events_are_dated_once_the_clock_was_set():
    rig = working()
    rig.bms.events.post(0x11, 1, 1)
    rig.run(1)
    rig.bms.service.set_clock(200_000_000)
    rig.bms.events.post(0x11, 2, 2)
    rig.run(4)
    dates = {entry[4]: entry[2] for entry in rig.bms.keeper.journal.entries() if entry[3] == 0x11}
    assert dates[1] == 0 and 0 <= dates[2] - 200_000_000 <= 1
    assert (e.CLOCK_SET, 0, 200_000_000) in rig.journal()
    rig.bms.service.set_clock(1)
    assert rig.bms.keeper.date_s(0) == 0


@each((0, -1, 1 << 30))
def test_an_impossible_date_is_refused(row):
    assert refused(working().bms.service.set_clock, row).key == "clock"


def test_lost_events_are_counted_in_the_journal():
    rig = working()
    for value in range(100):
        rig.bms.events.post(e.CLOCK_SET, value, 0)
    rig.run(20)
    assert (e.EVENTS_LOST, 36, 0) in rig.journal()


def test_a_storm_of_trips_does_not_keep_the_counters_from_being_written():
    rig = working()
    for _ in range(130):
        for value in range(9):
            rig.bms.events.post(0x11, value, 0)
        rig.run(1)
        again = Rig(flash=VirtualFlash(image=bytearray(rig.flash.image)))
        assert rig.bms.snap.run_s - again.bms.snap.run_s <= 60
