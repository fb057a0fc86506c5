"""Start: build the board, run the firmware on it, and test it while the loop runs.

Until its self-test has passed, a rule keeps both MOSFETs open; telemetry, radio and D1 work
all the while. What fails is named on the serial port and in the journal, and is tried again
every five seconds. A board that is not configured says so there as well.
"""

from micropython import const

from firmware.app import main
from firmware.presence import Presence
from firmware.settings import Settings, preset
from firmware.tidy import tidying

_FIRST_MS = const(700)  # a dozen samples
_AGAIN_MS = const(5000)
_TICK_MS = const(50)


def start(facts, build):
    """Run until power-off on the board that `build` makes of the facts."""
    made = build(facts)
    guests = made.guests + radio() + (("self-test", examine), ("tidying", tidying))
    main(made, factory(facts), guests)


def factory(facts):
    """Settings of a board that needs no commissioning, or None for one that does."""
    chemistry = getattr(facts, "COMMISSIONED", 0)
    if not chemistry:
        return None
    wanted = preset(chemistry)
    wanted["chemistry"] = chemistry
    wanted["sensors_fitted"] = 3
    return Settings(None, facts).changed(wanted, facts)


async def examine(bms):
    """Test the board until it is sound, and say why the pack is off."""
    board = bms.board
    wait_ms = _FIRST_MS
    while True:
        await bms.clock.sleep_ms(wait_ms)
        wait_ms = _AGAIN_MS
        why = ""
        if board.wrong:
            why = ", ".join(board.selftest(bms.snap))
            bms.guard.signals.tested()
        if why:
            print("self-test failed: %s; both MOSFETs off" % why)
        elif not bms.settings.get("chemistry"):
            print("not configured: both MOSFETs off")


async def alone(bms):
    """D1 and idle mode where there is no radio that would know of connections."""
    presence = Presence(bms)
    while True:
        await bms.clock.sleep_ms(_TICK_MS)
        presence.tick(_TICK_MS, False)


def radio():
    """The radio's guests, or their part of D1 where aioble is not installed."""
    try:
        from ble.attach import attach
        from ble.server import Server
    except ImportError as error:
        print("no radio: %s" % error)
        return (("presence", alone),)
    return Server(attach).guests()
