"""Session: one link. Bytes in by `feed`, answers out through `link`, time by `tick`.

`link` has: mtu (int or None), notify(channel, data) → False when there is no room now,
close(). Channel JK is the service that every JK client knows, OWN is ours.

Frames wait in a queue of eight per channel, and are carried out at most five a second,
one when the answer to the last is out. What does not fit is refused, never the oldest
dropped. A link on which nothing moved for ten minutes in either direction is closed,
and one that took nothing of an answer for half a minute.
"""

from micropython import const

from ble.auth import Login
from ble.frame import piece_bytes
from ble.jk_service import JkService
from ble.own_service import OwnService

JK = const(0)
OWN = const(1)

QUEUE_MAX = const(8)
_BURST = const(5)
_TOKEN_MS = const(200)
_SILENT_MS = const(600_000)
_STUCK_MS = const(30_000)
_HALF_MS = const(1_000)  # a frame that has not ended by then never will


class Outbox:
    """One message at a time on one channel, in equal pieces, as fast as the link takes them."""

    def __init__(self, link, channel):
        self.moved = False  # since somebody looked
        self._link = link
        self._channel = channel
        self._data = b""
        self._at = 0
        self._piece = 1

    def put(self, data):
        """Send `data`, which the outbox keeps; only while `is_empty`. The number of pieces."""
        self._data = data
        self._at = 0
        self._piece = piece_bytes(len(data), self._link.mtu)
        self.pump()
        return -(-len(data) // self._piece)

    def is_empty(self):
        """All is sent."""
        return self._at >= len(self._data)

    def pump(self):
        """Hand over what the link takes."""
        data = self._data
        while self._at < len(data):
            end = self._at + self._piece
            if not self._link.notify(self._channel, bytes(data[self._at : end])):
                return
            self._at = end
            self.moved = True


class Session:
    """What one central may do and is being told."""

    def __init__(self, hub, link):
        self.hub = hub
        self.link = link
        self.login = Login(hub.access, hub.lockout, hub.entropy)
        self.services = (
            JkService(hub, self.login, Outbox(link, JK)),
            OwnService(hub, self.login, Outbox(link, OWN)),
        )
        self._queues: tuple = ([], [])
        self._readers = (
            self.services[JK].reader(self._queue_jk),
            self.services[OWN].reader(self._queue_own),
        )
        self._tokens = _BURST
        self._token_ms = 0
        self._silent_ms = 0
        self._stuck_ms = 0
        self._half_ms = 0

    def feed(self, channel, data):
        """Take in what the central wrote; any bytes at all, never raises."""
        self._silent_ms = self._half_ms = 0
        reader = self._readers[channel]
        before = reader.skipped
        reader.feed(data)
        if reader.skipped != before:
            self.hub.skipped(reader.skipped - before)

    def tick(self, dt_ms):
        """Let time pass, send what waits, carry out what may be."""
        self._rate(dt_ms)
        self._forget(dt_ms)
        for channel in (JK, OWN):
            service = self.services[channel]
            service.tick(dt_ms)
            queue = self._queues[channel]
            if queue and self._tokens and service.is_ready():
                self._tokens -= 1
                service.execute(queue.pop(0))
        self._watch(dt_ms)

    def _queue_jk(self, frame):
        if len(self._queues[JK]) >= QUEUE_MAX:
            self.services[JK].overflow()
        else:
            self._queues[JK].append(frame)

    def _queue_own(self, frame):
        if len(self._queues[OWN]) >= QUEUE_MAX:
            self.services[OWN].overflow()
        else:
            self._queues[OWN].append(frame)

    def _rate(self, dt_ms):
        self._token_ms += dt_ms
        while self._token_ms >= _TOKEN_MS:
            self._token_ms -= _TOKEN_MS
            if self._tokens < _BURST:
                self._tokens += 1

    def _forget(self, dt_ms):
        self._half_ms += dt_ms
        if self._half_ms >= _HALF_MS:
            self._half_ms = 0
            for reader in self._readers:
                if reader.holds():
                    reader.forget()
                    self.hub.skipped(1)

    def _watch(self, dt_ms):
        waiting = moved = False
        for service in self.services:
            outbox = service.outbox
            waiting = waiting or not outbox.is_empty()
            moved = moved or outbox.moved
            outbox.moved = False
        self._silent_ms = 0 if moved else self._silent_ms + dt_ms
        self._stuck_ms = 0 if moved or not waiting else self._stuck_ms + dt_ms
        if self._silent_ms >= _SILENT_MS or self._stuck_ms >= _STUCK_MS:
            self._silent_ms = self._stuck_ms = 0
            self.link.close()
