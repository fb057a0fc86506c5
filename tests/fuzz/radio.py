"""Fuzzing of the radio: rubbish, mutations, chopping; forged, replayed and strayed commands.

    python -m tests.fuzz.radio FRAMES ATTACKS [SEED]

Randomness is a seed, named by every failure. Runs on both Pythons.
"""

import sys

from ble.access import FACTORY_KEYS, Access
from ble.auth import hmac
from ble.frame import JK_BYTES, JK_START, OWN_START, Reader, own_frame
from ble.session import JK
from firmware.settings import INDEX
from tests.ble.bench import FakeBms, Link, make_hub, request
from tests.ble.phone import ACT, NAME, SET, Phone

_SALT = b"the owner's salt"
_OWNERS_KEY = bytes(range(32))


class Dice:
    """A small generator that gives the same numbers on both Pythons."""

    def __init__(self, seed):
        self._state = seed * 2654435761 + 1 & 0x3FFFFFFF

    def below(self, limit):
        """0 .. limit - 1."""
        self._state = self._state * 1103515245 + 12345 & 0x3FFFFFFF
        return (self._state >> 8) % limit

    def data(self, count):
        """Random bytes."""
        return bytes([self.below(256) for _ in range(count)])

    def one_of(self, things):
        return things[self.below(len(things))]


def jk_stream(dice):
    """Something like a JK request, from perfect to hopeless."""
    kind = dice.below(8)
    value = dice.data(dice.one_of((0, 0, 1, 2, 4, 4, 4, 4, 13)))
    frame = bytearray(request(dice.below(256), value, dice.below(256)))
    if kind == 0:
        return dice.data(dice.one_of((0, 1, 2, 19, 20, 21, 40, 600)))
    if kind == 1:
        frame[dice.below(20)] ^= 1 << dice.below(8)
    elif kind == 2:
        frame = frame[: dice.below(20)]
    elif kind == 3:
        frame = dice.data(dice.below(20)) + frame
    elif kind == 4:
        frame = frame + frame[: dice.below(20)]
    elif kind == 5:
        frame[5] = dice.below(256)  # a length that lies, with the sum put right
        frame[19] = sum(frame[:19]) & 0xFF
    return bytes(frame)


def own_stream(dice):
    """Something like a frame of our own service."""
    kind = dice.below(8)
    op = dice.one_of((0, 1, 2, 3, 4, 5, 6, 0x10, 0x12, 0x15, 0x17, 0x19, 0x1A, 0x1B, 0x80, 0xFF))
    frame = own_frame(bytes((op,)) + dice.data(dice.one_of((0, 1, 2, 3, 13, 17, 18, 32, 48, 60))))
    if kind == 0:
        return dice.data(dice.one_of((0, 1, 3, 64, 65, 600)))
    if kind == 1:
        frame[dice.below(len(frame))] ^= 1 << dice.below(8)
    elif kind == 2:
        frame = frame[: dice.below(len(frame))]
    elif kind == 3:
        frame = dice.data(dice.below(9)) + frame
    elif kind == 4:
        frame = frame + frame
    return bytes(frame)


def chopped(dice, data):
    """The same bytes in random pieces."""
    pieces = []
    while data:
        count = 1 + dice.below(dice.one_of((1, 3, 20, 64)))
        pieces.append(data[:count])
        data = data[count:]
    return pieces


class Target:
    """A board with an own password whose window is closed; nobody has logged in."""

    def __init__(self, read_lock):
        access = Access()
        access.set_key(1, _SALT, _OWNERS_KEY)
        access.read_lock = read_lock
        self.bms = FakeBms()
        self.hub = make_hub(self.bms, access)
        self.settings = self.bms.settings
        self.link = Link(247)
        self.session = self.hub.open(self.link)

    def check(self):
        """Nothing has changed."""
        access = self.hub.access
        assert self.bms.settings is self.settings
        assert not self.bms.calls and not self.bms.changes and not self.bms.guard.cleared
        assert access.name == "" and access.user_data == "" and access.window == 0
        assert access.keys == [FACTORY_KEYS[0], _OWNERS_KEY]
        assert self.hub.window_ms == 0 and self.session.login.state < 2


def fuzz(count, seed):
    """`count` streams at a board that none may change, in two choppings at once."""
    dice = Dice(seed)
    for batch in range(0, count, 500):
        one, other = Target(batch % 1000 == 0), Target(batch % 1000 == 0)
        for nth in range(batch, min(batch + 500, count)):
            where = "seed %d, stream %d" % (seed, nth)
            channel = dice.below(2)
            stream = jk_stream(dice) if channel == JK else own_stream(dice)
            one.session.feed(channel, stream)
            for piece in chopped(dice, stream):
                other.session.feed(channel, piece)
            for target in (one, other):
                target.hub.tick(200)
            assert one.link.sent == other.link.sent, where
            assert one.hub.rubbish == other.hub.rubbish, where
            one.link.sent = []
            other.link.sent = []
        one.check()
        other.check()
    return count


def fuzz_readers(count, seed):
    """`count` streams into the readers alone: at once, byte by byte, and in pieces."""
    dice = Dice(seed)
    got = ([], [], [])
    for start, fixed, stream_of in ((JK_START, JK_BYTES, jk_stream), (OWN_START, 0, own_stream)):
        readers = [Reader(start, fixed, frames.append) for frames in got]
        for nth in range(count // 2):
            stream = stream_of(dice)
            readers[0].feed(stream)
            for i in range(len(stream)):
                readers[1].feed(stream[i : i + 1])
            for piece in chopped(dice, stream):
                readers[2].feed(piece)
            where = "seed %d, stream %d" % (seed, nth)
            assert got[0] == got[1] == got[2], where
            assert readers[0].skipped == readers[1].skipped == readers[2].skipped, where
            for frames in got:
                frames.clear()
    return count // 2 * 2


def commands(dice):
    """(op, arguments) that would change something."""
    row = INDEX["chg_limit_ma"]
    ma = 1000 + dice.below(100_000)
    return dice.one_of(
        (
            (SET, b"\0" + bytes((row,)) + ma.to_bytes(4, "little")),
            (NAME, b"N%d" % dice.below(1000)),
            (ACT, b"\4\0"),
        )
    )


def attacks(count, seed):
    """`count` commands that nobody may accept; what the owner says in between is done."""
    dice = Dice(seed)
    access = Access()
    access.set_key(1, _SALT, _OWNERS_KEY)
    bms = FakeBms()
    hub = make_hub(bms, access)
    phones = []
    for _ in range(2):
        link = Link(247)
        phones.append(Phone(hub, hub.open(link), link))
    owner, other = phones
    heard = []  # sealed commands of the owner, as an eavesdropper has them
    for nth in range(count):
        where = "seed %d, attack %d" % (seed, nth)
        for phone in phones:
            if phone.session.login.state != 3:
                assert phone.login(_OWNERS_KEY), where
        if not heard or dice.below(10) == 0:
            op, arguments = commands(dice)
            heard.append(owner.sealed(op, arguments))
            (answer,) = owner.ask(heard[-1])
            assert answer[0] == op | 0x80, where
        body = bytearray(dice.one_of(heard))
        victim = owner
        kind = dice.below(6)
        if kind == 0:  # forged: one bit
            body[dice.below(len(body))] ^= 1 << dice.below(8)
        elif kind == 1:  # strayed to another session
            victim = other
        elif kind == 2:  # a higher counter under the old seal
            body[1:5] = (owner.counter + 1 + dice.below(1000)).to_bytes(4, "little")
        elif kind == 3:  # sealed with another key
            body[1:5] = (owner.counter + 1).to_bytes(4, "little")
            body[-8:] = hmac(dice.data(32), b"command", bytes(body[:-8]))[:8]
        elif kind == 4:  # an answer of the board's thrown back
            body[-8:] = owner.session.login.seal(bytes(body[:-8]))[-8:]
        # else replayed, or out of order, as it is
        before = bms.settings, access.pack(), bms.guard.cleared, len(bms.calls)
        for answer in victim.ask(bytes(body)):
            assert answer[0] == 0xFF or answer[0] < 0x90, where
        assert before == (bms.settings, access.pack(), bms.guard.cleared, len(bms.calls)), where
        bms.events.posted.clear()
    return count


def main(words):
    frames = int(words[0]) if words else 100_000
    tries = int(words[1]) if len(words) > 1 else 10_000
    seed = int(words[2]) if len(words) > 2 else 1
    print("%d streams, three choppings: the same frames" % fuzz_readers(frames // 10, seed))
    print("%d streams at a closed board: nothing changed" % fuzz(frames, seed))
    print("%d forged, replayed or strayed commands: 0 accepted" % attacks(tries, seed))


if __name__ == "__main__":
    main(sys.argv[1:])
