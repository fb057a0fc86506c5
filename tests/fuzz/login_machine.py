"""Campaign 5: the login machine under every word of events, against a plain model.

    python -m tests.fuzz.login_machine [LENGTH] [RANDOM_WORDS] [SEED]

All words up to LENGTH of the eight events that matter, as a prefix tree; then every state
that can be reached, with every one of eleven events from it; then random words of length
100. The model knows nothing of HMAC: it says who ought to be let in. Host only.
"""

import copy
import sys

import hal.virtual  # noqa: F401
from ble.access import FACTORY_KEYS, Access
from ble.auth import OUT, OWNER, READER, Lockout, Login, hmac, wait_s
from tests.ble.bench import Entropy
from tests.fuzz.radio import Dice

# Begin with either password, answer rightly, wrongly, with an older tag; say something
# sealed, say it again, say it with a bad seal; leave; let the wait pass, or a part of it.
EVENTS = "BRWOPXSTCLt"
MATTER = EVENTS[:8]


class Machine:
    """The real login, and what a phone (and an eavesdropper) has in hand."""

    def __init__(self):
        self.access = Access()
        self.lockout = Lockout(self.access)
        self.login = Login(self.access, self.lockout, Entropy())
        self.which = None
        self.nonces = None
        self.stale = None
        self.key = b""
        self.said = None
        self.counter = 0

    def clone(self):
        """A copy that goes its own way."""
        new = copy.copy(self)
        new.access = copy.copy(self.access)
        new.lockout = copy.copy(self.lockout)
        new.lockout._access = new.access
        new.login = copy.copy(self.login)
        new.login._access = new.access
        new.login._lockout = new.lockout
        new.login._entropy = copy.copy(self.login._entropy)
        return new

    def do(self, event):
        """Carry out an event: what came of it, as the model tells it."""
        return getattr(self, "_" + event)()

    def _begin(self, which):
        if self.nonces:
            self.stale = hmac(FACTORY_KEYS[self.which], b"phone", self.nonces)
        challenge = self.login.begin(which, bytes(16))
        self.which = which
        self.nonces = bytes((which,)) + bytes(16) + challenge[:16]
        return None

    def _B(self):
        return self._begin(1)

    def _C(self):
        return self._begin(0)

    def _prove(self, tag):
        proof = self.login.prove(tag)
        if proof is None:
            return False
        key = FACTORY_KEYS[self.which]
        assert proof == hmac(key, b"board", self.nonces)
        self.key = hmac(key, b"session", self.nonces)
        self.counter = 0
        self.said = None
        return True

    def _R(self):
        if self.nonces is None:
            return self._prove(bytes(32))
        return self._prove(hmac(FACTORY_KEYS[self.which], b"phone", self.nonces))

    def _W(self):
        return self._prove(b"\1" * 32)

    def _S(self):
        return self._prove(self.stale or b"\2" * 32)

    def _O(self):
        self.counter += 1
        body = b"\x10" + self.counter.to_bytes(4, "little") + b"do"
        self.said = body + hmac(self.key, b"command", body)[:8]
        return self.login.unseal(self.said) == b"do"

    def _P(self):
        return self.login.unseal(self.said or bytes(20)) is not None

    def _X(self):
        return self.login.unseal(b"\x10" + b"\xff" * 4 + b"do" + bytes(8)) is not None

    def _L(self):
        self.login.end()

    def _T(self):
        self.lockout.tick(self.lockout.left_s() * 1000)

    def _t(self):
        self.lockout.tick(500)


class Model:
    """Who ought to be let in: no keys, only facts."""

    def __init__(self):
        self.level = OUT
        self.pending = None  # the password of an open challenge
        self.asked = None  # of the last one, answered or not
        self.failures = 0
        self.left_ms = 0
        self.strikes = 0
        self.said = 0  # 0 nothing, 1 something that was accepted in this login, 2 something older

    def do(self, event):
        if event in "BC":
            self._out()
            self.pending = self.asked = 1 if event == "B" else 0
            return None
        if event in "RWS":
            return self._prove(event == "R")
        if event in "OPX":
            return self._say(event)
        if event == "L":
            self._out()
        elif event == "T":
            self.left_ms = 0
        else:
            self.left_ms = max(0, self.left_ms - 500)
        return None

    def _out(self):
        self.level = OUT
        self.pending = None
        self.strikes = 0
        if self.said:
            self.said = 2

    def _prove(self, is_right):
        pending = self.pending
        self._out()
        if pending is None or self.left_ms:
            return False
        if is_right:
            self.level = OWNER if pending else READER
            self.said = 0
            return True
        self.failures += 1
        self.left_ms = wait_s(self.failures) * 1000
        return False

    def _say(self, event):
        if self.level == OUT:
            # A phone may say anything; what it said is old when it is in again.
            if event == "O":
                self.said = 2
            return False
        if event == "O":
            self.said = 1
            return True
        if event == "P" and self.said == 1:
            return False  # a right seal, but its counter was used
        self.strikes += 1
        if self.strikes == 3:
            self._out()
        return False

    def state(self):
        return (
            self.level,
            self.pending,
            min(self.failures, 8),
            self.left_ms,
            self.strikes,
            self.said,
        )


def agree(machine, model, word):
    """The real thing stands where the model says."""
    level = machine.login.state if machine.login.state >= READER else OUT
    assert level == model.level, word
    assert (machine.login.state == 1) == (model.pending is not None), word
    assert machine.access.failures == model.failures, word
    assert machine.lockout.left_s() == (model.left_ms + 999) // 1000, word


def step(machine, model, event, word):
    """One event on both; they must agree."""
    assert machine.do(event) == model.do(event), word + event
    agree(machine, model, word + event)


def tree(length, first):
    """All words of up to `length` events that begin with `first`; how many."""
    machine, model = Machine(), Model()
    step(machine, model, first, "")
    return 1 + _branches(length - 1, machine, model, first)


def _branches(length, machine, model, word):
    if not length:
        return 0
    count = 0
    for event in MATTER:
        next_machine, next_model = machine.clone(), copy.copy(model)
        step(next_machine, next_model, event, word)
        count += 1 + _branches(length - 1, next_machine, next_model, word + event)
    return count


def reachable():
    """Every state that can be reached (up to eight failures), every event from it."""
    machine, model = Machine(), Model()
    waiting = [(machine, model, "")]
    seen = {model.state()}
    edges = 0
    while waiting:
        machine, model, word = waiting.pop()
        for event in EVENTS:
            next_machine, next_model = machine.clone(), copy.copy(model)
            step(next_machine, next_model, event, word)
            edges += 1
            state = next_model.state()
            if state not in seen and next_model.failures <= 8:
                seen.add(state)
                waiting.append((next_machine, next_model, word + event))
    return len(seen), edges


def random_words(count, seed):
    """Words of length 100."""
    dice = Dice(seed)
    for nth in range(count):
        machine, model = Machine(), Model()
        word = ""
        for _ in range(100):
            event = dice.one_of(EVENTS)
            step(machine, model, event, "seed %d word %d: %s" % (seed, nth, word))
            word += event
    return count


def main(words):
    length = int(words[0]) if words else 6
    count = int(words[1]) if len(words) > 1 else 1000
    seed = int(words[2]) if len(words) > 2 else 1
    print(
        "login machine: %d words of up to %d events"
        % (sum(tree(length, first) for first in MATTER), length)
    )
    print("login machine: %d states, %d edges" % reachable())
    print("login machine: %d random words of 100 events" % random_words(count, seed))


if __name__ == "__main__":
    main(sys.argv[1:])
