"""The guard's power-off (D7), and the sleep with a dead cell."""

from tests.each import each
from tests.rig import Rig, calm


def empty(rig, high_mv=2400, low_mv=2400):
    rig.snap.cell_max_mv = high_mv
    rig.snap.cell_min_mv = low_mv


def test_power_off_waits_five_seconds_of_steps_however_long_they_were():
    rig = Rig()
    empty(rig)
    for _ in range(99):
        rig.step(10_000)
        assert not rig.snap.power_down
    rig.step(10_000)
    assert rig.snap.power_down


def spoil_charger(rig):
    rig.snap.charger_present = True


def spoil_age(rig):
    rig.snap.cells_age_ms = 801


def spoil_range(rig):
    rig.snap.cell_max_mv = 5001


def spoil_sum(rig):
    rig.snap.stack_mv = 20_000
    rig.snap.pack_mv = 20_420


@each([(spoil_charger,), (spoil_age,), (spoil_range,), (spoil_sum,)])
def test_a_charger_or_a_reading_in_doubt_never_powers_off(row):
    rig = Rig()
    empty(rig)
    row[0](rig)
    rig.run(700_000)
    assert not rig.snap.power_down
    assert "power_off" not in rig.tripped() and "deep_sleep" not in rig.tripped()


@each([(spoil_charger,), (spoil_age,), (spoil_range,), (spoil_sum,)])
def test_a_doubt_in_between_starts_the_five_seconds_anew(row):
    rig = Rig()
    empty(rig)
    rig.run(4950)
    row[0](rig)
    rig.step()
    calm(rig.snap)
    rig.snap.charger_present = False
    empty(rig)
    rig.run(4950)
    assert not rig.snap.power_down
    rig.run(50)
    assert rig.snap.power_down


def test_a_scan_800_ms_old_still_counts():
    rig = Rig()
    empty(rig)
    rig.snap.cells_age_ms = 800
    rig.run(5000)
    assert rig.snap.power_down


def test_one_dead_cell_sleeps_after_ten_minutes_and_not_before():
    rig = Rig()
    empty(rig, high_mv=3300, low_mv=2400)
    rig.run(599_950)
    assert not rig.snap.power_down
    rig.run(50)
    assert rig.snap.power_down


def test_power_off_that_is_refused_by_a_charger_is_taken_back():
    rig = Rig()
    empty(rig)
    rig.run(5000)
    assert rig.snap.power_down
    rig.snap.charger_present = True
    rig.run(950)
    assert rig.snap.power_down
    rig.run(50)
    assert not rig.snap.power_down
    assert rig.codes()[-1] == 0x9D


def test_above_the_power_off_voltage_the_supply_rules_rest():
    rig = Rig()
    empty(rig, high_mv=2500, low_mv=2500)
    rig.run(700_000)
    assert not rig.snap.power_down
