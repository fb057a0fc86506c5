"""One contract for every board: the virtual one, and real drivers on stand-ins."""

import tests  # noqa: F401
from firmware.snapshot import NEVER_MS, Snapshot
from hal.virtual.board import VirtualBoard
from hal.virtual.pack import Pack
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.standins import boards

PERIOD_MS = 50
BOARDS = (VirtualBoard, boards.jk8s, boards.c1)
_AGES = ("cells", "stack", "current", "t1", "t2", "mos")


def sampled(board, steps=10, mask=0):
    """A snapshot after some steps with the gates of `mask`."""
    snap = Snapshot()
    for _ in range(steps):
        board.clock.advance(PERIOD_MS)
        board.sampler.sample(snap, PERIOD_MS)
        board.gates.drive(mask)
        board.gates.renew()
    return snap


@each(BOARDS)
def test_every_signal_arrives_in_our_units(row):
    board = row(Pack(soc=0.6))
    snap = sampled(board)
    for i in range(8):
        assert abs(snap.cell_mv[i] - board.pack.cell_v(i) * 1000) <= 3
    assert abs(snap.stack_mv - board.pack.pack_v() * 1000) <= 12
    assert snap.current_ma == 0
    for dc in (snap.t1_dc, snap.t2_dc, snap.mos_dc):
        assert abs(dc - 250) <= 6
    for name in _AGES:
        assert getattr(snap, name + "_age_ms") <= 200, name


@each(BOARDS)
def test_nothing_was_read_before_the_first_sample(row):
    row(Pack())
    snap = Snapshot()
    for name in _AGES:
        assert getattr(snap, name + "_age_ms") == NEVER_MS


@each(BOARDS)
def test_charging_is_positive_and_discharging_negative(row):
    board = row(Pack())
    board.pack.charger.attach(30.0, 10.0)
    assert abs(sampled(board, 10, BOTH).current_ma - 10_000) <= 20
    board.pack.charger.detach()
    board.pack.load.attach("amps", 20.0)
    assert abs(sampled(board, 10, BOTH).current_ma + 20_000) <= 20


@each(BOARDS)
def test_gates_start_open_and_read_back_what_was_driven(row):
    board = row(Pack())
    assert board.gates.line() == 0
    for mask in (CHG, DSG, BOTH, 0):
        assert sampled(board, 2, mask).gates_on in (mask, 0)
        assert sampled(board, 2, mask).gates_on == mask
        assert board.gates.line() == mask


@each(BOARDS)
def test_the_lease_drops_out_without_the_firmware(row):
    board = row(Pack())
    sampled(board, 4, BOTH)
    board.clock.advance(board.facts.LEASE_MS - 1)
    assert board.gates.line() == BOTH
    board.clock.advance(1)
    assert board.gates.line() == 0


@each([(build, name) for build in BOARDS for name in ("current", "mos", "t1", "t2", "cells")])
def test_a_silent_signal_grows_older_and_keeps_its_value(row):
    build, name = row
    board = build(Pack())
    snap = sampled(board)
    board.faults.set(name, "silent")
    before = getattr(snap, name + "_age_ms")
    for _ in range(10):
        board.clock.advance(PERIOD_MS)
        board.sampler.sample(snap, PERIOD_MS)
    aged_ms = getattr(snap, name + "_age_ms")
    assert 300 <= aged_ms <= before + 500
    board.faults.clear(name)
    for _ in range(10):
        board.clock.advance(PERIOD_MS)
        board.sampler.sample(snap, PERIOD_MS)
    assert getattr(snap, name + "_age_ms") <= 200


@each(BOARDS)
def test_a_short_shows_as_a_latch_until_it_is_released(row):
    board = row(Pack())
    board.gates.arm(100)
    sampled(board, 10, BOTH)
    board.pack.load.attach("short", 0.01, 5e-6)
    snap = sampled(board, 1, BOTH)
    assert snap.short_mask == DSG
    assert board.gates.line() == 0
    board.pack.load.detach()
    assert sampled(board, 4, BOTH).short_mask == DSG
    board.gates.rearm()
    assert sampled(board, 4, BOTH).short_mask == 0
    assert board.gates.line() == BOTH


@each(BOARDS)
def test_an_armed_delay_is_the_boards_own(row):
    board = row(Pack())
    for asked_us in (0, 1, 100, 450, 1500, 1_000_000):
        effective_us = board.gates.arm(asked_us)
        assert board.facts.SCP_MIN_US <= effective_us <= board.facts.SCP_MAX_US
        assert effective_us % board.facts.SCP_STEP_US == 0
