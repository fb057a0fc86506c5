"""What a faulty MOSFET, lease, comparator, balancer, detector or clock does."""

from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.fault_bench import Bench


@each([("chg", CHG), ("dsg", DSG)])
def test_a_welded_mosfet_conducts_whatever_its_gate_says(row):
    target, bit = row
    bench = Bench()
    bench.set(target, "welded")
    bench.board.gates.drive(0)
    assert bench.board.gates.channels() == bit
    bench.step()
    assert bench.snap.gates_on == 0  # the gate line itself obeys
    bench.board.faults.clear(target)
    assert bench.board.gates.channels() == 0


@each([("chg", CHG), ("dsg", DSG)])
def test_an_open_mosfet_never_conducts(row):
    target, bit = row
    bench = Bench()
    bench.set(target, "open")
    assert bench.board.gates.channels() == BOTH - bit
    bench.board.faults.clear(target)
    assert bench.board.gates.channels() == BOTH


@each([("chg", CHG), ("dsg", DSG)])
def test_a_slow_mosfet_follows_400_ms_late(row):
    target, bit = row
    bench = Bench()
    bench.set(target, "slow")
    gates = bench.board.gates
    gates.drive(0)
    assert gates.channels() == bit
    for _ in range(7):
        bench.step()
        assert gates.channels() == bit
    bench.step()
    assert gates.channels() == 0
    gates.drive(BOTH)
    assert gates.channels() == BOTH - bit
    for _ in range(8):
        bench.step()
    assert gates.channels() == BOTH


@each([(None, 3), (1, 1), (2, 2)])
def test_read_back_lies(row):
    amount, mask = row
    bench = Bench()
    bench.set("readback", "stuck", amount)
    bench.step()
    assert bench.snap.gates_on == BOTH ^ mask
    assert bench.board.gates.channels() == BOTH
    bench.board.faults.clear("readback")
    bench.step()
    assert bench.snap.gates_on == BOTH


def test_a_stuck_lease_never_lapses():
    bench = Bench()
    bench.set("lease", "stuck")
    bench.board.clock.advance(10_000)
    assert bench.board.gates.lease_alive()
    assert bench.board.gates.line() == BOTH
    bench.board.faults.clear("lease")
    assert not bench.board.gates.lease_alive()


def test_a_dead_comparator_cuts_no_short():
    bench = Bench()
    bench.set("comparator", "dead")
    bench.board.pack.load.attach("short", 0.01)
    bench.step()
    assert bench.board.gates.latched == 0
    bench.board.faults.clear("comparator")
    bench.step()
    assert bench.board.gates.latched == DSG


def test_a_stuck_balancer_does_not_stop():
    bench = Bench()
    transfer = bench.board.transfer
    transfer.take(0, 1000)
    bench.set("balancer", "stuck")
    transfer.stop()
    assert transfer.busy() and transfer.current_ma() == -1000
    bench.board.faults.clear("balancer")
    transfer.stop()
    assert not transfer.busy()


@each([("charger_detect", "charger_present", False), ("load_detect", "load_present", True)])
def test_a_stuck_detector_says_what_it_is_stuck_at(row):
    target, field, truth = row
    bench = Bench()
    assert getattr(bench.snap, field) == truth
    for amount in (0, 1):
        bench.set(target, "stuck", amount)
        bench.step()
        assert getattr(bench.snap, field) == bool(amount)
        bench.board.faults.clear(target)
        bench.step()
        assert getattr(bench.snap, field) == truth


@each([("charger_detect", "charger_present"), ("load_detect", "load_present")])
def test_a_detector_stuck_at_nothing_named_stays_as_it_is(row):
    target, field = row
    for attached in (False, True):
        bench = Bench()
        pack = bench.board.pack
        pack.load.detach()
        if attached:
            pack.load.attach("amps", 1.0)
            pack.charger.attach(30.0, 5.0)
        bench.set(target, "stuck")
        if attached:
            pack.load.detach()
            pack.charger.detach()
        else:
            pack.load.attach("amps", 1.0)
            pack.charger.attach(30.0, 5.0)
        bench.step()
        assert getattr(bench.snap, field) == attached


@each([(None, 500), (2000, 2000)])
def test_a_stalled_clock_loses_time_once_inside_a_sample(row):
    amount, lost_ms = row
    bench = Bench()
    then = bench.board.clock.ticks_ms()
    bench.set("clock", "stall", amount)
    bench.step()
    assert bench.board.clock.elapsed_ms(then) == 50 + lost_ms
    bench.step()
    assert bench.board.clock.elapsed_ms(then) == 100 + lost_ms
