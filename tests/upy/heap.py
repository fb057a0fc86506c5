"""Imports a build of the device part and runs 200 steps; for the peak of the heap.

`micropython heap.py BUILD FOLDER`: the whole firmware, its flash in FOLDER.
`micropython heap.py BUILD`: the protected pack alone, with charge plainly counted, no
balancer and nothing stored.
"""

import gc
import sys

gc.threshold(2048)  # as firmware/main.py does
sys.path.insert(0, sys.argv[1])

from boards.jk8s import board as facts  # noqa: E402
from firmware.settings import LFP, Settings, preset  # noqa: E402
from tests.recorded import RecordedBoard, quiet_frames  # noqa: E402

wanted = preset(LFP)
wanted.update({"chemistry": LFP, "sensors_fitted": 3})
settings = Settings().changed(wanted, facts)
if len(sys.argv) > 2:
    from firmware.assembly import assemble
    from hal.files import FileFlash

    board = RecordedBoard(quiet_frames(4), FileFlash(sys.argv[2]))
    bms = assemble(board, settings)
else:
    from tests.plain import alone

    board = RecordedBoard(quiet_frames(4), object())
    bms = alone(board, settings)
for _ in range(200):
    board.now_ms += 50
    bms.step()
if bms.service:
    bms.housekeep()
assert bms.snap.gates_cmd == 3
print("done")
