"""The device's entry point. `bms` is the firmware, as `tests.deploy` links it of the sources."""

import gc

gc.threshold(2048)  # a heap that is tidied often while it fills stays in one piece

import board  # noqa: E402
from bms import start  # noqa: E402

start(board, __import__(board.BUILD).build)
