"""The JK service: order and timing of records and acknowledgements."""

from ble.session import JK
from tests.ble.bench import request, run
from tests.ble.jk_client import ACK, Client, join, status_times
from tests.each import each


@each(((0x97, 3), (0x96, 1), (0xA1, 5)))
def test_a_request_gives_its_record_then_the_acknowledgement(row):
    command, kind = row
    sent = Client().ask(command, ms=120)
    record = join(sent[:-1])
    assert len(record) == 300 and record[4] == kind
    assert sum(record[:299]) & 0xFF == record[299]
    assert sent[-1] == ACK


@each(((None, 15, 180), (23, 15, 180), (131, 3, 70), (247, 2, 70), (517, 1, 70)))
def test_the_acknowledgement_comes_late_enough_at_any_mtu(row):
    mtu, pieces, gap_ms = row
    client = Client(mtu=mtu)
    client.session.feed(JK, request(0x97))
    client.hub.tick(1)
    assert len(client.link.sent) == pieces
    client.hub.tick(gap_ms - 1)
    assert len(client.link.sent) == pieces
    client.hub.tick(1)
    assert client.link.sent[-1] == (JK, ACK)


def test_the_gap_counts_from_the_last_piece_that_the_link_took():
    client = Client(mtu=23)
    client.link.room = 7
    client.session.feed(JK, request(0x97))
    run(client.hub, 1000)
    assert len(client.link.sent) == 7
    client.link.room = 100
    client.hub.tick(500)
    assert len(client.link.sent) == 15
    client.hub.tick(179)
    assert len(client.link.sent) == 15
    client.hub.tick(1)
    assert client.link.sent[-1] == (JK, ACK)


def test_status_records_begin_within_half_a_second_and_follow_twice_a_second():
    client = Client()
    client.session.feed(JK, request(0x96))
    times = status_times(client, 10_000)
    assert times[0] <= 500
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert len(times) == 20
    assert min(gaps) == max(gaps) == 500


def test_another_request_does_not_disturb_the_stream():
    client = Client()
    client.session.feed(JK, request(0x96))
    before = status_times(client, 5000)
    client.session.feed(JK, request(0x96))
    after = status_times(client, 5000)
    assert len(before) == len(after) == 10


def test_status_is_not_sent_before_it_was_asked_for():
    client = Client()
    client.ask(0x97)
    assert status_times(client, 2000) == []


def test_the_counter_rises_with_status_records_only():
    client = Client()
    sent = client.ask(0x97) + client.ask(0x96) + client.ask(0x97, ms=2000)
    heads = [(data[4], data[5]) for data in sent if data[:4] == b"\x55\xaa\xeb\x90"]
    assert heads[:3] == [(3, 0), (1, 0), (3, 0)]
    assert [head for head in heads[3:]] == [(2, 0), (2, 1), (2, 2), (2, 3)]


def test_the_counter_wraps():
    client = Client()
    client.session.services[JK].counter = 255
    sent = client.ask(0x96, ms=1000)
    heads = [data[5] for data in sent if data[:5] == b"\x55\xaa\xeb\x90\x02"]
    assert heads == [255, 0]


def test_a_late_stream_does_not_try_to_catch_up():
    client = Client(mtu=517)
    client.ask(0x96, ms=400)
    client.link.room = 0
    run(client.hub, 5000)
    client.link.room = 100
    assert len(status_times(client, 1000)) <= 3


def test_records_are_whole_on_a_slow_link():
    client = Client(mtu=23)
    client.session.feed(JK, request(0x96))
    got = b""
    for _ in range(600):
        client.link.room = 1
        client.hub.tick(20)
        for _, data in client.link.sent:
            if data != ACK:
                got += data
        client.link.sent = []
    count = len(got) // 300
    assert count > 10
    for i in range(count):
        record = got[300 * i : 300 * (i + 1)]
        assert record[:4] == b"\x55\xaa\xeb\x90"
        assert sum(record[:299]) & 0xFF == record[299]
