"""The bounded queue of events: what began it is kept, what does not fit is counted."""

from firmware.events import Events
from firmware.snapshot import Snapshot

ROOM = 64


def queue():
    return Events(Snapshot())


def test_an_empty_queue_gives_none():
    assert queue().take() is None


def test_events_come_out_in_order_with_the_time_they_were_posted():
    events = queue()
    events.snap.run_s = 7
    events.post(0x11, 3650, 3600)
    events.snap.run_s = 9
    events.post(0x12, -1, -2)
    assert events.waiting == 2
    assert events.take() == (7, 0x11, 3650, 3600)
    assert events.take() == (9, 0x12, -1, -2)
    assert events.take() is None


def test_a_full_queue_refuses_the_newest_and_counts_it():
    events = queue()
    for i in range(ROOM + 3):
        events.post(i, i, -i)
    assert (events.waiting, events.lost) == (ROOM, 3)
    for i in range(ROOM):
        assert events.take() == (0, i, i, -i)
    assert events.take() is None


def test_room_that_was_taken_is_used_again():
    events = queue()
    for i in range(1000):
        events.post(i, 2 * i, 0)
        events.post(i | 0x8000, 0, 0)
        assert events.take()[1] == i
        assert events.take()[1] == i | 0x8000
    assert events.lost == 0


def test_values_keep_their_full_range():
    events = queue()
    events.post(0x1FF, (1 << 30) - 1, -(1 << 30))
    assert events.take() == (0, 0x1FF, (1 << 30) - 1, -(1 << 30))
