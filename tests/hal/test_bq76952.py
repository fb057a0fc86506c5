"""The bq76952 and its driver: every transaction may fail, the chip may forget everything."""

import tests  # noqa: F401
from boards.libresolar_bms_c1 import board as facts
from firmware.snapshot import Snapshot
from hal.chips import bq76952_setup as setup
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation, commissioned
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.scaled import Scaled
from tests.hal.standins.boards import bare_c1 as build

PERIOD_MS = 50


def running(seconds=4.0):
    """The firmware on a started board, both gates on."""
    scaled = Scaled("load_dump", facts)
    board = build(Pack(2, 8, 50.0))
    sim = Simulation(settings=scaled.settings(facts), board=board)
    sim.run(seconds)
    assert not sim.errors, sim.errors
    assert board.gates.line() == BOTH
    return sim


def run_until_on(sim, seconds):
    """Seconds until both gates are on again; fails when they are not within `seconds`."""
    began_ms = sim.clock.now_ms
    assert sim.run(seconds, lambda s: s.board.gates.line() == BOTH), "not within %s s" % seconds
    return (sim.clock.now_ms - began_ms) / 1000


def test_every_configured_byte_is_in_the_chip():
    board = build(Pack(2, 8, 50.0))
    for address, data in setup.rows(facts):
        found = bytes([board.chip.memory[address + i] for i in range(len(data))])
        assert found == data, hex(address)
    assert not board.chip.update
    assert board.chip.fet_en


def test_both_gates_stay_open_until_told():
    board = build(Pack(2, 8, 50.0))
    assert board.gates.line() == 0


def test_hardware_limits_are_wider_than_any_setting():
    memory = build(Pack(2, 8, 50.0)).chip.memory
    assert memory[0x9278] * 50.6 > 4350
    assert memory[0x9275] * 50.6 < 1200
    assert memory[0x9280] * 2_000_000 / facts.SHUNT_UOHM > facts.PEAK_MA
    assert memory[0x9282] * 2_000_000 / facts.SHUNT_UOHM > facts.PEAK_MA
    assert facts.SCP_THRESHOLD_MA > facts.PEAK_MA


# asked us, effective us
DELAYS = ((0, 0), (14, 0), (15, 15), (16, 15), (449, 435), (450, 450), (451, 450), (1500, 450))


@each(DELAYS)
def test_short_circuit_delay_is_quantised_and_effective(row):
    asked_us, effective_us = row
    sim = running()
    sim.bms.change({"scp_delay_us": asked_us})
    assert sim.bms.limits.get("scp_delay_us") == effective_us
    sim.run(2)
    assert sim.board.world.gates.delay_us == effective_us


@each(((10_000, 0, 33_333), (99_999, 1, 66_666), (333_333, 4, 266_666), (333_334, 5, 333_333)))
def test_short_circuit_threshold_never_exceeds_the_wish(row):
    wish_ma, code, effective_ma = row

    class Wish:
        SHUNT_UOHM = 300
        SCP_THRESHOLD_MA = wish_ma

    assert setup.scd_threshold(Wish) == (code, effective_ma)


@each(range(4, 9))
def test_a_pack_of_fewer_cells_is_guarded_by_the_chip_without_its_unused_inputs(row):
    board = build(Pack(2, row, 50.0))
    settings = commissioned(2, facts, row)
    sim = Simulation(settings=settings, board=board)
    sim.run(8)
    assert not sim.errors
    assert board.chip.memory[0x9304] | board.chip.memory[0x9305] << 8 == (1 << row) - 1
    assert not board.chip.status_a
    assert board.gates.line() == BOTH


def test_cells_that_were_not_measured_before_the_start_are_found_by_the_first_scan():
    board = build(Pack(2, 5, 50.0))
    board.front._guarded = 0xFF
    board.front.setup.set_cells(0xFF)
    sim = Simulation(settings=commissioned(2, facts, 5), board=board)
    sim.run(8)
    assert board.chip.memory[0x9304] == 0x1F
    assert board.gates.line() == BOTH


def test_inputs_that_fall_silent_later_stay_guarded():
    sim = running()
    sim.board.faults.set("cell3", "short")
    sim.run(0.2)
    assert sim.board.chip.memory[0x9304] == 0xFF, "no chip is programmed under closed gates"


def test_a_short_counts_once_however_short_its_recovery_is_set():
    sim = running()
    sim.bms.change({"scpr_s": 2})
    sim.pack.load.attach("short", 0.005)
    sim.run(0.1)
    sim.pack.load.detach()
    assert sim.board.gates.line() == 0
    assert 1.5 < run_until_on(sim, 4) < 2.5
    assert sim.bms.guard.retries[2].count == 1


def test_any_single_failed_transaction_is_survived():
    sim = running(3.0)
    first = sim.board.chip.transactions + 1
    sim.run(1.2)
    count = sim.board.chip.transactions + 1 - first  # a patrol and temperatures are among them
    assert count > 150
    for n in range(count):
        sim = running(3.0)
        chip = sim.board.chip
        chip.refuse_at = chip.transactions + 1 + n
        sim.run(1.5)
        assert not sim.errors
        assert chip.transactions > chip.refuse_at
        assert sim.board.gates.line() == BOTH, "transaction %d" % n
        assert sim.bms.snap.current_age_ms == 0


def test_any_single_failed_transaction_of_the_start_is_survived():
    board = build(Pack(2, 8, 50.0))
    for n in range(1, board.chip.transactions + 1):
        board.chip.reset()
        board.chip.transactions = 0
        board.chip.refuse_at = n
        board.front.setup.restart()
        assert board.front.start(60), "transaction %d" % n
        assert not board.chip.por


def test_a_dead_bus_opens_both_gates_and_heals():
    sim = running()
    sim.board.chip.refuse = 1 << 30
    sim.run((facts.LEASE_MS + PERIOD_MS) / 1000)
    assert not sim.errors
    assert sim.board.gates.line() == 0
    assert sim.bms.snap.gates_cmd == 0
    sim.board.chip.refuse = 0
    assert run_until_on(sim, 5) > 0.5


def test_the_chip_opens_both_gates_when_the_processor_falls_silent():
    sim = running()
    left_ms = sim.board.world.gates.lease_end_ms - sim.clock.now_ms
    assert facts.LEASE_MS - PERIOD_MS < left_ms <= facts.LEASE_MS
    sim.clock.advance(left_ms - 1)
    assert sim.board.gates.line() == BOTH
    sim.clock.advance(1)
    assert sim.board.gates.line() == 0


def test_a_chip_that_reset_itself_is_programmed_anew():
    sim = running()
    sim.board.chip.reset()
    sim.tick()
    assert sim.board.gates.line() == 0
    sim.run(0.1)
    assert sim.bms.snap.gates_on == 0
    run_until_on(sim, 8)
    assert sim.board.chip.memory[0x92B2] == facts.LEASE_MS // 1000
    assert "dsg_disobeys" not in [rule.name for rule in sim.bms.guard.rules if rule.tripped]
    assert "chg_disobeys" not in [rule.name for rule in sim.bms.guard.rules if rule.tripped]


@each(range(len(setup.rows(facts))))
def test_a_row_that_changed_by_itself_is_found(row):
    board = build(Pack(2, 8, 50.0))
    address = setup.rows(facts)[row][0]
    board.chip.memory[address] ^= 0x40
    for _ in range(len(board.front.setup.data)):
        board.front.setup.patrol()
    assert board.front.setup.wrong_row == address
    assert not board.front.setup.ready()


def test_a_wrong_check_sum_is_never_believed():
    sim = running()
    sim.board.chip.corrupt = True
    before = sim.board.front.chip.bad_sums
    sim.run(1)
    assert sim.board.front.chip.bad_sums > before
    assert sim.bms.snap.current_age_ms > 300
    assert sim.board.gates.line() == 0  # blindness is a fault


def test_memory_is_closed_outside_config_update():
    board = build(Pack(2, 8, 50.0))
    before = board.chip.memory[0x9286]
    assert board.front.chip.write(0x9286, bytes((9,)))
    assert board.chip.memory[0x9286] == before


def test_a_chip_with_another_number_is_never_taken_into_service():
    board = build(Pack(2, 8, 50.0))
    board.chip._answer = lambda data: None
    board.front.setup.restart()
    assert not board.front.start(100)
    board.gates.drive(BOTH)
    assert board.gates.line() == 0


def test_body_diode_protection_is_not_disobedience():
    sim = running()
    # Above the chip's 0.5 A, below the firmware's own assist at 2 A.
    sim.pack.load.attach("amps", 1.5)
    sim.bms.change({"chg_switch_on": 0})
    sim.run(5)
    assert sim.bms.snap.gates_cmd == DSG
    assert sim.board.gates.line() == BOTH  # the charge gate spares its diode
    assert not sim.bms.guard.by_name["chg_disobeys"].tripped
    sim.pack.load.detach()
    sim.run(1)
    assert sim.board.gates.line() == DSG


@each(((0, 0), (0b1, 0b1), (0b11, 0b01), (0b110, 0b010), (0b10101, 0b10101), (0xFF, 0x55)))
def test_neighbours_are_never_bled_together(row):
    asked, bled = row
    sim = running()
    sim.board.transfer.bleed(asked)
    assert sim.board.chip.bleeding == bled
    sim.board.transfer.stop()
    assert sim.board.chip.bleeding == 0


def test_a_sample_fits_its_share_of_the_step():
    sim = running(10.0)
    assert 10_000 < sim.board.world.longest_us <= 20_000


@each(((CHG, 0x01), (DSG, 0x04), (BOTH, 0x05), (0, 0)))
def test_gates_are_read_back_from_the_chip(row):
    mask, status = row
    sim = running()
    sim.board.gates.drive(mask)
    buf = bytearray(1)
    sim.board.chip.i2c_read(0x7F, buf)
    assert buf[0] == status
    snap = Snapshot()
    sim.board.sampler.sample(snap, PERIOD_MS)
    assert snap.gates_on == mask


# ms of stall, resets, gates right after, seconds until both are on again at the latest
STALLS = ((150, 0, BOTH, 1), (600, 0, 0, 3), (2500, 1, 0, 70))


@each(STALLS)
def test_stalls_of_the_processor(row):
    stall_ms, resets, line, within_s = row
    sim = running()
    sim.board.faults.set("clock", "stall", stall_ms)
    sim.run(stall_ms / 1000 + 2 * PERIOD_MS / 1000)
    assert sim.board.gates.line() == line
    run_until_on(sim, within_s)
    assert sim.resets == resets
    assert not sim.bms.guard.by_name["dsg_welded"].tripped


def test_a_bus_held_down_is_freed_by_clocks():
    from tests.hal.standins.boards import c1

    sim = Simulation(
        settings=Scaled("load_dump", facts).settings(facts), board=c1(Pack(2, 8, 50.0))
    )
    sim.run(4)
    assert sim.board.gates.line() == BOTH
    sim.board.bench.i2c.held = 7
    sim.run(1)
    assert sim.board.driver.sampler.chip._bus.freed == 1
    assert not sim.errors
    assert sim.board.bench.i2c.held == 0
    assert sim.bms.snap.current_age_ms == 0
    assert sim.board.gates.line() == BOTH


def test_a_command_to_the_gates_gets_through_whichever_transaction_fails():
    sim = running()
    before = sim.board.chip.transactions
    sim.bms.change({"chg_switch_on": 0})
    sim.tick()
    count = sim.board.chip.transactions - before
    for n in range(1, count + 1):
        sim.bms.change({"chg_switch_on": 1})
        sim.run(0.3)
        assert sim.board.gates.line() == BOTH
        sim.board.chip.refuse_at = sim.board.chip.transactions + n
        sim.bms.change({"chg_switch_on": 0})
        sim.run(0.3)
        assert sim.board.gates.line() == DSG, "transaction %d" % n
