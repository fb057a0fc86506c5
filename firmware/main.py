"""The device's entry point."""

from firmware.start import start

start()
