"""Faults by name: every target with every kind, what a sensor's do, and that they heal."""

from hal.virtual.faults import MOSFET_KINDS, OTHER, SENSOR_KINDS, kinds_of, targets
from protection.rule import BOTH
from tests.each import each
from tests.hal.fault_bench import TEMPERATURES, Bench

CELL_TARGETS = ["cell%d" % (i + 1) for i in range(8)]
TAP_TARGETS = ["tap%d" % i for i in range(9)]
OTHERS = ("stack", "current", "t1", "t2", "mos")
LOST = ("frozen", "silent", "nack")
KINDS = ("open", "short", "stuck", "frozen", "drifting", "noisy", "glitching", "silent", "nack")
SIGNALS = [target for target in CELL_TARGETS] + list(OTHERS)


def test_the_list_of_targets_is_complete():
    assert sorted(targets()) == sorted(
        ["cell1..cell8", "tap0..tap8", "chg", "dsg", "cells", "stack", "current", "t1", "t2"]
        + ["mos", "balancer", "readback", "comparator", "lease", "charger_detect"]
        + ["load_detect", "clock"]
    )
    assert sorted(SENSOR_KINDS) == sorted(KINDS)


def test_every_target_takes_every_kind_of_its_own_and_heals():
    for target in SIGNALS + TAP_TARGETS + ["cells", "chg", "dsg"] + sorted(OTHER):
        for kind in kinds_of(target):
            bench, healthy = Bench(), Bench()
            bench.set(target, kind)
            for _ in range(20):
                bench.step()
            bench.board.faults.clear(target)
            bench.board.gates.drive(BOTH)
            for _ in range(20):
                bench.step()
            for _ in range(40):
                healthy.step()
            if target == "clock" or (target, kind) == ("chg", "open"):
                continue  # lost time, and a current that did not flow, stay lost
            assert bench.snap.cells_age_ms == 0, (target, kind)
            for signal in SIGNALS:
                value, age_ms = bench.read(signal)
                assert age_ms == 0, (target, kind, signal)
                assert abs(value - healthy.read(signal)[0]) <= 100, (target, kind, signal)


# Sensors.


@each(SIGNALS)
def test_lost_readings_keep_their_value_and_age(row):
    for kind in LOST:
        bench = Bench()
        before = bench.read(row)[0]
        bench.set(row, kind)
        bench.move(row)
        for _ in range(4):
            bench.step()
        assert bench.read(row) == (before, 200), kind


@each(["cells"])
def test_a_lost_scan_ages_all_cells(row):
    for kind in LOST:
        bench = Bench()
        before = tuple(bench.snap.cell_mv)
        bench.set(row, kind)
        bench.move(row)
        bench.step()
        assert tuple(bench.snap.cell_mv) == before
        assert bench.snap.cells_age_ms == 50


@each([(target, 0, 0) for target in CELL_TARGETS] + [("stack", 0, 65_000), ("current", 0, 500_000)])
def test_open_and_short_read_the_ends_of_the_converter(row):
    target, short, opened = row
    for kind, due in (("short", short), ("open", opened)):
        bench = Bench()
        bench.set(target, kind)
        bench.step()
        assert bench.read(target) == (due, 0)


@each(TEMPERATURES)
def test_an_open_or_short_thermistor_is_recognised_and_does_not_arrive(row):
    for kind in ("open", "short"):
        bench = Bench()
        before = bench.read(row)[0]
        bench.set(row, kind)
        bench.step()
        bench.step()
        assert bench.read(row) == (before, 100), kind


@each(SIGNALS)
def test_stuck_repeats_the_last_value_fresh_for_ever(row):
    bench = Bench()
    bench.set(row, "stuck")
    bench.step()
    stuck = bench.read(row)
    bench.move(row)
    for _ in range(50):
        bench.step()
        assert bench.read(row) == stuck
    assert stuck[1] == 0
    bench.board.faults.clear(row)
    bench.step()
    assert bench.read(row)[0] != stuck[0]


@each(SIGNALS)
def test_stuck_at_an_amount_reads_that(row):
    bench = Bench()
    bench.set(row, "stuck", 123)
    bench.step()
    assert bench.read(row) == (123, 0)


def test_a_stuck_converter_repeats_a_whole_scan():
    bench = Bench()
    bench.board.pack.cells.soc[2] = 0.9
    bench.board.pack.touch()
    bench.step()
    before = tuple(bench.snap.cell_mv)
    bench.set("cells", "stuck")
    bench.step()
    bench.move("cells")
    bench.step()
    assert tuple(bench.snap.cell_mv) == before
    assert bench.snap.cells_age_ms == 0


def settled(target):
    """A bench whose truth stands still: no load, no charger."""
    bench = Bench()
    bench.board.pack.load.detach()
    bench.board.pack.board_a = 0.0
    for _ in range(4):
        bench.step()
    return bench, bench.read(target)[0]


@each(SIGNALS)
def test_drifting_moves_by_the_amount_per_minute(row):
    bench, before = settled(row)
    bench.set(row, "drifting", 600)
    bench.step(30_000)
    assert abs(bench.read(row)[0] - before - 300) <= 3
    bench.step(30_000)
    assert abs(bench.read(row)[0] - before - 600) <= 5


@each(SIGNALS)
def test_noise_stays_within_its_amount_and_moves(row):
    bench, before = settled(row)
    bench.set(row, "noisy", 40)
    seen = set()
    for _ in range(60):
        bench.step()
        value = bench.read(row)[0]
        assert abs(value - before) <= 42
        seen.add(value)
    assert len(seen) > 20


@each(SIGNALS)
def test_a_glitch_comes_every_sixteenth_reading(row):
    bench, before = settled(row)
    bench.set(row, "glitching", 1000)
    off = []
    for i in range(64):
        bench.step()
        if abs(bench.read(row)[0] - before) > 500:
            assert abs(bench.read(row)[0] - before - 1000) <= 2
            off.append(i)
    assert off == [15, 31, 47, 63]


@each(TAP_TARGETS)
def test_a_lost_tap_takes_both_of_its_cells(row):
    bench = Bench()
    bench.set(row, "open")
    bench.step()
    tap = int(row[3])
    for i in range(8):
        mv = bench.snap.cell_mv[i]
        assert (mv == 0) == (i in (tap - 1, tap)), (row, i, mv)


def test_cells_stay_within_what_a_sample_may_hold():
    for amount in (100_000, -100_000):
        bench = Bench()
        bench.set("cell4", "stuck", amount)
        bench.step()
        assert bench.snap.cell_mv[3] == (8191 if amount > 0 else 0)


def test_two_faults_at_once_do_not_disturb_each_other():
    bench = Bench()
    bench.set("cell1", "stuck", 1111)
    bench.set("t1", "silent")
    bench.set("current", "short")
    bench.step()
    assert bench.read("cell1") == (1111, 0)
    assert bench.read("t1")[1] == 50
    assert bench.read("current") == (0, 0)
    bench.board.faults.clear("t1")
    bench.step()
    assert bench.read("t1")[1] == 0
    assert bench.read("cell1") == (1111, 0)


def test_clearing_what_was_not_set_does_nothing():
    bench = Bench()
    bench.board.faults.clear("cell1")
    bench.board.faults.clear("dsg")


# Refusals.


def refusal(target, kind):
    try:
        Bench().set(target, kind)
    except ValueError as error:
        return str(error)
    raise AssertionError("accepted")


@each(["cell9", "cell0", "cell", "cell12", "tap9", "taps", "tap", "", "CHG", "bus"])
def test_an_unknown_target_is_refused_and_the_targets_are_named(row):
    said = refusal(row, "open")
    assert repr(row) in said
    for target in targets():
        assert target in said


@each(
    [("cell1", "welded"), ("chg", "silent"), ("clock", "stuck"), ("balancer", "dead"), ("t1", "")]
)
def test_an_unknown_kind_is_refused_and_the_kinds_are_named(row):
    target, kind = row
    said = refusal(target, kind)
    assert target in said and repr(kind) in said
    for allowed in kinds_of(target):
        assert allowed in said


def test_mosfets_have_kinds_of_their_own():
    assert kinds_of("chg") == kinds_of("dsg") == MOSFET_KINDS == ("welded", "open", "slow")
