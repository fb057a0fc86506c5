"""Power: why the board runs, its own supply, and what a person sees, hears and presses."""

import machine
from machine import Timer
from micropython import const

from firmware.events import WAKE_BUTTON, WAKE_CHARGER, WAKE_RESET

_FAST_HZ = const(160_000_000)  # MicroPython's own
_SLOW_HZ = const(80_000_000)  # the least that the radio and the bus clock allow


class Power:
    """hal.api.Power. `hold` keeps the supply on; `button` is a function."""

    def __init__(self, hold, button, led, buzzer):
        self._hold = hold
        self._button = button
        self._led = led
        self._buzzer = buzzer
        self._timer = Timer(0)
        self._reason = wake_reason(machine.reset_cause(), button())
        self.idle(False)  # a soft reset leaves the clock as it was

    def wake_reason(self):
        """Why the board runs."""
        return self._reason

    def off(self):
        """Let go of the supply; returns while a charger holds it."""
        self._hold(0)

    def restart(self):
        """Reset the processor."""
        machine.reset()

    def button(self):
        """The button is held down."""
        return self._button()

    def led(self, on):
        """D1."""
        self._led(1 if on else 0)

    def buzzer(self, ms):
        """Sound for `ms`; a timer ends it."""
        if self._buzzer is None:
            return
        self._buzzer(1)
        self._timer.init(mode=Timer.ONE_SHOT, period=ms, callback=self._silence)

    def idle(self, on):
        """Clock the processor down, or up again; buses and radio keep their clock."""
        machine.freq(_SLOW_HZ if on else _FAST_HZ)

    def _silence(self, timer):
        self._buzzer(0)


def wake_reason(cause, pressed):
    """The board has no switch (manual 5.2): supply comes from a charger or the button."""
    if cause != machine.PWRON_RESET:
        return WAKE_RESET
    return WAKE_BUTTON if pressed else WAKE_CHARGER
