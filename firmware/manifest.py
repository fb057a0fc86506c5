"""The frozen part that all boards share; `board` names the folder of the board's facts."""

options.defaults(board="jk8s")  # noqa: F821
include("$(MPY_DIR)/ports/esp32/boards/manifest.py")  # noqa: F821
require("aioble")  # noqa: F821
for _package in ("firmware", "protection", "balancing", "ble", "hal", "boards"):
    package(_package, base_path="..")  # noqa: F821
module("board.py", base_path="../boards/%s" % options.board)  # noqa: F821
module("boot.py", base_path="../firmware")  # noqa: F821
module("main.py", base_path="../firmware")  # noqa: F821
