"""The guard's temperatures with two sensors, one or none (D22)."""

from firmware.settings import LTO
from firmware.snapshot import ABSENT_DC, NEVER_MS
from protection.rule import BOTH, DSG
from tests.each import each
from tests.rig import Rig, commission

NO_SENSORS, COLD_CHARGING = 1 << 9, 1 << 10


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
