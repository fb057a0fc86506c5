"""Imports the device part and runs 200 steps on recorded input; for the peak of the heap."""

import sys

sys.path.insert(0, sys.argv[1])

from boards.jk8s import board as facts
from firmware.app import Bms
from firmware.settings import LFP, Settings, preset
from hal.files import FileFlash
from tests.recorded import RecordedBoard, quiet_frames

wanted = preset(LFP)
wanted.update({"chemistry": LFP, "sensors_fitted": 3})
board = RecordedBoard(quiet_frames(4), FileFlash(sys.argv[2]))
bms = Bms(board, Settings().changed(wanted, facts))
for _ in range(200):
    board.now_ms += 50
    bms.step()
bms.housekeep()
assert bms.snap.gates_cmd == 3
print("done")
