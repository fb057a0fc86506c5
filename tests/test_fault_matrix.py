"""Every signal × every fault kind × every state of the pack (campaign 6)."""

import pytest

from hal.virtual import faults
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation
from protection.rule import BOTH, CHG
from tests.invariants import Invariants

STATES = {
    "rest": lambda pack: None,
    "charging": lambda pack: pack.charger.attach(29.2, 20.0),
    "discharging": lambda pack: pack.load.attach("amps", 60.0),
}
TARGETS = ["cell1", "cell5", "cell8", "tap0", "tap4", "tap8"] + list(faults.SENSORS)
LOST = ("frozen", "silent", "nack")
# Which gates must be open a second (and a scan) after a signal is lost (D22, I7).
MUST_OPEN = {"cells": BOTH, "current": BOTH, "mos": BOTH, "t1": CHG, "t2": CHG, "stack": 0}


@pytest.mark.parametrize("state", sorted(STATES))
@pytest.mark.parametrize("kind", sorted(faults.SENSOR_KINDS))
@pytest.mark.parametrize("target", TARGETS)
def test_a_wrong_signal_breaks_no_invariant_and_a_lost_one_opens(target, kind, state):
    sim = Simulation(Pack(soc=0.5))
    sim.observers.append(Invariants())
    STATES[state](sim.pack)
    sim.run(5)
    assert sim.board.gates.line() == BOTH
    sim.board.faults.set(target, kind)
    sim.run(1)
    lost = kind in LOST or kind in ("open", "short") and target in ("t1", "t2", "mos")
    if lost and not target.startswith("tap"):
        must = BOTH if target.startswith("cell") else MUST_OPEN[target]
        assert not sim.board.gates.line() & must & ~sim.bms.snap.assist
    sim.run(20)
    sim.board.faults.clear(target)
    sim.pack.charger.detach()
    sim.pack.load.detach()
    sim.run(15)
    # I23: healed, and nothing latched, so service resumes.
    latched = [r.name for r in sim.bms.guard.rules if r.tripped and r.is_latched()]
    if not latched:
        assert sim.board.gates.line() == BOTH, [r.name for r in sim.bms.guard.rules if r.tripped]


@pytest.mark.parametrize("target", ["chg", "dsg"])
@pytest.mark.parametrize("kind", faults.MOSFET_KINDS)
@pytest.mark.parametrize("state", sorted(STATES))
def test_a_wrong_mosfet_breaks_no_invariant(target, kind, state):
    sim = Simulation(Pack(soc=0.5))
    sim.observers.append(Invariants())
    STATES[state](sim.pack)
    sim.run(5)
    sim.board.faults.set(target, kind)
    sim.bms.change({target + "_switch_on": 0})
    sim.run(10)
    sim.bms.change({target + "_switch_on": 1})
    sim.run(10)
    assert sim.errors == []


def test_read_back_that_disagrees_for_two_steps_latches_both():
    sim = Simulation()
    sim.run(5)
    sim.board.faults.set("readback", "stuck")
    sim.run(0.2)
    assert sim.board.gates.line() == 0
    assert sim.bms.snap.fault_word & (3 << 16) == 3 << 16
    sim.board.faults.clear("readback")
    sim.run(30)
    assert sim.board.gates.line() == 0, "only an authorised clear releases it"
    sim.bms.guard.clear_latches()
    sim.run(0.2)
    assert sim.board.gates.line() == BOTH
