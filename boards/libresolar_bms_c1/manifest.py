"""What is frozen into an image for this board: `make firmware BOARD=libresolar_bms_c1`."""

metadata(description="open BMS firmware, libresolar_bms_c1")  # noqa: F821
include("../../firmware/manifest.py", board="libresolar_bms_c1")  # noqa: F821
