"""Phone: the other end of our own service, for tests; portable.

A password becomes a key on the phone only. `derive` is slow on purpose and host-only;
tests that need no password of their own use the factory's keys.
"""

import binascii

from ble.auth import hmac
from ble.frame import own_frame
from ble.session import OWN
from tests.ble.bench import run

CONNECTION = 0
SETTINGS = 1
HELLO, LOGIN, PROOF, READ, LEAVE = 1, 2, 3, 4, 5
SET, PRESET, COMMISSION, WINDOW, OPTIONS, CALIBRATE = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
CLOCK, NAME, USER_DATA, KEY_BEGIN, KEY_SET, ACT = 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B
NONCE = b"nonce of a phone"


def check_password(text):
    """A new password: 8 to 32 printable ASCII characters; ValueError otherwise."""
    if not 8 <= len(text) <= 32 or any([not 32 <= ord(char) <= 126 for char in text]):
        raise ValueError("a password has 8 to 32 printable ASCII characters")
    return text


def derive(password, salt):
    """K of a password: 600 000 rounds, on a host."""
    from hashlib import pbkdf2_hmac

    return pbkdf2_hmac("sha256", password.encode(), salt, 600_000, 32)


class Phone:
    """Speaks to one session of a hub, letting time pass until it is answered."""

    def __init__(self, hub, session, link):
        self.hub = hub
        self.session = session
        self.link = link
        self.key = None
        self.nonces = b""
        self.counter = 0

    def ask(self, body):
        """Send a body, give the bodies of all answers."""
        self.session.feed(OWN, own_frame(body))
        run(self.hub, 240)
        return self.answers()

    def answers(self):
        """The bodies that came since the last look."""
        data = self.link.take(OWN)
        bodies = []
        while data:
            end = data[1] + 3
            frame = data[:end]
            assert frame[0] == 0xA6 and len(frame) == end
            assert binascii.crc32(frame[:-1]) & 0xFF == frame[-1]
            bodies.append(frame[2:-1])
            data = data[end:]
        return bodies

    def begin(self, which=SETTINGS, nonce=NONCE):
        """The first half of a login: the answer's body."""
        (body,) = self.ask(bytes((LOGIN, which)) + nonce)
        if body[0] == LOGIN | 0x80:
            self.nonces = bytes((which,)) + nonce + body[1:17]
        return body

    def prove(self, key):
        """The second half: True when both sides know the key."""
        (body,) = self.ask(bytes((PROOF,)) + hmac(key, b"phone", self.nonces))
        if body[0] != PROOF | 0x80:
            return False
        assert body[1:] == hmac(key, b"board", self.nonces)
        self.key = hmac(key, b"session", self.nonces)
        self.counter = 0
        return True

    def login(self, key, which=SETTINGS):
        """Both halves."""
        return self.begin(which)[0] == LOGIN | 0x80 and self.prove(key)

    def sealed(self, op, arguments=b"", counter=None):
        """The body of a sealed command."""
        if counter is None:
            self.counter += 1
            counter = self.counter
        body = bytes((op,)) + counter.to_bytes(4, "little") + arguments
        return body + hmac(self.key, b"command", body)[:8]

    def change(self, op, arguments=b""):
        """A sealed command: "" when it was carried out, else the refusal's text."""
        (body,) = self.ask(self.sealed(op, arguments))
        assert body[-8:] == hmac(self.key, b"answer", body[:-8])[:8]
        if body[0] == 0xFF:
            assert body[1] == op
            return body[7:-8].decode()
        assert body[0] == op | 0x80
        assert int.from_bytes(body[1:5], "little") == self.counter
        return ""
