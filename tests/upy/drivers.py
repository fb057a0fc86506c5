"""For `make bench`: what the recorded board itself costs a step, to be taken off."""

import sys

sys.path.insert(0, ".")

from firmware.snapshot import Snapshot
from tests.recorded import RecordedBoard, quiet_frames

board = RecordedBoard(quiet_frames())
snap = Snapshot()
board.mask = 3
i = 0
while i < int(sys.argv[1]):
    board.now_ms += 50
    board.ticks_ms()
    board.elapsed_ms(0)
    board.sample(snap, 50)
    board.drive(3)
    board.elapsed_ms(0)
    board.renew()
    board.feed()
    i += 1
