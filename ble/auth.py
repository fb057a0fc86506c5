"""Auth: who may change things. The board never sees a password.

A password lives on the phone; the board keeps K = PBKDF2-HMAC-SHA256(password, salt,
600 000 rounds, 32 bytes). A login proves on both sides that K is known:

    OUT ──begin(which, phone nonce)──▶ CHALLENGED ──prove(tag)──▶ READER or OWNER
      ◀──────────── end, wrong tag, three wrong seals ────────────┘

    tag    = HMAC(K, "phone" ‖ which ‖ phone nonce ‖ board nonce)
    answer = HMAC(K, "board" ‖ which ‖ phone nonce ‖ board nonce)
    S      = HMAC(K, "session" ‖ which ‖ phone nonce ‖ board nonce)

One try per nonce. After that every command carries a counter that rises strictly and
the first 8 bytes of HMAC(S, "command" ‖ all before it); answers are sealed likewise
with "answer". Taking over the link gains nothing, a replay is refused.

Guessing is slowed for everybody at once: five wrong tags are free, then 1 s doubling to
1 h, kept over power cycles; only the button ends it.
"""

import hashlib

from micropython import const

OUT = const(0)
CHALLENGED = const(1)
READER = const(2)
OWNER = const(3)

CONNECTION = const(0)  # which password
SETTINGS = const(1)

NONCE_BYTES = const(16)
TAG_BYTES = const(32)
SEAL_BYTES = const(8)
COUNTER_BYTES = const(4)
PROOF_BYTES = const(16)
_STRIKES = const(3)
_BLOCK = const(64)
_FREE = const(5)
_LONGEST_S = const(3600)


def hmac(key, *parts):
    """HMAC-SHA256 (RFC 2104) of the parts, one after the other; the key is ≤ 64 bytes."""
    inner = hashlib.sha256(_pad(key, 0x36))
    for part in parts:
        inner.update(part)
    return hashlib.sha256(_pad(key, 0x5C) + inner.digest()).digest()


def _pad(key, mask):
    # As one long number: a loop over 64 bytes would take milliseconds on the board.
    number = int.from_bytes(key + bytes(_BLOCK - len(key)), "big")
    return (number ^ int.from_bytes(bytes((mask,)) * _BLOCK, "big")).to_bytes(_BLOCK, "big")


def same(one, other):
    """Equality in a time that depends on the lengths only."""
    if len(one) != len(other):
        return False
    differs = 0
    for i in range(len(one)):
        differs |= one[i] ^ other[i]
    return differs == 0


def wait_s(failures):
    """How long nobody may try after so many wrong tags."""
    if failures <= _FREE:
        return 0
    if failures - _FREE > 12:
        return _LONGEST_S
    return 1 << (failures - _FREE - 1)


class Lockout:
    """The time that must pass before the next guess, kept in the access record."""

    def __init__(self, access):
        self._access = access
        self._left_ms = access.wait_s * 1000

    def left_s(self):
        """Seconds until the next try, rounded up; 0 when one may try."""
        return (self._left_ms + 999) // 1000

    def failed(self):
        """Count a wrong tag, and store that before anybody is told."""
        access = self._access
        if access.failures < 0xFFFF:
            access.failures += 1
        access.wait_s = wait_s(access.failures)
        self._left_ms = access.wait_s * 1000
        access.save()

    def clear(self):
        """The button: nothing was guessed."""
        access = self._access
        access.failures = access.wait_s = self._left_ms = 0
        access.save()

    def tick(self, dt_ms):
        """Let time pass; the end of a wait is stored, or a restart would begin it anew."""
        if self._left_ms:
            self._left_ms = max(0, self._left_ms - dt_ms)
            if not self._left_ms:
                self._access.wait_s = 0
                self._access.save()


class Login:
    """The login of one link. `entropy(n)` gives n unpredictable bytes."""

    def __init__(self, access, lockout, entropy):
        self.state = OUT
        self.counter = 0
        self.which = CONNECTION
        self.was_wrong = False  # the last `prove` was a wrong guess, not one out of turn
        self._access = access
        self._lockout = lockout
        self._entropy = entropy
        self._nonces = b""
        self._key = b""
        self._strikes = 0

    def begin(self, which, phone_nonce):
        """Start a login: the board's nonce and the salt of that password."""
        self.end()
        board_nonce = self._entropy(NONCE_BYTES)
        self.which = which
        self._nonces = bytes((which,)) + phone_nonce + board_nonce
        self.state = CHALLENGED
        return board_nonce + self._access.salts[which]

    def prove(self, tag):
        """The board's own proof if `tag` is right, else None; either way the nonce is spent."""
        self.was_wrong = False
        if self.state != CHALLENGED or self._lockout.left_s():
            self.end()
            return None
        key = self._access.keys[self.which]
        if not same(tag, hmac(key, b"phone", self._nonces)):
            self._lockout.failed()
            self.was_wrong = True
            self.end()
            return None
        self._key = hmac(key, b"session", self._nonces)
        self.state = OWNER if self.which == SETTINGS else READER
        return hmac(key, b"board", self._nonces)

    def came_with(self, which):
        """Logged in, or on the way, with this password."""
        return self.state != OUT and self.which == which

    def end(self):
        """Log out."""
        self.state = OUT
        self.counter = 0
        self._key = b""
        self._strikes = 0

    def unseal(self, body):
        """What a sealed command says, without counter and seal; None when it is refused.

        `body` is op, counter, arguments, seal. The third wrong seal ends the login.
        """
        if self.state < READER or len(body) < 1 + COUNTER_BYTES + SEAL_BYTES:
            return None
        said = body[:-SEAL_BYTES]
        if not same(body[-SEAL_BYTES:], hmac(self._key, b"command", said)[:SEAL_BYTES]):
            self._strikes += 1
            if self._strikes >= _STRIKES:
                self.end()
            return None
        counter = int.from_bytes(said[1 : 1 + COUNTER_BYTES], "little")
        if counter <= self.counter:
            return None
        self.counter = counter
        return said[1 + COUNTER_BYTES :]

    def seal(self, body):
        """`body` with the seal of an answer; plain while nobody is logged in."""
        if self.state < READER:
            return body
        return body + hmac(self._key, b"answer", body)[:SEAL_BYTES]

    def unwrap(self, which, salt, wrapped, proof):
        """A new key, sent by one who knows the old one; None when the proof is wrong.

        wrapped = new key XOR HMAC(old, "wrap" ‖ nonces ‖ salt);
        proof = first 16 bytes of HMAC(old, "change" ‖ nonces ‖ salt ‖ wrapped).
        A wrong proof counts as a guess, for it is one.
        """
        if self._lockout.left_s():
            return None
        old = self._access.keys[which]
        if not same(proof, hmac(old, b"change", self._nonces, salt, wrapped)[:PROOF_BYTES]):
            self._lockout.failed()
            return None
        mask = hmac(old, b"wrap", self._nonces, salt)
        return bytes([a ^ b for a, b in zip(wrapped, mask)])
