"""OwnService: one client of our own service; `ble/README.md` describes every byte.

A body is an op and its arguments. Ops below 0x10 anybody may send: greeting, login,
reading (as far as the owner leaves that open). From 0x10 on they change something and
are sealed (`ble.auth`): op, counter, arguments, seal. Every op is answered, by itself
with the top bit set, or by a refusal that names field and reason.
"""

import struct

from micropython import const

from ble import codes, pages
from ble.auth import COUNTER_BYTES, NONCE_BYTES, OWNER, READER, SETTINGS, TAG_BYTES
from ble.changes import Changes
from ble.frame import OWN_START, Reader, own_frame
from firmware.settings import Refused

VERSION = const(1)
SEALED = const(0x10)  # ops from here on
ANSWER = const(0x80)
REFUSAL = const(0xFF)
OWN_COMMAND = const(0x100)  # tells our ops from JK's commands in the journal

# Reasons of a refusal.
MALFORMED = const(1)
LOGIN_NEEDED = const(2)
LOCKED = const(3)
WRONG = const(4)
NOT_ALLOWED = const(5)
BUSY = const(6)

_TEXT_MAX = const(160)


class OwnService:
    """`execute(frame)` when `is_ready()`; `tick` in between."""

    def __init__(self, hub, login, outbox):
        self.outbox = outbox
        self._hub = hub
        self._login = login
        self._changes = Changes(hub, login)
        self._lost = 0
        # op: fewest and most bytes of arguments, verb
        self._ops = {
            0x01: (1, 1, self._hello),
            0x02: (1 + NONCE_BYTES, 1 + NONCE_BYTES, self._begin),
            0x03: (TAG_BYTES, TAG_BYTES, self._prove),
            0x04: (1, 3, self._read),
            0x05: (0, 0, self._leave),
        }

    def reader(self, take):
        """The reader of this service's frames."""
        return Reader(OWN_START, 0, take)

    def overflow(self):
        """An op found no room; it is refused as soon as there is some."""
        self._lost += 1

    def is_ready(self):
        """The last op is answered."""
        return self.outbox.is_empty()

    def tick(self, dt_ms):
        """Go on sending; say what was refused for want of room."""
        self.outbox.pump()
        if self._lost and self.outbox.is_empty():
            self._send(bytes((REFUSAL, 0, 0, 0, 0, 0, BUSY)) + b"%d lost" % self._lost)
            self._lost = 0
        self._changes.tick(dt_ms)

    def execute(self, frame):
        """Carry out one op; `frame` has the right sum."""
        body = frame[2:-1]
        op = body[0]
        if op >= SEALED:
            self._sealed(op, body)
            return
        low, high, verb = self._ops.get(op, (0, 0, None))
        if verb is None:
            self._refuse(op, MALFORMED, "op: unknown")
        elif not low <= len(body) - 1 <= high:
            self._refuse(op, MALFORMED, "length: %d" % (len(body) - 1))
        else:
            verb(body[1:])

    def _sealed(self, op, body):
        if self._login.state < READER:
            self._refuse(op, LOGIN_NEEDED, "login: needed")
            return
        arguments = self._login.unseal(body)
        if arguments is None:
            self._refuse(op, WRONG, "seal: wrong, or counter not above the last")
            return
        counter = body[1 : 1 + COUNTER_BYTES]
        changes = self._changes
        try:
            self._carry_out(op, arguments)
        except Refused as refused:
            changes.drop()
            self._hub.not_done(OWN_COMMAND | op, 0)
            text = ("%s: %s" % (refused.key, refused.reason))[:_TEXT_MAX].encode()
            answer = bytes((REFUSAL, op)) + counter + bytes((NOT_ALLOWED,)) + text
        else:
            answer = bytes((op | ANSWER,)) + counter
        self._send(self._login.seal(answer))
        for which in changes.expired:
            self._hub.end_logins(which)
        changes.expired = ()

    def _carry_out(self, op, arguments):
        if self._login.state != OWNER:
            raise Refused("login", "with the settings password needed")
        if not self._hub.is_password_good():
            raise Refused("password", "the factory's: only within 10 minutes after power-up")
        low, high, verb = self._changes.ops.get(op, (0, 0, None))
        if verb is None:
            raise Refused("op", "unknown")
        if not low <= len(arguments) <= high:
            raise Refused("length", "%d" % len(arguments))
        verb(arguments)

    # Ops that anybody may send.

    def _hello(self, arguments):
        hub = self._hub
        head = struct.pack(
            "<BBBHH",
            VERSION,
            self._login.state,
            pages.flags(hub),
            hub.window_left_s(),
            hub.lockout.left_s(),
        )
        texts = b"\0".join([text.encode() for text in (hub.name(), hub.bms.board.facts.MODEL)])
        self._reply(0x01, head + texts)

    def _begin(self, arguments):
        hub = self._hub
        which = arguments[0]
        if which > SETTINGS:
            self._refuse(0x02, MALFORMED, "password: %d is none" % which)
        elif hub.lockout.left_s():
            self._refuse(0x02, LOCKED, "login: locked for %d s" % hub.lockout.left_s())
        elif which == SETTINGS and not hub.is_password_good():
            self._refuse(0x02, LOCKED, "password: factory's, only within 10 min after power-up")
        else:
            self._reply(0x02, self._login.begin(which, arguments[1:]))

    def _prove(self, arguments):
        hub = self._hub
        which = self._login.which
        proof = self._login.prove(arguments)
        if proof is None:
            if self._login.was_wrong:
                hub.wrong_password(which)
            self._refuse(0x03, WRONG, "login: wrong; next try in %d s" % hub.lockout.left_s())
        else:
            self._reply(0x03, proof)
            hub.bms.events.post(codes.LOGGED_IN, which, len(hub.sessions))

    def _read(self, arguments):
        start = 0
        for i in range(len(arguments) - 1, 0, -1):
            start = start << 8 | arguments[i]
        if self._hub.access.read_lock and self._login.state < READER:
            self._refuse(0x04, LOGIN_NEEDED, "login: needed for reading")
            return
        page = pages.read(self._hub, arguments[0], start)
        if page is None:
            self._refuse(0x04, MALFORMED, "page: %d is none" % arguments[0])
        else:
            self._reply(0x04, arguments[:1] + page)

    def _leave(self, arguments):
        self._login.end()
        self._reply(0x05, b"")

    # Answers.

    def _reply(self, op, payload):
        self._send(bytes((op | ANSWER,)) + payload)

    def _refuse(self, op, reason, text):
        self._hub.not_done(OWN_COMMAND | op, 0)
        self._send(bytes((REFUSAL, op, 0, 0, 0, 0, reason)) + text.encode())

    def _send(self, body):
        self.outbox.put(own_frame(body))
