"""Events: bounded queues that refuse and count; trips have their own and come first."""

import tests  # noqa: F401
from firmware.events import BOOT, CHANGED, Events, bounded, trip_codes
from firmware.snapshot import Snapshot
from tests.each import each

TRIP = 0x11


def queue():
    snap = Snapshot()
    return Events(snap, trip_codes([TRIP])), snap


def drained(events):
    found = []
    while events.due().waiting:
        found.append(events.due().peek(0))
        events.due().drop(1)
    return found


def test_an_event_carries_the_run_time_of_its_post():
    events, snap = queue()
    snap.run_s = 77
    events.post(BOOT, 1, -2)
    snap.run_s = 78
    assert drained(events) == [(77, BOOT, 1, -2)]


def test_trips_come_first_and_each_queue_keeps_its_order():
    events, _ = queue()
    for value in range(3):
        events.post(BOOT, value, 0)
        events.post(TRIP, value, 0)
    found = drained(events)
    assert [entry[1] for entry in found] == [TRIP] * 3 + [BOOT] * 3
    assert [entry[2] for entry in found] == [0, 1, 2, 0, 1, 2]


def test_a_changed_parameter_is_no_trip_whatever_its_row():
    events, _ = queue()
    events.post(CHANGED + TRIP, 0, 0)
    assert events.trips.waiting == 0 and events.others.waiting == 1


@each(((TRIP, 32), (BOOT, 64)))
def test_a_full_queue_refuses_the_new_event_and_counts_it(row):
    code, room = row
    events, _ = queue()
    for value in range(room + 3):
        events.post(code, value, 0)
    assert events.lost == 3
    assert [entry[2] for entry in drained(events)] == list(range(room))


def test_a_flood_of_others_does_not_keep_a_trip_out():
    events, _ = queue()
    for value in range(200):
        events.post(BOOT, value, 0)
    events.post(TRIP, 1, 2)
    assert events.due().peek(0) == (0, TRIP, 1, 2)


def test_a_queue_goes_round():
    events, _ = queue()
    for value in range(500):
        events.post(BOOT, value, 0)
        events.post(BOOT, -value, 0)
        assert events.due().peek(1)[2] == -value
        events.due().drop(2)
    assert events.lost == 0


@each(
    (
        (5, 5),
        (True, 1),
        ("text", 0),
        (None, 0),
        (1.5, 0),
        (1 << 40, 0x3FFFFFFF),
        (-(1 << 40), -0x3FFFFFFF),
    )
)
def test_what_somebody_asked_for_is_cut_to_what_an_event_holds(row):
    # MicroPython's bool is no integer; either way nothing breaks.
    assert bounded(row[0]) in (row[1], 0 if row[0] is True else row[1])
