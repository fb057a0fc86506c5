"""What is frozen for every board: the image that `make firmware` links into build/image."""

options.defaults(board="jk8s")  # noqa: F821
include("$(MPY_DIR)/ports/esp32/boards/manifest.py")  # noqa: F821
require("aioble-peripheral")  # noqa: F821
require("aioble-server")  # noqa: F821
freeze("../build/image/%s" % options.board, opt=3)  # noqa: F821
