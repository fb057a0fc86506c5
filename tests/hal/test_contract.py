"""What hal/api.py promises, for every board: units, signs, freshness, flash, clock, power.

`row` is a class of tests/hal/rigs.py.
"""

import asyncio

from firmware.snapshot import CELLS_MAX, NEVER_MS, Snapshot
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.contract import SETTLE, SIGNALS, can_lose, fields, sample, started
from tests.hal.rigs import RIGS

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
