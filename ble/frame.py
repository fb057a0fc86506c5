"""Frames: bytes from the air become whole frames, however they were chopped or glued.

Two shapes, one reader. JK request, 20 bytes, from client to board:

    AA 55 90 EB | command | n | n bytes of value, filler to byte 18 | sum

Our own service, both ways, at most 64 bytes towards the board:

    A6 | n | n bytes | check

`sum` is the sum of all bytes before it, modulo 256; `check` the lowest byte of their
CRC-32. Anything else is skipped byte by byte until a start is found again, so what
follows rubbish or a half frame is not lost.
"""

from binascii import crc32

from micropython import const

JK_START = b"\xaa\x55\x90\xeb"
JK_BYTES = const(20)
OWN_START = b"\xa6"
OWN_BYTES = const(64)  # the longest own frame that is taken in
_OWN_EXTRA = const(3)
_MTU_MIN = const(23)
_ATT_BYTES = const(3)  # opcode and handle of a notification


class Reader:
    """Cuts a stream into frames; calls `take(frame)` with each whose last byte is right.

    `fixed` is the length of every frame, or 0 where the second byte tells it. `skipped`
    counts the bytes that belonged to no frame. Never raises, keeps at most one frame.
    """

    def __init__(self, start, fixed, take):
        self.skipped = 0
        self._start = start
        self._fixed = fixed
        self._take = take
        self._held = bytearray(fixed or OWN_BYTES)
        self._have = 0

    def feed(self, data):
        """Take in any number of bytes; `data` is bytes and is kept by nobody else."""
        if not self._have and self._is_frame(data):
            self._take(data)
            return
        at = 0
        end = len(data)
        while at < end:
            have = self._have
            more = min(self._wanted() - have, end - at)
            self._held[have : have + more] = data[at : at + more]
            self._have = have + more
            at += more
            while self._have >= self._wanted():
                self._cut()

    def forget(self):
        """Drop a half frame: its rest did not come in time."""
        self.skipped += self._have
        self._have = 0

    def holds(self):
        """True while a frame has begun and not ended."""
        return self._have > 0

    def _is_frame(self, data):
        # What nearly every write is: one whole frame. It takes a third of the time.
        size = len(data)
        if self._fixed:
            if size != self._fixed or data[: len(self._start)] != self._start:
                return False
        elif not 3 < size <= OWN_BYTES or data[0] != self._start[0] or data[1] != size - _OWN_EXTRA:
            return False
        return self._is_right(data)

    def _is_right(self, frame):
        last = frame[-1]
        if self._fixed:
            return (sum(frame) - last) & 0xFF == last
        return crc32(frame[:-1]) & 0xFF == last

    def _wanted(self):
        # How many bytes must be there before the next look at them.
        if self._fixed:
            return self._fixed
        if self._have < 2 or not self._begins():
            return 2
        return self._held[1] + _OWN_EXTRA

    def _cut(self):
        if self._begins():
            total = self._wanted()
            frame = bytes(self._held[:total])
            if self._is_right(frame):
                self._keep_from(total)
                self._take(frame)
                return
        self._skip()

    def _begins(self):
        # What is there can be the beginning of a frame.
        held = self._held
        start = self._start
        for i in range(min(self._have, len(start))):
            if held[i] != start[i]:
                return False
        return bool(self._fixed) or 0 < held[1] <= OWN_BYTES - _OWN_EXTRA

    def _skip(self):
        # To the next byte that can start a frame.
        held = self._held
        first = self._start[0]
        at = 1
        while at < self._have and held[at] != first:
            at += 1
        self.skipped += at
        self._keep_from(at)

    def _keep_from(self, at):
        left = self._have - at
        self._held[:left] = self._held[at : self._have]
        self._have = left


def own_frame(body):
    """The own frame around `body`."""
    frame = bytearray(len(body) + _OWN_EXTRA)
    frame[0] = OWN_START[0]
    frame[1] = len(body)
    frame[2:-1] = body
    frame[-1] = crc32(frame[:-1]) & 0xFF
    return frame


def piece_bytes(total, mtu):
    """How long the pieces of `total` bytes are at this MTU; None is the least, 23.

    Equal pieces, so that none is a short tail: one client reads the fourth byte of
    every notification unasked.
    """
    room = max(mtu or _MTU_MIN, _MTU_MIN) - _ATT_BYTES
    count = -(-total // room)
    return -(-total // count)
