"""The device's entry point."""

from firmware.tidy import while_building

while_building()

from firmware.start import start  # noqa: E402

start()
