"""Boots a deployed file system: `micropython boot.py FOLDER MODE COUNT`.

The folder holds nothing but what a device would hold; `machine` and its chips are
stand-ins. MODE `main` runs boot.py and main.py until COUNT steps have fed the watchdog;
MODE `soak` makes COUNT steps and prints the heap that is free before and after. Bytecode
that is mounted at /rom takes the place of the folder's.
"""

import gc
import sys

gc.collect()
script = gc.mem_alloc()  # this file, which no device carries
folder, mode, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
firmware = "/rom" if "/rom" in sys.path else folder
sys.path[:] = [firmware, folder + "/.bench"] + [p for p in sys.path if p.startswith(".froz")]

from tests.hal.standins import machine  # noqa: E402

sys.modules["machine"] = machine
from tests.hal.standins import esp32  # noqa: E402

esp32.keep_in(folder + "/.bench/flash.bin")
sys.modules["esp32"] = esp32

import time  # noqa: E402

import board as facts  # noqa: E402

from firmware.snapshot import Snapshot  # noqa: E402
from protection.rule import BOTH  # noqa: E402

PERIOD_MS = 50


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
        from hal.virtual.board import VirtualWatchdog

        VirtualWatchdog.feed = lambda self: feed(0)
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
        try:
            exec(source, {"__name__": "__main__"})
        except KeyboardInterrupt:
            print("stopped after %d steps" % meals[0])


def settings():
    """Eight LiFePO4 cells, both sensors fitted."""
    from firmware.settings import LFP, Settings, preset

    wanted = preset(LFP)
    wanted["chemistry"] = LFP
    wanted["sensors_fitted"] = 3
    wanted["dsg_limit_ma"] = facts.DISCHARGE_MAX_MA
    wanted["balance_max_ma"] = min(facts.BALANCE_MAX_MA, 2000)
    return Settings().changed(wanted, facts)


def soak():
    """Steps as fast as they go; the heap that is free early and late."""
    from firmware.tidy import while_building

    while_building()
    from firmware.assembly import assemble

    build = __import__(facts.BUILD, None, None, ("build",)).build
    made = build(facts, world.spend if world else None)
    made.wrong = 0  # MODE main runs the self-test
    if world:
        made.clock = StillClock()
    bms = assemble(made, settings())
    bms.step()
    for i in range(count):
        if world is None:
            made.clock.advance(PERIOD_MS)
        bms.step()
        if i == 200 or i == count - 1:
            gc.collect()
            print("free %d" % gc.mem_free())
    assert bms.snap.gates_cmd == BOTH, bms.snap.own_word
    print("gates both on after %d steps" % bms.snap.seq)


meals = [0]
gc.collect()
before = gc.mem_alloc()
world, bench = bench_of()
machine.attach(bench)
gc.collect()
print("bench %d" % (gc.mem_alloc() - before + script))
run_main() if mode == "main" else soak()
