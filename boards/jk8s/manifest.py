"""What is frozen into an image for this board: `make firmware BOARD=jk8s`."""

metadata(description="open BMS firmware, jk8s")  # noqa: F821
include("../../firmware/manifest.py", board="jk8s")  # noqa: F821
