"""The readers: whole frames out of any stream, in any pieces."""

from ble.frame import (
    JK_BYTES,
    JK_START,
    OWN_BYTES,
    OWN_START,
    Reader,
    own_frame,
    piece_bytes,
)
from tests.ble.bench import request
from tests.each import each

GET = request(0x97, filler=0x5A)
SET = request(0x1D, b"\1\0\0\0")


def jk_frames(*writes):
    got = []
    reader = Reader(JK_START, JK_BYTES, got.append)
    for data in writes:
        reader.feed(data)
    return got, reader


def own_frames(*writes):
    got = []
    reader = Reader(OWN_START, 0, got.append)
    for data in writes:
        reader.feed(data)
    return got, reader


def one_by_one(data):
    return [data[i : i + 1] for i in range(len(data))]


# stream, the frames in it, bytes that belong to none
JK_STREAMS = (
    (GET, [GET], 0),
    (GET + SET, [GET, SET], 0),
    (b"", [], 0),
    (b"\x01\x02" + GET, [GET], 2),
    (b"\xaa" + GET, [GET], 1),
    (b"\xaa\x55\x90" + GET, [GET], 3),
    (GET[:10] + SET, [SET], 10),
    (GET[:19] + b"\0" + SET, [SET], 20),
    (bytes(600), [], 600),
    (JK_START * 150, [], 600 - 16),
    (b"\xaa" * 600, [], 600 - 19),
    (GET[:19], [], 0),
)


@each(JK_STREAMS)
def test_jk_frames_are_found_in_any_stream(row):
    stream, frames, skipped = row
    got, reader = jk_frames(stream)
    assert got == frames
    assert reader.skipped == skipped


@each(JK_STREAMS)
def test_jk_frames_byte_by_byte_are_those_at_once(row):
    stream, frames, skipped = row
    got, reader = jk_frames(*one_by_one(stream))
    assert got == frames
    assert reader.skipped == skipped


@each(range(20))
def test_every_wrong_byte_of_a_jk_frame_spoils_it(row):
    spoilt = bytearray(SET)
    spoilt[row] ^= 0x10
    got, _ = jk_frames(bytes(spoilt))
    assert got == []


SHORT = bytes(own_frame(b"\x01"))
LONG = bytes(own_frame(bytes(range(61))))
OWN_STREAMS = (
    (SHORT, [SHORT], 0),
    (LONG + SHORT, [LONG, SHORT], 0),
    (b"\xa6", [], 0),
    (b"\xa6\x00" + SHORT, [SHORT], 2),
    (b"\xa6\x3e" + SHORT, [SHORT], 2),  # one more than the longest
    (b"\x00" + SHORT, [SHORT], 1),
    (b"\xa6" + SHORT, [SHORT], 1),
    (b"\xa6\x02" + SHORT + SHORT, [SHORT, SHORT], 2),  # a false start
    (b"\xff" * 600, [], 599 + 1),
)


@each(OWN_STREAMS)
def test_own_frames_are_found_in_any_stream(row):
    stream, frames, skipped = row
    for writes in ([stream], one_by_one(stream)):
        got, reader = own_frames(*writes)
        assert got == frames, got
        assert reader.skipped == skipped, reader.skipped


def test_the_longest_own_frame_is_64_bytes():
    assert len(LONG) == OWN_BYTES


def test_a_frame_in_two_writes_is_held_until_it_ends():
    got, reader = jk_frames(GET[:7])
    assert reader.holds()
    reader.feed(GET[7:])
    assert got == [GET]
    assert not reader.holds()


def test_a_forgotten_half_frame_does_not_spoil_the_next():
    got, reader = jk_frames(GET[:7])
    reader.forget()
    reader.feed(SET)
    assert got == [SET]
    assert reader.skipped == 7


@each([None] + list(range(23, 518)))
def test_pieces_fit_the_mtu_and_none_is_a_short_tail(row):
    piece = piece_bytes(300, row)
    assert piece <= (row or 23) - 3
    tail = 300 % piece
    assert tail == 0 or tail >= 4


@each(((None, 20), (23, 20), (131, 100), (247, 150), (303, 300), (517, 300), (0, 20)))
def test_pieces_are_equal(row):
    mtu, expected = row
    assert piece_bytes(300, mtu) == expected
