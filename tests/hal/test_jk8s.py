"""The reference board through its real drivers: taps, ADCs, lines, gates, balancer, power."""

import math
import sys

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware.snapshot import Snapshot
from hal.chips.sense import Sense
from hal.esp32 import thermistor
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.standins import machine
from tests.hal.standins.boards import c1
from tests.hal.standins.boards import jk8s as build
from tests.hal.standins.jk8s import Shorted

PERIOD_MS = 50


def running(seconds=4.0):
    """The firmware on a started board, both gates on."""
    sim = Simulation(board=build(Pack()))
    sim.run(seconds)
    assert not sim.errors, sim.errors
    assert sim.board.gates.line() == BOTH
    return sim


def volts_mv(celsius):
    """The divider's exact voltage."""
    kohm = 10 * math.exp(3950 * (1 / (273.15 + celsius) - 1 / 298.15))
    return 2500 * kohm / (kohm + 10)


@each(range(-20, 91))
def test_thermistor_table_is_within_0_7_degrees(row):
    for tenths in range(10):
        celsius = row + tenths / 10
        assert abs(thermistor.convert(round(volts_mv(celsius))) - celsius * 10) < 7, celsius


@each(((2500, None), (2461, None), (2460, -436), (60, 1336), (59, None), (0, None)))
def test_open_and_short_thermistors_are_no_temperature(row):
    mv, expected = row
    found = thermistor.convert(mv)
    assert found is None if expected is None else abs(found - expected) < 25, found


def test_a_scan_never_has_more_than_two_neighbouring_taps():
    sim = running()
    assert sim.board.bench.taps_seen == {0} | {3 << i for i in range(8)}


def test_the_standin_refuses_a_shorted_cell():
    bench = build(Pack()).bench
    try:
        bench._latch(0b101)
    except Shorted:
        return
    raise AssertionError("taps 0 and 2 share a bus")


@each(((0b1, 0), (0b10, 0b11), (0b11, 0b110)))
def test_the_standin_refuses_taps_without_a_break(row):
    before, after = row
    bench = build(Pack()).bench
    bench._latch(before)
    if not after:
        return bench._latch(after)
    try:
        bench._latch(after)
    except Shorted:
        return
    raise AssertionError("%s to %s" % (bin(before), bin(after)))


@each(range(8))
def test_the_balancer_takes_and_gives_each_cell_the_right_way_round(row):
    board = build(Pack())
    physical = board.world.plant.transfer
    for verb, sign in ((board.transfer.take, -1), (board.transfer.give, 1)):
        verb(row, 1500)
        assert board.pack.moved_cell == row
        assert abs(board.pack.moved_a - sign * 1.5) < 0.001
        assert abs(board.transfer.current_ma() - sign * 1500) <= 1
        assert abs(board.transfer.cell_mv_under_transfer() - board.pack.cell_v(row) * 1000) < 250
        board.transfer.stop()
        assert not physical.busy()
        assert board.transfer.current_ma() == 0


@each(((1999, 1999), (2000, 2000), (2001, 2000), (9999, 2000)))
def test_the_balancer_never_exceeds_its_limit(row):
    asked_ma, given_ma = row
    board = build(Pack())
    board.transfer.take(0, asked_ma)
    set_ma = board.bench.set_duty * facts.BALANCE_FULL_MA // 65535
    assert given_ma - 2 <= set_ma <= given_ma
    assert -board.world.plant.transfer.current_ma() == set_ma


def test_no_cell_is_judged_while_the_balancer_has_the_bus():
    board = build(Pack())
    snap = Snapshot()

    def sample():
        board.clock.advance(PERIOD_MS)
        board.sampler.sample(snap, PERIOD_MS)

    sample()
    assert snap.cells_age_ms == 0
    board.transfer.take(2, 1000)
    sample()
    assert snap.cells_age_ms == PERIOD_MS
    sample()
    assert snap.cells_age_ms == 2 * PERIOD_MS
    assert snap.stack_age_ms == 0
    board.transfer.stop()
    sample()
    assert snap.cells_age_ms == 0


@each((("cell_adc", 0.9), ("current_adc", 0.4)))
def test_a_dead_adc_opens_both_gates_and_heals(row):
    name, within_s = row
    sim = running()
    adc = getattr(sim.board.bench, name)
    adc.dead = True
    sim.run(within_s)
    assert sim.board.gates.line() == 0
    assert not sim.errors
    adc.dead = False
    assert sim.run(5, lambda s: s.board.gates.line() == BOTH)


@each(("cell_adc", "current_adc"))
def test_an_adc_that_forgot_itself_is_programmed_anew(row):
    sim = running()
    adc = getattr(sim.board.bench, row)
    adc.reset()
    sim.run(1.5)
    assert not sim.errors
    assert adc.registers[1:] != [0, 0, 0]
    assert sim.bms.snap.cells_age_ms == 0
    assert sim.bms.snap.current_age_ms == 0


@each((0xFFFF, 0x0000, 0x8001, 0x7FFE, 0x0040))
def test_lines_that_cannot_be_believed_open_both_gates(row):
    sim = running()
    sim.board.bench.sense_dead = row
    sim.run(0.4)
    assert sim.board.gates.line() == 0
    sim.board.bench.sense_dead = None
    assert sim.run(5, lambda s: s.board.gates.line() == BOTH)


def test_any_single_wrong_byte_is_survived():
    sim = running()
    bench = sim.board.bench
    honest = bench.spi
    state = [0, -1]  # bytes so far, the one that is wrong

    def lying(out, hertz):
        byte = honest(out, hertz)
        state[0] += 1
        return byte ^ 0xFF if state[0] == state[1] else byte

    bench.spi = lying
    sim.tick()
    count, state[0] = state[0], 0
    assert count > 100
    for n in range(1, count + 1):
        state[0], state[1] = 0, n
        sim.tick()
        state[1] = -1
        # The current moves as in life: it is what clears a suspicion against its sensor.
        sim.pack.load.attach("amps", 5.0 if n % 2 else 15.0)
        sim.run(0.3)
        assert not sim.errors, "byte %d" % n
    sim.run(10)
    assert sim.board.gates.line() == BOTH
    assert not sim.bms.guard.by_name["chg_disobeys"].tripped


@each(((0, 100), (99, 100), (100, 100), (101, 200), (1500, 1500), (2999, 3000), (9999, 3000)))
def test_short_circuit_delay_is_what_the_ladder_has(row):
    asked_us, effective_us = row
    board = build(Pack())
    assert board.gates.arm(asked_us) == effective_us
    assert board.world.gates.delay_us == effective_us


def test_the_delay_survives_scans_transfers_and_a_latch_reset():
    sim = running()
    for _ in range(3):
        sim.board.transfer.take(1, 500)
        sim.board.transfer.stop()
        sim.board.gates.rearm()
        sim.tick()
        assert sim.board.world.gates.delay_us == 1500


def test_outputs_of_the_registers_are_off_before_the_first_word():
    board = build(Pack())
    assert board.bench.first_word == 0


@each(
    ((machine.PWRON_RESET, False, 0), (machine.PWRON_RESET, True, 1), (machine.WDT_RESET, True, 2))
)
def test_wake_reason(row):
    from hal.esp32.power import wake_reason

    cause, pressed, reason = row
    assert wake_reason(cause, pressed) == reason


def test_the_entry_point_opens_both_gates_before_it_holds_the_supply():
    bench = build(Pack()).bench
    pins = facts.PINS
    for name, level in (("chg", 1), ("dsg", 1), ("hold", 0)):
        bench.drive(pins[name], level)
    driven = []
    bench.drive = lambda number, level: driven.append((number, level))
    sys.modules["board"] = facts
    with open("firmware/boot.py") as file:
        exec(file.read(), {})
    del sys.modules["board"]
    assert driven == [(pins["chg"], 0), (pins["dsg"], 0), (pins["hold"], 1)]


@each((build, c1))
def test_an_idle_processor_runs_at_half_its_clock_and_wakes_up_at_full_speed(row):
    board = row(Pack())
    assert board.bench.clock_hz == [160_000_000]
    board.driver.power.idle(True)
    board.driver.power.idle(False)
    assert board.bench.clock_hz[1:] == [80_000_000, 160_000_000]


def test_power_off_lets_go_of_the_supply():
    board = build(Pack())
    board.driver.power.off()
    assert not board.world.plant.power.on


def test_the_buzzer_ends_by_itself():
    board = build(Pack())
    pin = facts.PINS["buzzer"]
    board.driver.power.buzzer(30)
    assert board.bench.levels[pin] == 1
    assert board.driver.power._timer.period == 30
    board.driver.power._timer.fire()
    assert board.bench.levels[pin] == 0


def test_the_watchdog_is_armed_by_the_first_feed():
    board = build(Pack())
    assert not board.driver.watchdog.armed()
    board.clock.now_ms = 777
    board.driver.watchdog.feed()
    assert board.driver.watchdog.armed()
    assert board.world.plant.watchdog.fed_ms == 777


def test_a_gate_that_is_stuck_on_is_seen():
    sim = running()
    sim.board.faults.set("readback", "stuck", CHG)
    sim.run(0.2)
    assert sim.bms.guard.by_name["chg_disobeys"].tripped
    assert sim.board.gates.line() == DSG


@each(((0x8001, False), (0x0001, True), (0x0000, False), (0x7FFF, True), (0xFFFF, False)))
def test_marks_of_the_sense_registers(row):
    word, good = row

    class Spi:
        def readinto(self, buf):
            buf[0], buf[1] = word >> 8, word & 0xFF

    assert Sense(Spi(), lambda level: None).read() == good
