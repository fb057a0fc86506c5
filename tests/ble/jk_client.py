"""JkClient: a client of the JK service on a hub of its own, for tests."""

import struct

from ble import jk02
from ble.session import JK
from tests.ble.bench import FakeBms, Link, make_hub, request, run

ACK = jk02.ACK


class Client:
    """One JK client on a hub of its own, with the app window open unless said otherwise."""

    def __init__(self, bms=None, access=None, mtu=247, hub=None):
        self.bms = bms or FakeBms()
        self.hub = hub or make_hub(self.bms, access)
        self.link = Link(mtu)
        self.session = self.hub.open(self.link)

    def ask(self, command, value=b"", ms=200):
        """Send a request; all notifications that came within the time."""
        self.session.feed(JK, request(command, value))
        run(self.hub, ms)
        sent = [data for _, data in self.link.sent]
        self.link.sent = []
        return sent

    def set(self, command, value):
        """True when the write was acknowledged."""
        return self.ask(command, struct.pack("<i", value)) == [ACK]


def join(pieces):
    return b"".join(pieces)


def status_times(client, ms, step_ms=20):
    times = []
    for now in range(0, ms, step_ms):
        client.hub.tick(step_ms)
        records = [data for _, data in client.link.sent if data[:5] == b"\x55\xaa\xeb\x90\x02"]
        if records:
            times.append(now + step_ms)
        client.link.sent = []
    return times
