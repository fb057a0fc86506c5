"""A conversation with the radio's hub: `micropython talk.py FOLDER`; prints a sum of all it said.

FOLDER holds linked modules, which speak then; with `-` the sources do. The phone on the
other side is the tests' own.
"""

import sys
from binascii import crc32

from ble.access import FACTORY_KEYS
from ble.session import JK
from firmware.settings import INDEX, LFP
from tests.ble.bench import Entropy, Link, request
from tests.ble.phone import ACT, READ, SET, SETTINGS, WINDOW, Phone
from tests.recorded import RecordedBoard, quiet_frames

if sys.argv[1] != "-":
    sys.path.insert(0, sys.argv[1])
    from bms import Settings, assemble, preset
    from radio import attach
else:
    from ble.attach import attach
    from firmware.assembly import assemble
    from firmware.settings import Settings, preset

REQUESTS = (0x97, 0x96, 0xA1, 0x9D)
PAGES = (0, 1, 2, 4, 5)  # 3 tells of the heap, which is not the same
CLEAR_LATCHES = 4


class Board(RecordedBoard):
    """With what the radio asks of a board."""

    def led(self, on):
        pass

    def buzzer(self, ms):
        pass

    def idle(self, on):
        pass

    def button(self):
        return False


class Nobody:
    """The supervisor of no guests."""

    deaths = {}
    last_error = {}


def pack(key, value):
    return bytes((INDEX[key],)) + (value & 0xFFFFFFFF).to_bytes(4, "little")


def main():
    board = Board(quiet_frames(4))
    wanted = preset(LFP)
    wanted.update({"chemistry": LFP, "sensors_fitted": 3})
    bms = assemble(board, Settings().changed(wanted, board.facts))
    bms.supervisor = Nobody()
    hub = attach(bms, Entropy())
    link = Link(247)
    session = hub.open(link)

    def live(steps):
        for _ in range(steps):
            board.now_ms += 50
            bms.step()
            hub.tick(50)
            if bms.snap.seq % 20 == 0:
                bms.housekeep()

    live(80)
    for command in REQUESTS:
        session.feed(JK, request(command))
        live(20)
    session.feed(JK, request(0x04, (3500).to_bytes(4, "little")))
    live(20)
    said = b"".join([data for _, data in link.sent])
    link.sent = []
    phone = Phone(hub, session, link)
    answers = [phone.login(FACTORY_KEYS[SETTINGS])]
    for page in PAGES:
        answers.append(phone.ask(bytes((READ, page))))
    for op, arguments in (
        (SET, b"\x00" + pack("cell_ovp_mv", 3550)),
        (SET, b"\x00" + pack("cell_ovp_mv", 9999)),
        (WINDOW, b"\x01"),
        (ACT, bytes((CLEAR_LATCHES, 0))),
    ):
        answers.append(phone.change(op, arguments))
        live(20)
    assert answers[0] and bms.settings.get("cell_ovp_mv") == 3550, answers
    print(len(said), crc32(said), crc32(repr(answers).encode()))


main()
