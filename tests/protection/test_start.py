"""The guard at a start and after a reset."""

from firmware.snapshot import NEVER_MS, Snapshot
from protection.rule import BOTH, CHG, DSG
from protection.table import DEFAULT_PASSWORD
from tests.each import each
from tests.rig import Rig, commission

STARTING, RESTART_HOLD, COLD_CHARGING = 1, 32, 1 << 10


# Start.


def test_nothing_is_allowed_before_the_first_sample():
    rig = Rig(started=False)
    fresh = Snapshot()
    assert fresh.allowed == 0 and fresh.gates_cmd == 0
    for name in ("cells_age_ms", "current_age_ms", "stack_age_ms", "mos_age_ms"):
        setattr(rig.snap, name, getattr(fresh, name))
        assert getattr(fresh, name) == NEVER_MS
    rig.step()
    assert rig.snap.allowed == 0


def test_after_a_start_every_rule_earns_its_release():
    # Two seconds, the temperatures' delay, are the longest; the steps before keep both open.
    rig = Rig(started=False)
    rig.run(1950)
    assert rig.snap.allowed == 0
    rig.run(50)
    assert rig.snap.allowed == BOTH


def test_a_start_in_the_band_between_release_and_trip_stays_open():
    # What the pack went through before is unknown: above OVPR it may have been over OVP.
    rig = Rig(started=False)
    rig.snap.cell_max_mv = 3500
    rig.run(10_000)
    assert rig.snap.allowed == DSG
    rig.snap.cell_max_mv = 3399
    rig.run(1000)
    assert rig.snap.allowed == BOTH


def test_while_starting_only_that_is_reported_and_balancing_waits():
    rig = Rig(started=False)
    for _ in range(43):  # 2000 ms and the 200 ms that come with it, less one step
        rig.step()
        assert rig.snap.own_word == STARTING
        assert rig.snap.fault_word == 0
        assert not rig.snap.balance_ok
    rig.run(150)
    assert rig.snap.own_word == COLD_CHARGING
    assert rig.snap.balance_ok
    assert rig.codes() == []


def test_starting_ends_after_the_longest_release_delay_that_is_set():
    rig = Rig({"temp_delay_ms": 5000}, started=False)
    rig.run(5150)
    assert rig.snap.own_word == STARTING
    rig.run(150)
    assert rig.snap.own_word & STARTING == 0


def test_a_stall_does_not_shorten_the_start():
    rig = Rig(started=False)
    for _ in range(39):
        rig.step(10_000)
        assert rig.snap.allowed == 0
    rig.step(10_000)
    assert rig.snap.allowed == BOTH


def test_what_still_holds_after_the_start_is_reported_once():
    rig = Rig(started=False)
    rig.snap.cell_max_mv = 3700
    rig.snap.wire_bad = 4
    rig.run(2250)
    assert sorted(rig.codes()) == [0x11, 0x9A]
    assert rig.snap.fault_word == 1 << 4 | 1 << 0
    rig.run(1000)
    assert rig.codes() == []


def test_the_standing_word_of_others_is_shown_from_the_start():
    rig = Rig(started=False)
    rig.guard.standing_word = DEFAULT_PASSWORD
    rig.step()
    assert rig.snap.fault_word == 1 << 19
    rig.run(3000)
    assert rig.snap.fault_word == 1 << 19
    rig.snap.cell_max_mv = 3700
    rig.run(1000)
    assert rig.snap.fault_word == 1 << 19 | 1 << 4


# Restart.


def test_a_reset_nobody_asked_for_waits_the_whole_scpr_time():
    rig = Rig(started=False)
    rig.guard.hold_after_restart()
    rig.run(59_950)
    assert rig.snap.allowed == 0
    assert rig.tripped() == ["restart_hold"]
    assert rig.snap.own_word & RESTART_HOLD
    assert not rig.snap.assist_ok and not rig.snap.balance_ok
    rig.run(50)
    assert rig.snap.allowed == BOTH


def test_a_reset_counts_as_one_retry_and_three_and_a_short_latch():
    rig = Rig(started=False)
    rig.snap.load_present = True
    for resets in (1, 2, 3):
        rig.guard.hold_after_restart()
        assert rig.guard.retries[2].count == resets
        rig.run(60_000)
        assert rig.snap.allowed == BOTH
    rig.latched = DSG
    rig.run(61_000)
    assert rig.snap.allowed == 0
    assert rig.snap.fault_word == 1 << 24


def test_the_hold_is_reported_with_its_release():
    rig = Rig(started=False)
    rig.guard.hold_after_restart()
    rig.run(60_000)
    assert rig.codes() == [0x88, 0x89]


def test_new_settings_do_not_end_the_hold():
    rig = Rig(started=False)
    rig.guard.hold_after_restart()
    rig.run(1000)
    rig.load(commission({"cell_ovp_mv": 3650}))
    rig.run(58_950)
    assert rig.snap.allowed == 0
    rig.run(50)
    assert rig.snap.allowed == BOTH


@each([("chg_welded", CHG, 16), ("dsg_welded", DSG, 17)])
def test_a_weld_outlives_a_reset(row):
    name, bit, alarm = row
    rig = Rig(started=False)
    rig.guard.restore((0, 0, 0), (name,))
    rig.run(10_000)
    assert rig.tripped() == [name]
    assert rig.guard.welded == bit
    assert rig.snap.allowed == BOTH - bit
    assert rig.snap.fault_word == 1 << alarm
    rig.guard.clear_latches()
    rig.step()
    assert rig.guard.welded == 0
    assert rig.snap.allowed == BOTH


@each([("chg_disobeys", CHG), ("dsg_disobeys", DSG)])
def test_a_mosfet_that_disobeyed_outlives_a_reset_and_is_no_weld(row):
    name, bit = row
    rig = Rig(started=False)
    rig.guard.restore((0, 0, 0), (name,))
    rig.run(10_000)
    assert rig.snap.allowed == BOTH - bit
    assert rig.guard.welded == 0


def test_counts_of_retries_outlive_a_reset():
    rig = Rig(started=False)
    rig.snap.charger_present = rig.snap.load_present = True
    rig.guard.restore((3, 4, 1), ())
    assert [retry.count for retry in rig.guard.retries] == [3, 4, 1]
    rig.run(10_000)
    assert rig.tripped() == ["dsg_tries"]
    assert rig.snap.allowed == CHG
    rig.snap.current_ma = 25_001
    rig.run(30_000)
    rig.snap.current_ma = 0
    rig.run(60_000)
    assert rig.tripped() == ["chg_tries", "dsg_tries"]


def test_the_third_reset_in_a_row_still_starts_and_the_fourth_does_not():
    for resets, allowed in ((1, BOTH), (2, BOTH), (3, BOTH), (4, 0)):
        rig = Rig(started=False)
        rig.snap.load_present = True
        rig.guard.restore((0, 0, resets - 1), ())
        rig.guard.hold_after_restart()
        rig.run(60_000)
        assert rig.snap.allowed == allowed, resets
