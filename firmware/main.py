"""The device's entry point: `bms` and `drivers` are what `tests.deploy` links of the sources."""

import gc

gc.threshold(2048)  # a heap that is tidied often while it fills stays in one piece

import board  # noqa: E402
from bms import start  # noqa: E402
from drivers import build  # noqa: E402

start(board, build)
