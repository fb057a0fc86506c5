"""Start: build the board, test it, run the firmware on it.

While the self-test fails the loop does not start, both gates stay open, and every second
the names of what failed go to the serial port and D1 flashes three times.
"""

import time

from firmware.app import main
from firmware.settings import Settings, preset
from firmware.snapshot import Snapshot
from firmware.tidy import tidying

_RETRY_MS = 1000
_FLASHES = 3


def start():
    """Run until power-off. The board's facts are the module `board` at the root."""
    import board as facts

    made = __import__(facts.BUILD, None, None, ("build",)).build(facts)
    wait_until_sound(made, time.sleep_ms)
    main(made, factory(facts), made.guests + radio() + (("tidying", tidying),))


def factory(facts):
    """Settings of a board that needs no commissioning, or None for one that does."""
    chemistry = getattr(facts, "COMMISSIONED", 0)
    if not chemistry:
        return None
    wanted = preset(chemistry)
    wanted["chemistry"] = chemistry
    wanted["sensors_fitted"] = 3
    return Settings(None, facts).changed(wanted, facts)


def wait_until_sound(made, sleep_ms):
    """Return once the self-test passes; `sleep_ms` is a busy wait."""
    while True:
        wrong = made.selftest(Snapshot(), sleep_ms)
        if not wrong:
            return
        made.gates.drive(0)
        print("self-test failed: %s; both MOSFETs stay open" % ", ".join(wrong))
        for _ in range(_FLASHES):
            made.power.led(True)
            sleep_ms(_RETRY_MS // (4 * _FLASHES))
            made.power.led(False)
            sleep_ms(_RETRY_MS // (4 * _FLASHES))
        sleep_ms(_RETRY_MS // 2)


def radio():
    """The radio's guests, or none where aioble is not installed."""
    try:
        from ble.attach import attach
        from ble.server import Server
    except ImportError as error:
        print("no radio: %s" % error)
        return ()
    return Server(attach).guests()
