"""The guard as a whole: the nearest trip, short circuit, settings, events."""

from firmware.events import Events
from firmware.settings import Settings
from firmware.snapshot import NEVER_MS
from protection.rule import BOTH, CHG, DSG
from protection.table import SELF_TEST
from tests.each import each
from tests.rig import Rig, commission

NOT_CONFIGURED, STORE_FAILED, NO_SENSORS = 2, 4, 1 << 9


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
