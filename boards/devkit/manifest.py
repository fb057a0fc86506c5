"""What is frozen into an image for this board: `make firmware BOARD=devkit`."""

metadata(description="open BMS firmware, devkit")  # noqa: F821
include("../../firmware/manifest.py", board="devkit")  # noqa: F821
