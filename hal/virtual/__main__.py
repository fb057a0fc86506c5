"""Run the real firmware on the virtual board: `python -m hal.virtual [NAME=value …]`."""

import sys
import time

from firmware.app import main
from firmware.events import WAKE_BUTTON, WAKE_RESET
from firmware.settings import LFP, LI_ION, LTO
from firmware.store import FLASH_BYTES
from hal.virtual import logbook, state
from hal.virtual import scenario as scenarios
from hal.virtual.board import VirtualBoard
from hal.virtual.clock import PacedClock
from hal.virtual.display import Display
from hal.virtual.flash import VirtualFlash
from hal.virtual.options import Options
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation
from hal.virtual.timeline import Timeline, clock_text
from hal.virtual.world import PoweredOff, Reset, World

_DAY_S = 86_400
_JOURNAL_LINES = 12
_ROUND_S = 160
_CHARGER_V = {LI_ION: 4.2, LFP: 3.65, LTO: 2.75}  # of each cell


def write(text):
    """To standard output, at once."""
    sys.stdout.write(text)
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def is_terminal():
    """True where the table can be drawn in place."""
    return hasattr(sys.stdout, "isatty") and sys.stdout.isatty()


def milliseconds():
    """A real clock, in ms."""
    if hasattr(time, "ticks_ms"):
        return time.ticks_ms()
    return time.monotonic() * 1000


def actions(options, pack):
    """(second, action …) for ever, or those of the scenario."""
    if options.scenario:
        return iter(options.scenario.actions)
    return endless(pack.cells.count * _CHARGER_V[options.chemistry])


def endless(volts):
    """What the pack lives through when no scenario is named: a charger, rest, loads, for ever."""
    start_s = 0
    round_ = (
        (5, "charger", round(volts, 2), 20.0),
        (65, "unplug"),
        (75, "load", "amps", 15.0),
        (105, "load", "amps", 60.0),
        (125, "load", "amps", 8.0),
        (150, "unload"),
    )
    while True:
        for action in round_:
            yield (start_s + action[0],) + action[1:]
        start_s += _ROUND_S


def paced(options, pack, flash, settings, display):
    """In real time, or `speed` times as fast, through the firmware's own main()."""
    board = VirtualBoard(pack, PacedClock(options.speed, milliseconds), flash=flash)
    end_s = options.scenario.until_s if options.scenario else options.seconds
    world = World(board, Timeline(board, display.event), actions(options, pack), display, end_s)
    world.keep = lambda: keep(options, board)
    plant_faults(board, options)
    board.power.reason = WAKE_BUTTON
    try:
        while not world.ended:
            try:
                main(board, settings, (("world", world.live),) + radio(options))
            except PoweredOff:
                world.wait_for_wake()
            except Reset:
                board.power.reason = WAKE_RESET
    except KeyboardInterrupt:
        write("\n")
    finally:
        board.gates.drive(0)
        keep(options, board)
    write_journal(flash)
    on = board.gates.line()
    write(
        "stopped at %s, both gates %s\n" % (clock_text(board.clock.now_ms), "ON" if on else "off")
    )
    return world.timeline.lines


def radio(options):
    """The guest behind RADIO=transport, if one was asked for."""
    if not options.radio:
        return ()
    # Imported here: without a radio nothing of Bluetooth is needed, and bumble is CPython's.
    from ble.attach import attach
    from hal.virtual.radio import Radio

    return (("radio", Radio(options.radio, attach).guest),)


def full_speed(options, pack, flash, settings, display):
    """On the virtual clock."""
    if options.scenario:
        sim, _ = scenarios.play(options.scenario, display.event)
        return sim.timeline.lines
    sim = Simulation(pack, settings, flash=flash)
    sim.timeline.say = display.event
    plant_faults(sim.board, options)
    end_s = options.seconds or _DAY_S
    for action in actions(options, pack):
        if action[0] >= end_s:
            break
        sim.run(action[0] - sim.clock.now_ms / 1000)
        scenarios.do(sim.board, sim.bms, sim.timeline, action)
    sim.run(end_s - sim.clock.now_ms / 1000)
    keep(options, sim.board)
    write_journal(flash)
    return sim.timeline.lines


def keep(options, board):
    """Write the state file, if one was asked for."""
    if options.state:
        state.save(options.state, board.flash.image, state.describe(board.pack, options.chemistry))


def write_journal(flash):
    """The end of the journal, as the flash has it."""
    write("the journal's last entries:\n")
    for text in logbook.lines(logbook.journal_on(flash), _JOURNAL_LINES):
        write(text + "\n")


def resumed(options):
    """(pack, flash) of the state file, or new ones; raises ValueError."""
    found = None
    if options.state:
        try:
            found = state.load(options.state, FLASH_BYTES)
        except state.Damaged as damaged:
            if not options.fresh:
                raise
            write("%s\n" % damaged)
    if not found or options.fresh:
        pack = Pack(options.chemistry, options.cells, options.capacity_ah, options.soc, spread=0.01)
        return pack, VirtualFlash()
    if options.own:
        raise ValueError(
            "%s: the state file has its own pack and settings; FRESH=1 starts anew"
            % ", ".join(options.own)
        )
    image, facts = found
    options.chemistry = facts["chemistry"]
    return state.pack_of(facts), VirtualFlash(image=image)


def plant_faults(board, options):
    """The faults of the command line."""
    for fault in options.faults:
        board.faults.set(*fault)


def check_faults(options, pack):
    """Raises ValueError for one that this pack cannot have."""
    plant_faults(VirtualBoard(Pack()), options)
    for target, *_ in options.faults:
        if target[:-1] in ("cell", "tap") and int(target[-1]) > pack.cells.count:
            raise ValueError("fault: no %r in %d cells" % (target, pack.cells.count))


def run(words):
    """The command line; the exit status."""
    try:
        options = Options(words)
        chosen = options.scenario
        from boards.jk8s import board as facts

        settings = chosen.settings(facts) if chosen else options.settings(facts)
        pack, flash = (chosen.pack(), VirtualFlash()) if chosen else resumed(options)
        check_faults(options, pack)
        if options.state:
            state.check(options.state)
    except ValueError as error:
        write("%s\n" % error)
        return 2
    display = Display(write, is_terminal())
    if chosen:
        write("%s: %s\n" % (chosen.name, chosen.title))
    lines = (paced if options.speed else full_speed)(options, pack, flash, settings, display)
    if not chosen:
        return 0
    wrong = chosen.verdict(lines)
    for text in wrong:
        write("  %s\n" % text)
    write("%s … %s\n" % (chosen.name, "fail" if wrong else "pass"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
