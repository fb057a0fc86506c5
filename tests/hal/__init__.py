"""Tests of boards and drivers; `machine` is the stand-in from here on."""

import sys

import hal.virtual  # noqa: F401
from tests.hal.standins import esp32, machine

sys.modules["machine"] = machine
sys.modules["esp32"] = esp32
