"""Reaction times: from the physical event to the open MOSFET, over the phases of a step.

Each case sets up a pack, makes one thing happen at a chosen millisecond within a step and
waits until the MOSFET that must open no longer conducts in the plant.
"""

import tests  # noqa: F401
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation, commissioned
from protection.rule import BOTH, CHG, DSG

STEP_MS = 50
_JITTERS = (None, lambda step: step % 3)


def _cell(soc):
    def happen(sim):
        sim.pack.cells.soc[2] = soc
        sim.pack.touch()

    return happen


def _load(amps):
    return lambda sim: sim.pack.load.attach("amps", amps)


def _charger(amps):
    return lambda sim: sim.pack.charger.attach(29.2, amps)


def _celsius(value):
    def happen(sim):
        sim.pack.cells.temp_c = [value] * sim.pack.cells.count

    return happen


def _mos(value):
    def happen(sim):
        sim.pack.mos_c = value

    return happen


def _fault(target, kind):
    return lambda sim: sim.board.faults.set(target, kind)


def _short(sim):
    sim.pack.load.attach("short", 0.01, 5e-6)


# name: what happens, which MOSFET must open, delay in ms as set below
CASES = {
    "ovp": (_cell(1.01), CHG, 1000),
    "uvp": (_cell(-0.004), DSG, 1000),
    "chg_ocp": (_charger(15.0), CHG, 2000),
    "dsg_ocp": (_load(120.0), DSG, 2000),
    "peak": (_load(400.0), DSG, 1000),
    "scp": (_short, BOTH, 0),
    "chg_otp": (_celsius(61.0), CHG, 2000),
    "chg_utp": (_celsius(-21.0), CHG, 2000),
    "dsg_otp": (_celsius(61.0), DSG, 2000),
    "dsg_utp": (_celsius(-21.0), DSG, 2000),
    "mos_otp": (_mos(90.0), BOTH, 2000),
    "cells_lost": (_fault("cells", "silent"), BOTH, 850),
    "current_lost": (_fault("current", "silent"), BOTH, 350),
    "mos_lost": (_fault("mos", "open"), BOTH, 550),
    "temp_lost": (_fault("t1", "open"), CHG, 550),
}
SETTINGS = {
    "chg_limit_ma": 10_000,
    "dsg_limit_ma": 100_000,
    "chg_ocp_delay_s": 2,
    "dsg_ocp_delay_s": 2,
}


def measure(name, phases):
    """Reaction times of one case in ms, one for each phase."""
    happen, gate, _ = CASES[name]
    times = []
    for phase in range(phases):
        sim = Simulation(Pack(soc=0.5))
        sim.bms.apply(commissioned(2, sim.board.facts, changes=SETTINGS))
        sim.jitter = _JITTERS[phase // STEP_MS % 2]
        sim.run(2.5)
        start = []

        def event(sim=sim, start=start):
            start.append(sim.clock.now_ms)
            happen(sim)

        sim.interrupt = (phase % STEP_MS, event)
        while sim.board.gates.channels() & gate or not start:
            sim.tick()
            if start and sim.clock.now_ms - start[0] > 20_000:
                raise AssertionError("%s: no reaction within 20 s" % name)
        # A step decides within the period that it ends; the gate line moves at once.
        times.append(sim.clock.now_ms - start[0])
    return times
