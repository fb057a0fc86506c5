"""Our own service: pace, and links that come, idle, stick and go."""

from ble.access import FACTORY_KEYS
from ble.frame import own_frame
from ble.own_service import BUSY
from ble.session import OWN
from tests.ble.bench import Link, make_hub, request, run
from tests.ble.owner import KEY, NEW, SALT, owner, phone, wrap
from tests.ble.phone import HELLO, KEY_BEGIN, KEY_SET


def test_a_flood_is_refused_with_a_word():
    one = phone()
    for _ in range(12):
        one.session.feed(OWN, own_frame(bytes((HELLO, 1))))
    run(one.hub, 4000)
    bodies = one.answers()
    busy = [body for body in bodies if body[0] == 0xFF]
    assert len(bodies) - len(busy) == 8
    assert [body[6] for body in busy] == [BUSY]
    assert busy[0][7:] == b"4 lost"


def test_three_links_and_no_more():
    hub = make_hub()
    sessions = [hub.open(Link()) for _ in range(3)]
    assert hub.open(Link()) is None
    hub.close(sessions[1])
    hub.close(sessions[1])
    assert hub.open(Link()) is not None


def test_a_link_that_ends_ends_its_login():
    one = owner()
    one.hub.close(one.session)
    assert one.session.login.state == 0


def test_an_idle_link_is_closed_after_ten_minutes():
    one = phone()
    run(one.hub, 599_000, 1000)
    one.ask(bytes((HELLO, 1)))
    run(one.hub, 599_000, 1000)
    assert not one.link.is_closed
    run(one.hub, 1000, 1000)
    assert one.link.is_closed


def test_a_link_that_is_told_something_is_not_idle():
    one = phone()
    one.session.feed(0, request(0x96))
    run(one.hub, 1_300_000, 500)
    assert not one.link.is_closed


def test_a_stuck_link_is_closed_and_delays_nobody():
    hub = make_hub()
    stuck, other = Link(23), Link(23)
    for link in (stuck, other):
        hub.open(link).feed(0, request(0x96))
    stuck.room = 5
    run(hub, 29_980)
    assert not stuck.is_closed
    assert len(other.take(0)) // 300 >= 55
    run(hub, 200)
    assert stuck.is_closed and not other.is_closed


def test_counters_of_refusals_are_bounded():
    hub = make_hub()
    hub.rubbish = 0x3FFFFFFF
    hub.skipped(600)
    assert hub.rubbish == 0x3FFFFFFF


def test_half_an_own_frame_is_forgotten_too():
    one = phone()
    one.session.feed(OWN, b"\xa6\x30half")
    run(one.hub, 1000)
    assert one.ask(bytes((HELLO, 1)))[0][0] == HELLO | 0x80


def test_no_answer_carries_a_key():
    one = owner()
    one.change(KEY_BEGIN, b"\1" + SALT)
    one.change(KEY_SET, wrap(one, KEY))
    one.session.feed(0, request(0x97))
    run(one.hub, 500)
    said = b"".join([data for _, data in one.link.sent])
    for secret in FACTORY_KEYS + (NEW,):
        for at in range(0, 32, 8):
            assert secret[at : at + 8] not in said
