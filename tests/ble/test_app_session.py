"""The JK service against the recorded session of the app."""

import json

from ble.session import JK
from tests.ble.bench import Journal, make_hub, run
from tests.ble.jk_client import ACK, Client


def app_session():
    with open("tests/data/jk/app_session.json") as file:
        return json.load(file)


def answers(events):
    """(seconds, "r" + record type or "ack") of every answer in a list of notifications."""
    found = []
    for second, data in events:
        if data[:4] == b"\x55\xaa\xeb\x90":
            found.append((second, "r%d" % data[4]))
        elif data == ACK:
            found.append((second, "ack"))
    return found


def test_the_apps_recorded_session_gets_the_same_answers_in_the_same_order_and_time():
    events = app_session()["events"]
    theirs = answers(
        [(e["s"], bytes.fromhex(e["hex"])) for e in events if e["op"] == "notify" and e["hex"]]
    )
    writes = [(e["s"], bytes.fromhex(e["hex"])) for e in events if e["op"] == "write_cmd"]
    client = Client(mtu=131)
    ours = []
    end_ms = int(events[-1]["s"] * 1000)
    for now_ms in range(0, end_ms, 10):
        while writes and writes[0][0] * 1000 <= now_ms:
            client.session.feed(JK, writes.pop(0)[1])
        client.hub.tick(10)
        ours += [(now_ms / 1000, data) for _, data in client.link.sent]
        client.link.sent = []
    ours = answers(ours)
    assert [what for _, what in ours[:5]] == [what for _, what in theirs[:5]]
    assert set([what for _, what in ours[4:]]) == {"r2"}
    for (our_s, what), (their_s, _) in zip(ours[:5], theirs[:5]):
        assert our_s <= their_s + 0.1, (what, our_s, their_s)
    # At least as many status records, at 0.5 s where the real one has 0.54 s.
    assert len(ours) >= len(theirs)


def test_every_request_the_app_ever_wrote_is_taken_or_met_with_silence():
    journal = Journal()
    for write in app_session()["writes"]:
        client = Client(hub=make_hub(journal=journal))
        client.bms = client.hub.bms
        client.session.feed(JK, bytes.fromhex(write["hex"]))
        run(client.hub, 120)
        answered = client.link.take(JK)
        wanted = write["command"] in (0x96, 0x97) or (
            write["command"] == 0x6C and write["length"] == 4
        )
        assert bool(answered) == wanted, write["hex"]
