"""Extremes: fresh and believable readings only."""

import tests  # noqa: F401
from firmware import records
from firmware.extremes import FIELDS, Extremes
from firmware.snapshot import ABSENT_DC, Snapshot
from tests.each import each


def fresh():
    snap = Snapshot()
    return snap, Extremes(snap, records.COUNTERS_LAYOUT.defaults())


def taken(extremes):
    extremes.step()
    extremes.look()


def shown(extremes):
    return {name: getattr(extremes, name) for name in FIELDS}


def measure(snap):
    snap.cell_max_mv, snap.cell_min_mv = 3400, 3300
    snap.current_ma = -2000
    snap.t1_dc, snap.t2_dc, snap.mos_dc = 251, 260, 301
    for name in ("cells", "current", "t1", "t2", "mos"):
        setattr(snap, name + "_age_ms", 0)


def test_the_first_reading_is_highest_and_lowest():
    snap, extremes = fresh()
    measure(snap)
    taken(extremes)
    assert shown(extremes) == {
        "cell_max_mv": 3400,
        "cell_min_mv": 3300,
        "current_max_ma": 0,
        "current_min_ma": -2000,
        "battery_max_dc": 260,
        "battery_min_dc": 251,
        "mos_max_dc": 301,
        "mos_min_dc": 301,
    }


def test_only_a_further_reading_moves_them():
    snap, extremes = fresh()
    measure(snap)
    taken(extremes)
    snap.cell_max_mv, snap.cell_min_mv = 3399, 3301
    snap.current_ma = 500
    taken(extremes)
    assert shown(extremes)["cell_max_mv"] == 3400 and shown(extremes)["cell_min_mv"] == 3300
    assert shown(extremes)["current_max_ma"] == 500


@each(
    (
        ("cells_age_ms", ("cell_max_mv", "cell_min_mv")),
        ("current_age_ms", ("current_max_ma", "current_min_ma")),
        ("mos_age_ms", ("mos_max_dc", "mos_min_dc")),
    )
)
def test_a_stale_reading_is_nobodys_record(row):
    age, names = row
    snap, extremes = fresh()
    measure(snap)
    setattr(snap, age, 1)
    before = shown(extremes)
    taken(extremes)
    for name in FIELDS:
        assert (shown(extremes)[name] == before[name]) == (name in names or name == FIELDS[2])


def test_stale_or_absent_battery_sensors_are_left_out():
    for how in ("stale", "absent"):
        snap, extremes = fresh()
        measure(snap)
        if how == "stale":
            snap.t1_age_ms = snap.t2_age_ms = 50
        else:
            snap.t1_dc = snap.t2_dc = snap.mos_dc = ABSENT_DC
        before = shown(extremes)
        taken(extremes)
        assert shown(extremes)["battery_max_dc"] == before["battery_max_dc"]
        assert shown(extremes)["battery_min_dc"] == before["battery_min_dc"]


@each((1 << 3, 1 << 10))
def test_cells_and_current_in_doubt_are_left_out(row):
    snap, extremes = fresh()
    measure(snap)
    snap.fault_word = row
    taken(extremes)
    assert shown(extremes)["cell_max_mv"] == 0 and shown(extremes)["current_min_ma"] == 0
    assert shown(extremes)["mos_max_dc"] == 301
