"""Lead resistance: shared taps solved together, bad told from open."""

from balancing.wires import MOHM_MAX, Wires
from tests.balancing.fakes import Converter, Snap
from tests.each import each


def measure(leads, kind="direct", dead=(), snap=None, volts_mv=1000):
    """Run the measurement on given leads; cells in `dead` pass no current."""
    cells = len(leads) - 1
    snap = snap or Snap(cells)
    converter = Converter(kind, True)
    converter.leads_mohm, converter.volts_mv = leads, volts_mv
    wires = Wires(cells)
    wires.begin()
    for _ in range(10 * cells):
        snap.cells_age_ms = 0 if converter.is_open() else 50
        converter.flow_pm = 0 if converter.cell in dead else 1000
        if wires.step(snap, converter, 2000, snap.cells_age_ms == 0):
            assert converter.is_open()
            return snap
    raise AssertionError("never done")


GOOD = [50, 52, 48, 50, 51]


def test_good_leads_are_near_and_well():
    snap = measure(GOOD)
    for i in range(5):
        assert abs(snap.wire_mohm[i] - GOOD[i]) <= 4
    assert (snap.wire_bad, snap.wire_open) == (0, 0)


@each(range(9))
def test_one_bad_lead_is_found_wherever_it_is(row):
    leads = [50] * 9
    leads[row] = 300
    snap = measure(leads)
    assert snap.wire_bad == 1 << row and snap.wire_open == 0
    assert abs(snap.wire_mohm[row] - 300) <= 2


@each(((199, 0), (200, 0), (201, 1)))
def test_a_lead_is_bad_above_200_milliohm(row):
    assert measure([100, 100, row[0], 100, 100]).wire_bad == row[1] << 2


@each(((149, 0), (150, 0), (151, 1)))
def test_a_lead_is_bad_above_three_medians(row):
    assert measure([50, 50, row[0], 50, 50]).wire_bad == row[1] << 2


@each((("storage", 1000), ("storage", 2600), ("direct", 0)))
def test_every_converter_measures(row):
    snap = measure(GOOD, row[0], (), None, row[1])
    assert snap.wire_bad == 0 and abs(snap.wire_mohm[2] - 48) <= 4


@each((((0,), 0b00001), ((0, 1), 0b00011), ((1, 2), 0b00100), ((3,), 0b10000), ((1,), 0)))
def test_an_open_lead_passes_no_current_through_either_cell(row):
    snap = measure(GOOD, "direct", row[0])
    assert snap.wire_open == row[1] and snap.wire_bad == 0
    for i in range(5):
        assert (snap.wire_mohm[i] == MOHM_MAX) == bool(row[1] >> i & 1)


def test_a_dead_converter_says_nothing_about_leads():
    snap = measure(GOOD, "direct", (0, 1, 2, 3))
    assert (snap.wire_bad, snap.wire_open, list(snap.wire_mohm)) == (0, 0, [0] * 5)


def test_a_pack_current_that_jumps_is_measured_again():
    snap, converter, wires = Snap(4), Converter("direct", True), Wires(4)
    converter.leads_mohm = GOOD
    wires.begin()
    for i in range(3):
        snap.current_ma = 0
        assert not wires.step(snap, converter, 2000, True)
        snap.current_ma = 5000
        assert not wires.step(snap, converter, 2000, False)
        assert wires.cell == (1 if i == 2 else 0)


def test_it_waits_for_a_fresh_scan():
    snap, converter, wires = Snap(4), Converter("direct", True), Wires(4)
    wires.begin()
    assert not wires.step(snap, converter, 2000, False)
    assert converter.is_open()


def test_a_small_snapshot_is_not_overrun():
    snap = Snap(4)
    snap.wire_mohm = snap.wire_mohm[:3]
    assert len(measure(GOOD, "direct", (), snap).wire_mohm) == 3


@each(
    (
        ("direct", 1000, [(0, -1, 1), (1, -1, 2), (2, -1, 3), (3, -1, 0)]),
        ("storage", 2599, [(0, -1, None), (1, -1, None), (2, -1, None), (3, -1, None)]),
        ("storage", 2600, [(0, 1, None), (1, 1, None), (2, 1, None), (3, 1, None)]),
    )
)
def test_each_cell_is_moved_once_the_way_the_board_can(row):
    snap, converter, wires = Snap(4), Converter(row[0], True), Wires(4)
    converter.volts_mv, converter.leads_mohm = row[1], GOOD
    wires.begin()
    seen = []
    for _ in range(4):
        wires.step(snap, converter, 2000, True)
        seen.append((converter.cell, converter.way, converter.sink))
        wires.step(snap, converter, 2000, False)
    assert seen == row[2]


@each(((1000, 1), (1001, 0), (-1000, 1), (-1001, 0)))
def test_a_steady_pack_current_is_within_one_ampere(row):
    snap, converter, wires = Snap(4), Converter("direct", True), Wires(4)
    wires.begin()
    snap.current_ma = 3000
    wires.step(snap, converter, 2000, True)
    snap.current_ma = 3000 + row[0]
    wires.step(snap, converter, 2000, False)
    assert wires.cell == row[1]


@each(((99, True), (100, False)))
def test_a_cell_is_dead_below_a_tenth_of_the_current(row):
    snap, converter, wires = Snap(4), Converter("direct", True), Wires(4)
    wires.begin()
    converter.flow_pm = row[0]
    wires.step(snap, converter, 2000, True)
    wires.step(snap, converter, 2000, False)
    assert (wires.sum_mohm[0] < 0) == row[1]


def test_every_bad_lead_is_named():
    assert measure([50, 300, 50, 50, 50, 50, 300, 50, 50]).wire_bad == 0b1000010
