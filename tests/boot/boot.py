"""Boots a deployed file system: `micropython boot.py FOLDER MODE COUNT`.

The folder holds nothing but what a device would hold; `machine` and its chips are
stand-ins. MODE `main` runs boot.py and main.py until COUNT steps have fed the watchdog;
MODE `soak` makes COUNT steps and prints the heap that is free halfway and at the end. Bytecode
that is mounted at /rom takes the place of the folder's.
"""

import gc
import sys

folder, mode, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
firmware = "/rom" if "/rom" in sys.path else folder
sys.path[:] = [firmware, folder + "/.bench"] + [p for p in sys.path if p.startswith(".froz")]

from tests.hal.standins import machine  # noqa: E402

sys.modules["machine"] = machine
from tests.hal.standins import esp32  # noqa: E402

esp32.keep_in(folder + "/.bench/flash.bin")
sys.modules["esp32"] = esp32

import time  # noqa: E402

import facts  # noqa: E402

from firmware.snapshot import Snapshot  # noqa: E402
from protection.rule import BOTH  # noqa: E402

PERIOD_MS = 50
LFP = 2


class Stop(KeyboardInterrupt):
    """Enough steps."""


class Plain:
    """The pins of a board that has none."""

    def cause(self):
        return machine.PWRON_RESET

    def reset(self):
        raise Stop


class StillClock:
    """hal.api.Clock over the still world."""

    def ticks_ms(self):
        return world.at_ms

    def elapsed_ms(self, since):
        return world.at_ms - since


def bench_of():
    """World and pins of this board."""
    if facts.NAME == "devkit":
        return None, Plain()
    if facts.NAME == "jk8s":
        from tests.hal.standins.jk8s import Jk8sBench as Bench
    else:
        from tests.hal.standins.c1 import C1Bench as Bench
    from tests.boot.still import StillWorld

    world = StillWorld(facts, Snapshot(), time.ticks_us if mode == "main" else None)
    bench = Bench(world, facts)
    bench.feed = feed
    return world, bench


def feed(timeout_ms):
    """The watchdog eats; ends the run when it had enough."""
    meals[0] += 1
    if mode == "main" and meals[0] >= count:
        raise Stop
    if world:
        world.advance(PERIOD_MS)


def run_main():
    """As the device does after a reset."""
    for name in ("boot.py", "main.py"):
        with open(folder + "/" + name) as file:
            source = file.read()
        if name == "main.py" and world is None:
            watch()
        try:
            exec(source, {"__name__": "__main__"})
        except KeyboardInterrupt:
            print("stopped after %d steps" % meals[0])


def watch():
    """Eat from the simulated watchdog of a board that has no other."""
    import virtual

    build = virtual.build

    def built(board):
        made = build(board)
        made.watchdog = Watchdog()
        return made

    virtual.build = built


class Watchdog:
    """hal.api.Watchdog: counts."""

    def feed(self):
        feed(0)


def settings(bms):
    """Eight LiFePO4 cells, both sensors fitted."""
    wanted = bms.preset(LFP)
    wanted["chemistry"] = LFP
    wanted["sensors_fitted"] = 3
    wanted["dsg_limit_ma"] = facts.DISCHARGE_MAX_MA
    wanted["balance_max_ma"] = min(facts.BALANCE_MAX_MA, 2000)
    return bms.Settings().changed(wanted, facts)


def radio(bms):
    """The radio's hub, where aioble and its stand-in are there."""
    try:
        from radio import attach
    except ImportError:
        return None
    return attach(bms)


def soak():
    """Steps as fast as they go, with all that runs beside them; the heap free halfway and late."""
    gc.threshold(2048)  # as firmware/main.py does
    import bms as linked
    import board

    build = __import__(board.BUILD).build

    made = build(board, world.spend) if world else build(board)
    made.wrong = 0  # MODE main runs the self-test
    if world:
        made.clock = StillClock()
    bms = linked.assemble(made, settings(linked))
    bms.step()
    hub = radio(bms)
    for i in range(count):
        if world is None:
            made.clock.advance(PERIOD_MS)
        bms.step()
        bms.gauge.work()
        bms.scheduler.work()
        if hub:
            hub.tick(PERIOD_MS)
        if i % 20 == 0:
            bms.housekeep()
        if i in (count // 2, count - 1):
            gc.collect()
            print("free %d" % gc.mem_free())
    assert bms.snap.gates_cmd == BOTH, bms.snap.own_word
    print("gates both on after %d steps" % bms.snap.seq)


meals = [0]
world, bench = bench_of()
machine.attach(bench)
gc.collect()
print("bench %d" % gc.mem_alloc())  # this file and the stand-ins, which no device carries
run_main() if mode == "main" else soak()
