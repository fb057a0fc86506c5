"""What hal/api.py promises, for every board: units, signs, freshness, gates, transfer.

`row` is a class of tests/hal/rigs.py.
"""

import asyncio

from firmware.snapshot import CELLS_MAX, NEVER_MS, Snapshot
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.rigs import RIGS

# signal that can be lost -> its age in the snapshot, its fields
SIGNALS = {
    "current": ("current_ma",),
    "stack": ("stack_mv",),
    "t1": ("t1_dc",),
    "t2": ("t2_dc",),
    "mos": ("mos_dc",),
    "cells": ("cell_mv",),
}


SETTLE = 8  # samples until whatever was changed is seen by the slowest board


def started(rig_class):
    """A rig that has sampled everything, its lease alive."""
    rig = rig_class()
    snap = Snapshot()
    rig.board.gates.arm(1500)
    sample(rig, snap, times=SETTLE)
    return rig, snap


def sample(rig, snap, ms=50, times=1):
    """Time passes and a sample is taken, as often as the loop does it, its lease renewed."""
    for _ in range(times):
        rig.advance(ms)
        rig.board.sampler.sample(snap, ms)
        rig.board.gates.renew()


def can_lose(rig):
    """The signals that can be lost on this board."""
    return [signal for signal in SIGNALS if rig.lost_with.get(signal, ()) is not None]


def fields(snap, signal):
    return [
        tuple(value) if name == "cell_mv" else value
        for name, value in [(name, getattr(snap, name)) for name in SIGNALS[signal]]
    ]


# Sampler.


@each(RIGS)
def test_before_the_first_sample_everything_is_older_than_ever(row):
    snap = Snapshot()
    for signal in SIGNALS:
        assert getattr(snap, signal + "_age_ms") == NEVER_MS


@each(RIGS)
def test_a_sample_is_fresh_and_in_range(row):
    rig, snap = started(row)
    for signal in SIGNALS:
        assert getattr(snap, signal + "_age_ms") <= rig.late_ms, signal
    assert len(snap.cell_mv) == CELLS_MAX
    for i in range(CELLS_MAX):
        mv = snap.cell_mv[i]
        assert 1000 < mv < 5000 if i < rig.cells else 0 <= mv < 500, i
    assert abs(sum(snap.cell_mv) - snap.stack_mv) <= snap.stack_mv // 50
    for name in ("t1_dc", "t2_dc", "mos_dc"):
        assert -400 <= getattr(snap, name) <= 1250, name
    assert abs(snap.current_ma) < 1000
    assert snap.gates_on in (0, CHG, DSG, BOTH)
    assert snap.short_mask == 0
    assert snap.lease_alive in (True, False)
    assert snap.charger_present in (True, False)
    assert snap.load_present in (True, False)


@each(RIGS)
def test_every_signal_arrives_in_our_units(row):
    rig, snap = started(row)
    for i in range(rig.cells):
        assert abs(snap.cell_mv[i] - rig.pack.cell_v(i) * 1000) <= 3
    assert abs(snap.stack_mv - rig.pack.pack_v() * 1000) <= 12
    for dc in (snap.t1_dc, snap.t2_dc, snap.mos_dc):
        assert abs(dc - 250) <= 6
    rig.board.gates.drive(BOTH)
    for flow_ma in (10_000, -20_000):
        rig.flow(flow_ma)
        sample(rig, snap, times=SETTLE)
        assert abs(snap.current_ma - flow_ma) <= 20


@each(RIGS)
def test_what_is_written_are_integers(row):
    _, snap = started(row)
    for name in ("stack_mv", "current_ma", "t1_dc", "t2_dc", "mos_dc"):
        assert isinstance(getattr(snap, name), int), name


@each(RIGS)
def test_a_lost_signal_keeps_its_value_and_grows_older_by_the_time_that_passed(row):
    for signal in can_lose(row):
        rig, snap = started(row)
        before = fields(snap, signal)
        age_ms = getattr(snap, signal + "_age_ms")
        rig.lose(signal)
        for ms in (50, 50, 130, 2000):
            sample(rig, snap, ms)
            age_ms += ms
            assert getattr(snap, signal + "_age_ms") == age_ms, signal
            assert fields(snap, signal) == before, signal
        for other in SIGNALS:
            if other != signal and other not in rig.lost_with.get(signal, ()):
                assert getattr(snap, other + "_age_ms") <= rig.late_ms, (signal, other)
        rig.heal(signal)
        sample(rig, snap, times=SETTLE)
        assert getattr(snap, signal + "_age_ms") <= rig.late_ms, signal


@each(RIGS)
def test_ages_end_where_a_signal_counts_as_never_read(row):
    rig, snap = started(row)
    rig.lose("current")
    for _ in range(3):
        rig.board.sampler.sample(snap, NEVER_MS - 1)
    assert snap.current_age_ms == NEVER_MS


@each(RIGS)
def test_charging_is_positive_and_discharging_negative(row):
    for flow_ma in (20_000, -20_000):
        rig, snap = started(row)
        rig.board.gates.drive(BOTH)
        rig.flow(flow_ma)
        sample(rig, snap, times=SETTLE)
        assert abs(snap.current_ma - flow_ma) < 1000, flow_ma
        assert snap.charger_present == (flow_ma > 0)
        assert snap.load_present == (flow_ma < 0)


@each(RIGS)
def test_the_current_is_the_mean_of_the_step(row):
    rig, snap = started(row)
    rig.board.gates.drive(BOTH)
    rig.flow(-20_000)
    rig.advance(25)
    rig.flow(0)
    rig.advance(25)
    rig.board.sampler.sample(snap, 50)
    assert abs(snap.current_ma + 10_000) < 1000


# Gates.


@each(RIGS)
def test_every_mask_reads_back_as_it_was_driven(row):
    rig, snap = started(row)
    assert rig.gates.line() == 0
    for mask in (CHG, DSG, BOTH, 0, BOTH, 0):
        rig.board.gates.drive(mask)
        assert rig.gates.line() == mask
        sample(rig, snap)
        assert snap.gates_on == mask


@each(RIGS)
def test_open_gates_carry_nothing(row):
    for flow_ma in (20_000, -20_000):
        rig, snap = started(row)
        rig.board.gates.drive(0)
        rig.flow(flow_ma)
        sample(rig, snap)
        assert abs(snap.current_ma) < 500


@each(RIGS)
def test_each_gate_lets_its_own_direction_through(row):
    for mask, flow_ma, due_ma in (
        (CHG, 20_000, 20_000),
        (CHG, -20_000, 0),
        (DSG, -20_000, -20_000),
        (DSG, 20_000, 0),
    ):
        rig, snap = started(row)
        rig.board.gates.drive(mask)
        rig.flow(flow_ma)
        sample(rig, snap, times=SETTLE)
        assert abs(snap.current_ma - due_ma) < 1000, (mask, flow_ma)


@each(RIGS)
def test_without_the_firmware_the_gates_fall_at_the_end_of_the_lease(row):
    rig, snap = started(row)
    rig.board.gates.drive(BOTH)
    sample(rig, snap)
    assert snap.gates_on == BOTH and snap.lease_alive
    rig.advance(rig.board.facts.LEASE_MS - 1)
    assert rig.gates.line() == BOTH
    rig.advance(1)
    assert rig.gates.line() == 0


@each(RIGS)
def test_a_pulse_every_step_keeps_them_closed(row):
    rig, snap = started(row)
    rig.board.gates.drive(BOTH)
    for _ in range(60):
        sample(rig, snap)
        assert snap.gates_on == BOTH and snap.lease_alive


@each(RIGS)
def test_a_latched_short_opens_both_until_it_is_rearmed_and_says_which(row):
    rig, snap = started(row)
    gates = rig.board.gates
    gates.drive(BOTH)
    rig.short()
    for _ in range(2000 // 50):  # the shortest SCPR time
        gates.drive(BOTH)  # the latch wins over the command
        sample(rig, snap)
        assert snap.short_mask == DSG
        assert snap.gates_on == 0
    gates.rearm()
    gates.drive(BOTH)
    sample(rig, snap)
    assert snap.short_mask == 0
    assert snap.gates_on == BOTH


@each(RIGS)
def test_a_short_is_cut_without_the_firmware_and_seen_afterwards(row):
    rig, snap = started(row)
    gates = rig.board.gates
    gates.arm(100)
    gates.drive(BOTH)
    sample(rig, snap, times=SETTLE)  # some chips are programmed anew by arm()
    gates.drive(BOTH)
    sample(rig, snap)
    rig.pack.load.attach("short", 0.01, 5e-6)
    rig.advance(2)
    assert rig.gates.line() == 0
    sample(rig, snap, 48)
    assert snap.short_mask == DSG


@each(RIGS)
def test_arming_returns_the_delay_that_the_hardware_has(row):
    rig, _ = started(row)
    gates = rig.board.gates
    facts = rig.board.facts
    last_us = 0
    for wanted_us in (0, 1, 99, 100, 101, 1500, 1501, 3000, 3001, 1_000_000):
        real_us = gates.arm(wanted_us)
        assert isinstance(real_us, int)
        assert facts.SCP_MIN_US <= real_us <= facts.SCP_MAX_US
        assert real_us % facts.SCP_STEP_US == 0
        assert gates.arm(real_us) == real_us  # it can be had, so it is had
        assert real_us >= last_us
        last_us = real_us


# Transfer.


def storage(rig_class):
    """A started rig if its balancer stores, else None."""
    rig, snap = started(rig_class)
    return (rig, snap) if rig.board.transfer.kind == "storage" else (None, None)


@each(RIGS)
def test_the_balancer_says_what_it_is(row):
    transfer = row().board.transfer
    assert transfer.kind in ("storage", "direct", "bleed", "none")
    assert 0 <= transfer.kappa_pm <= 1000
    assert transfer.max_ma >= 0


@each(RIGS)
def test_after_stop_nothing_moves_and_stop_may_be_repeated(row):
    rig, snap = started(row)
    transfer = rig.board.transfer
    transfer.stop()
    if transfer.kind == "storage":
        transfer.take(0, 1000)
    transfer.stop()
    transfer.stop()
    assert transfer.current_ma() == 0
    assert transfer.cell_mv_under_transfer() == 0
    sample(rig, snap)
    assert snap.cells_age_ms <= rig.late_ms


@each(RIGS)
def test_taking_is_negative_fills_the_storage_and_hides_the_cells(row):
    rig, snap = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    before_mv = transfer.storage_mv()
    transfer.take(1, 1000)
    sample(rig, snap)
    assert -1000 <= transfer.current_ma() < 0
    assert transfer.storage_mv() > before_mv
    assert 1000 < transfer.cell_mv_under_transfer() < 5000
    assert snap.cells_age_ms == 50
    sample(rig, snap)
    assert snap.cells_age_ms == 100


@each(RIGS)
def test_giving_is_positive_and_empties_the_storage(row):
    rig, snap = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    transfer.take(1, 1000)
    sample(rig, snap, 200)
    full_mv = transfer.storage_mv()
    transfer.give(2, 1000)
    sample(rig, snap)
    assert 0 < transfer.current_ma() <= 1000
    assert transfer.storage_mv() < full_mv


@each(RIGS)
def test_no_more_than_the_boards_current_is_moved(row):
    rig, _ = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    transfer.take(0, 100_000)
    rig.advance(10)
    assert -transfer.max_ma <= transfer.current_ma() < 0


@each(RIGS)
def test_the_storage_stays_between_empty_and_full(row):
    rig, _ = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    transfer.take(0, transfer.max_ma)
    for _ in range(1000):
        rig.advance(50)
    assert abs(transfer.storage_mv() - transfer.storage_full_mv) < 200
    assert transfer.current_ma() == 0
    transfer.give(0, transfer.max_ma)
    for _ in range(1000):
        rig.advance(50)
    assert abs(transfer.storage_mv() - transfer.storage_empty_mv) < 200
    assert transfer.current_ma() == 0


# Flash.


@each(RIGS)
def test_flash_is_erased_to_ones_and_programming_only_clears_bits(row):
    flash = row().board.flash
    if flash is None:
        return
    buf = bytearray(16)
    assert flash.erase(0)
    assert flash.read(0, 0, buf) and buf == b"\xff" * 16
    assert flash.program(0, 4, b"\x0f\xf0")
    assert flash.read(0, 0, buf) and buf[3:7] == b"\xff\x0f\xf0\xff"
    flash.program(0, 4, b"\xff\x3c")
    assert flash.read(0, 0, buf)
    assert buf[4] & ~0x0F == 0 and buf[5] & ~0x30 == 0
    assert flash.erase(0)
    assert flash.read(0, 0, buf) and buf == b"\xff" * 16


# Clock, watchdog, power.


@each(RIGS)
def test_time_passes_and_is_measured_between_two_readings(row):
    rig = row()
    clock = rig.board.clock
    then = clock.ticks_ms()
    assert clock.elapsed_ms(then) == 0
    rig.advance(1234)
    assert clock.elapsed_ms(then) == 1234
    assert 0 <= clock.ticks_ms() < 1 << 30
    asyncio.run(clock.sleep_ms(0))


@each(RIGS)
def test_power_and_people(row):
    board = row().board
    assert board.power.wake_reason() in (0, 1, 2)
    assert board.power.button() in (True, False)
    then = board.clock.ticks_ms()
    board.power.buzzer(100)
    board.power.led(True)
    board.power.led(False)
    board.power.idle(True)
    board.power.idle(False)
    board.watchdog.feed()
    assert board.clock.elapsed_ms(then) == 0


@each(RIGS)
def test_the_board_states_its_facts(row):
    facts = row().board.facts
    for name in (
        "CELLS_MAX",
        "SUPPLY_MIN_MV",
        "FULL_SCALE_MA",
        "CURRENT_RANGE_MA",
        "CHARGE_MAX_MA",
        "DISCHARGE_MAX_MA",
        "PEAK_MA",
        "MOS_OTP_MAX_DC",
        "BALANCE_MAX_MA",
    ):
        assert 0 < getattr(facts, name) < 1 << 30, name
    assert facts.ASSIST in (True, False)
    assert isinstance(row().board.wrong, int)
    assert facts.PEAK_MA <= facts.CURRENT_RANGE_MA
