"""The guard as a whole: start-up, restart, short circuit, sensors, power-off, events."""

from firmware.events import Events
from firmware.settings import LTO, Settings
from firmware.snapshot import ABSENT_DC, NEVER_MS, Snapshot
from protection.rule import BOTH, CHG, DSG
from protection.table import DEFAULT_PASSWORD, SELF_TEST
from tests.each import each
from tests.rig import Rig, calm, commission

STARTING, NOT_CONFIGURED, STORE_FAILED, RESTART_HOLD = 1, 2, 4, 32
NO_SENSORS, COLD_CHARGING = 1 << 9, 1 << 10


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


# Time to the next trip.


def test_without_a_rule_that_counts_no_trip_is_near():
    assert Rig().guard.due_ms() == NEVER_MS


def test_the_nearest_trip_is_the_one_that_is_told():
    rig = Rig()
    rig.snap.cell_max_mv = 3700
    rig.run(100)
    assert rig.guard.due_ms() == 900
    rig.snap.t1_dc = 700
    rig.run(100)
    assert rig.guard.due_ms() == 800
    rig.snap.cell_max_mv = 3300
    rig.step()
    assert rig.guard.due_ms() == 2000 - 150
    rig.run(1850)
    assert rig.guard.due_ms() == NEVER_MS  # it has tripped


# Short circuit.


@each([(CHG, "chg_scp", 7), (DSG, "dsg_scp", 14), (BOTH, "dsg_scp", 14)])
def test_a_short_opens_both_at_once_and_rearms_only_after_scpr(row):
    mask, name, bit = row
    rig = Rig()
    rig.latched = mask
    rig.step()
    assert rig.snap.allowed == 0 and rig.snap.gates_cmd == 0
    assert rig.rule(name).tripped
    assert rig.snap.fault_word & 1 << bit
    rig.run(59_950)
    assert rig.rearmed == 0
    rig.run(50)
    assert rig.rearmed >= 1
    # The gates follow one step later, when the latch is seen to have let go.
    assert rig.snap.allowed == 0
    rig.step()
    assert rig.snap.allowed == BOTH


def test_a_latch_that_does_not_let_go_trips_again_and_the_gates_never_close():
    class Stuck(Rig):
        def rearm(self):
            self.rearmed += 1

    rig = Stuck()
    rig.snap.load_present = True
    rig.latched = DSG
    for _ in range(5 * 1201 + 1):
        rig.step()
        assert rig.snap.gates_cmd == 0
    assert rig.rearmed == 5
    assert rig.snap.fault_word == 1 << 14 | 1 << 24


def test_a_stall_does_not_rearm_early():
    rig = Rig()
    rig.latched = DSG
    for _ in range(1200):
        rig.step(2000)
        assert rig.rearmed == 0
    rig.step(2000)
    assert rig.rearmed == 1


# Sensors (D22).


def test_over_temperature_judges_the_hottest_and_under_temperature_the_coldest():
    for hot, cold in (("t1_dc", "t2_dc"), ("t2_dc", "t1_dc")):
        rig = Rig({"dsg_otp_dc": 700, "dsg_utp_dc": -300})
        setattr(rig.snap, hot, 601)
        setattr(rig.snap, cold, -201)
        rig.run(2000)
        assert rig.tripped() == ["chg_otp", "chg_utp"]


@each([(1, "t1_dc"), (2, "t2_dc")])
def test_with_one_sensor_fitted_only_that_one_counts(row):
    fitted, name = row
    rig = Rig({"sensors_fitted": fitted, "dsg_otp_dc": 700})
    other = "t2" if fitted == 1 else "t1"
    setattr(rig.snap, other + "_dc", 800)
    setattr(rig.snap, other + "_age_ms", NEVER_MS)
    rig.run(5000)
    assert rig.tripped() == []
    setattr(rig.snap, name, 601)
    rig.run(2000)
    assert rig.tripped() == ["chg_otp"]


@each([("t1_dc",), ("t2_dc",)])
def test_a_fitted_sensor_that_never_read_leaves_the_judgement_to_the_other(row):
    rig = Rig()
    setattr(rig.snap, row[0], ABSENT_DC)
    rig.run(3000)
    assert rig.tripped() == []


def test_while_neither_sensor_was_ever_read_no_temperature_is_judged():
    rig = Rig()
    rig.snap.t1_dc = rig.snap.t2_dc = ABSENT_DC
    rig.run(5000)
    assert rig.tripped() == []
    rig.snap.t1_age_ms = rig.snap.t2_age_ms = NEVER_MS
    rig.step()
    assert rig.tripped() == ["temp_lost", "temp_lost_long"]


@each([("t1_age_ms",), ("t2_age_ms",)])
def test_a_lost_sensor_stops_charging_now_and_discharging_after_ten_minutes(row):
    rig = Rig()
    age_ms = 0
    while age_ms <= 600_000:
        age_ms += 50
        setattr(rig.snap, row[0], age_ms)
        rig.step()
        due = BOTH if age_ms <= 500 else DSG if age_ms <= 600_000 else 0
        if rig.snap.allowed != due:
            raise AssertionError((age_ms, rig.snap.allowed))
    setattr(rig.snap, row[0], 0)
    rig.run(1950)
    assert rig.snap.allowed == 0
    rig.run(50)
    assert rig.snap.allowed == BOTH


def test_a_sensor_that_fell_silent_while_hot_releases_nothing():
    rig = Rig()
    rig.snap.t1_dc = 650
    rig.run(2000)
    assert rig.snap.allowed == 0
    rig.snap.t1_age_ms = 1_000
    rig.run(60_000)
    assert "chg_otp" in rig.tripped() and "dsg_otp" in rig.tripped()


def test_without_sensors_nothing_is_judged_and_the_warning_stands():
    rig = Rig({"sensors_fitted": 0})
    rig.snap.t1_dc = rig.snap.t2_dc = 800
    rig.snap.t1_age_ms = rig.snap.t2_age_ms = NEVER_MS
    rig.run(700_000)
    assert rig.tripped() == []
    assert rig.snap.own_word == NO_SENSORS | COLD_CHARGING


def test_a_sensor_that_is_no_longer_fitted_is_no_longer_judged():
    rig = Rig()
    rig.snap.t1_dc = rig.snap.t2_dc = 800
    rig.snap.t1_age_ms = rig.snap.t2_age_ms = 700_000
    rig.run(2000)
    assert rig.tripped() == ["chg_otp", "dsg_otp", "temp_lost", "temp_lost_long"]
    rig.load(commission({"sensors_fitted": 0}))
    rig.run(2000)
    assert rig.tripped() == []
    assert rig.snap.allowed == BOTH


def test_the_cold_charging_warning_follows_the_limit_and_the_chemistry():
    assert Rig({"chg_utp_dc": 0, "chg_utpr_dc": 50}).snap.own_word == 0
    assert Rig({"chg_utp_dc": -1, "chg_utpr_dc": 50}).snap.own_word == COLD_CHARGING
    assert Rig(settings=commission({}, LTO)).snap.own_word == 0


# Power-off (D7).


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


# Settings.


def test_an_unconfigured_board_keeps_both_open():
    rig = Rig(settings=Settings(), started=False)
    rig.run(10_000)
    assert rig.snap.allowed == 0
    assert rig.tripped() == ["unconfigured"]
    assert rig.snap.own_word == NOT_CONFIGURED | NO_SENSORS
    rig.load(commission())
    rig.step()
    assert rig.snap.allowed == BOTH


def test_settings_that_could_not_be_read_keep_both_open():
    rig = Rig()
    rig.guard.signals.store_failed(True)
    rig.step()
    assert rig.snap.allowed == 0
    assert rig.snap.own_word & STORE_FAILED
    rig.guard.signals.store_failed(False)
    rig.step()
    assert rig.snap.allowed == BOTH


def test_what_the_self_test_found_keeps_both_open_whatever_settings_come():
    rig = Rig()
    rig.wrong = 1 << 5
    rig.guard.signals.tested()
    for _ in range(3):
        rig.run(10_000)
        assert rig.snap.allowed == 0
        assert rig.snap.own_word & SELF_TEST
        rig.load(commission())
    assert (0xAA, 1 << 5, 0) in [event[1:] for event in events(rig)]
    rig.wrong = 0
    rig.guard.signals.tested()
    rig.step()
    assert rig.snap.allowed == BOTH


def events(rig):
    """All events posted since the last call."""
    found = []
    event = rig.event()
    while event:
        found.append(event)
        event = rig.event()
    return found


def test_new_limits_act_in_the_next_step_and_keep_what_holds():
    rig = Rig()
    rig.snap.cell_max_mv = 3500
    rig.run(5000)
    assert rig.snap.allowed == BOTH
    rig.load(commission({"cell_ovp_mv": 3450}))
    rig.run(950)
    assert rig.snap.allowed == BOTH
    rig.step()
    assert rig.snap.allowed == DSG
    rig.load(commission({"cell_ovp_mv": 3600}))
    rig.run(5000)
    assert rig.snap.allowed == DSG  # 3500 is above the release limit


def test_a_lower_limit_is_felt_while_the_signal_stands_still():
    # The band of a signal is made anew with the limits.
    rig = Rig()
    rig.snap.mos_dc = 650
    rig.run(5000)
    rig.load(commission({"chg_otp_dc": 560, "chg_otpr_dc": 500}))
    rig.snap.t1_dc = 580
    rig.run(2000)
    assert rig.tripped() == ["chg_otp"]


# Events.


def test_trips_and_releases_are_posted_with_value_and_limit():
    rig = Rig()
    rig.snap.cell_max_mv = 3650
    rig.run(1000)
    assert rig.event() == (0, 0x11, 3650, 3600)
    rig.snap.cell_max_mv = 3399
    rig.run(1000)
    assert rig.event() == (0, 0x12, 3399, 3400)
    rig.snap.cell_min_mv = 2599
    rig.run(1000)
    assert rig.event() == (0, 0x1D, 2599, 2600)
    rig.snap.cell_min_mv = 3001
    rig.run(1000)
    assert rig.event() == (0, 0x1E, 3001, 3000)
    assert rig.event() is None


def test_a_timed_release_names_the_limit_that_was_exceeded():
    rig = Rig()
    rig.snap.current_ma = -200_001
    rig.run(30_000)
    assert rig.event() == (0, 0x21, 200_001, 200_000)
    rig.snap.current_ma = 0
    rig.run(60_000)
    assert rig.event() == (0, 0x22, 0, 200_000)


def test_codes_without_a_number_for_the_release_are_marked():
    rig = Rig()
    rig.snap.taps_wrong = 1
    rig.run(1000)
    rig.snap.taps_wrong = 0
    rig.run(1000)
    assert rig.codes() == [0x3C, 0x13C]


def test_the_full_queue_does_not_stop_the_guard():
    rig = Rig()
    for _ in range(100):
        rig.snap.cell_max_mv = 3650
        rig.run(1000)
        assert rig.snap.allowed == DSG
        rig.snap.cell_max_mv = 3300
        rig.run(1000)
        assert rig.snap.allowed == BOTH
    assert isinstance(rig.events, Events)
    assert rig.events.lost == 200 - 64
