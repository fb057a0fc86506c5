"""Three releases in a row, then a latch: decision D11, on its own and in the guard."""

from boards.jk8s import board as jk8s
from firmware.settings import Settings
from protection.retry import LIMIT, Retry
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.rig import Rig

OCP_MS = 30_000  # the presets' delay
CALM_MS = 60_000
FLOWING_MA = 200  # 0.1 % of 200 A
LIMIT_MA = 25_000


def tripped_retry(times):
    retry = Retry(jk8s)
    retry.load(OCP_MS)
    for _ in range(times):
        retry.trip()
    return retry


def test_three_trips_release_by_themselves():
    assert LIMIT == 3


@each([1, 2, 3])
def test_delay_and_60_s_of_conduction_forget_the_count(row):
    retry = tripped_retry(row)
    for _ in range((OCP_MS + CALM_MS) // 50 - 1):
        retry.step(FLOWING_MA + 1, LIMIT_MA, True, 50)
        assert retry.count == row
    retry.step(FLOWING_MA + 1, LIMIT_MA, True, 50)
    assert retry.count == 0


def test_current_at_the_limit_is_calm_and_one_more_is_not():
    calm = tripped_retry(1)
    calm.step(LIMIT_MA, LIMIT_MA, True, OCP_MS + CALM_MS)
    assert calm.count == 0
    rough = tripped_retry(1)
    rough.step(LIMIT_MA, LIMIT_MA, True, OCP_MS + CALM_MS - 1)
    rough.step(LIMIT_MA + 1, LIMIT_MA, True, 50)
    rough.step(LIMIT_MA, LIMIT_MA, True, OCP_MS + CALM_MS - 1)
    assert rough.count == 1
    rough.step(LIMIT_MA, LIMIT_MA, True, 1)
    assert rough.count == 0


def test_time_without_current_proves_nothing_and_spoils_nothing():
    retry = tripped_retry(1)
    retry.step(FLOWING_MA + 1, LIMIT_MA, True, OCP_MS + CALM_MS - 1)
    for _ in range(100):
        retry.step(FLOWING_MA, LIMIT_MA, True, 60_000)
    assert retry.count == 1
    retry.step(FLOWING_MA + 1, LIMIT_MA, True, 1)
    assert retry.count == 0


def test_a_trip_starts_the_calm_anew():
    retry = tripped_retry(1)
    retry.step(1000, LIMIT_MA, True, OCP_MS + CALM_MS - 1)
    retry.trip()
    retry.step(1000, LIMIT_MA, True, OCP_MS + CALM_MS - 1)
    assert retry.count == 2


def test_the_latch_is_not_forgotten_by_conduction():
    # It cannot conduct, and a reading that says so is no reason to close.
    retry = tripped_retry(4)
    retry.step(1000, LIMIT_MA, True, 10 * (OCP_MS + CALM_MS))
    assert retry.count == 4


def test_removal_for_two_seconds_opens_the_latch():
    retry = tripped_retry(4)
    for _ in range(39):
        retry.step(0, LIMIT_MA, False, 50)
        assert retry.count == 4
    retry.step(0, LIMIT_MA, False, 50)
    assert retry.count == 0


def test_a_contact_that_bounces_starts_the_two_seconds_anew():
    retry = tripped_retry(4)
    retry.step(0, LIMIT_MA, False, 1999)
    retry.step(0, LIMIT_MA, True, 50)
    retry.step(0, LIMIT_MA, False, 1999)
    assert retry.count == 4
    retry.step(0, LIMIT_MA, False, 1)
    assert retry.count == 0


def test_below_the_latch_a_removal_changes_nothing():
    retry = tripped_retry(3)
    retry.step(0, LIMIT_MA, False, 600_000)
    assert retry.count == 3


def test_clear_forgets_everything():
    retry = tripped_retry(4)
    retry.step(0, LIMIT_MA, False, 1999)
    retry.clear()
    assert retry.count == 0
    for _ in range(4):
        retry.trip()
    retry.step(0, LIMIT_MA, False, 1999)
    assert retry.count == 4


def test_without_a_count_time_does_nothing():
    retry = tripped_retry(0)
    retry.step(1000, LIMIT_MA, False, 1_000_000)
    assert retry.count == 0


def test_a_trip_counts_one():
    retry = tripped_retry(0)
    retry.trip()
    assert retry.count == 1


# In the guard.

# name, at which retry, past its limit in mA, time to trip ms, time to release ms, opens
OVER_CURRENTS = (
    ("chg_ocp", 0, 25_001, 30_000, 60_000, CHG),
    ("dsg_ocp", 1, -200_001, 30_000, 60_000, DSG),
    ("chg_peak", 0, 350_001, 1000, 60_000, CHG),
    ("dsg_peak", 1, -350_001, 1000, 60_000, DSG),
)


def over_current(rig, current_ma, trip_ms):
    """Current until the rule trips, then none, as behind an open MOSFET."""
    rig.snap.current_ma = current_ma
    rig.run(trip_ms)
    rig.snap.current_ma = 0


@each(OVER_CURRENTS)
def test_the_fourth_over_current_latches(row):
    name, at, current_ma, trip_ms, release_ms, opens = row
    rig = Rig()
    rig.snap.charger_present = rig.snap.load_present = True
    for trip in (1, 2, 3):
        over_current(rig, current_ma, trip_ms)
        assert rig.rule(name).tripped
        assert rig.guard.retries[at].count == trip
        assert rig.snap.own_word & 0b11000 == 0
        rig.run(release_ms)
        assert rig.snap.allowed == BOTH, trip
    over_current(rig, current_ma, trip_ms)
    rig.run(release_ms + 600_000)
    assert not rig.rule(name).tripped
    assert rig.snap.allowed == BOTH & ~opens
    assert rig.snap.own_word & 0b11000 == (0b01000 if at == 0 else 0b10000)


@each(OVER_CURRENTS)
def test_removing_charger_or_load_ends_the_latch(row):
    name, at, current_ma, trip_ms, release_ms, opens = row
    rig = Rig()
    rig.snap.charger_present = rig.snap.load_present = True
    for _ in range(4):
        over_current(rig, current_ma, trip_ms)
        rig.run(release_ms)
    assert rig.snap.allowed == BOTH & ~opens
    # The other one's removal says nothing about this direction.
    if at == 0:
        rig.snap.load_present = False
    else:
        rig.snap.charger_present = False
    rig.run(10_000)
    assert rig.snap.allowed == BOTH & ~opens
    rig.snap.charger_present = rig.snap.load_present = False
    rig.run(1950)
    assert rig.snap.allowed == BOTH & ~opens
    rig.run(100)
    assert rig.snap.allowed == BOTH
    assert rig.guard.retries[at].count == 0


@each(OVER_CURRENTS)
def test_calm_conduction_between_two_trips_gives_three_more(row):
    name, at, current_ma, trip_ms, release_ms, opens = row
    rig = Rig()
    rig.snap.charger_present = rig.snap.load_present = True
    for _ in range(3):
        over_current(rig, current_ma, trip_ms)
        rig.run(release_ms)
    rig.snap.current_ma = 5000 if at == 0 else -5000
    rig.run(OCP_MS + CALM_MS - 50)
    assert rig.guard.retries[at].count == 3
    rig.run(100)
    assert rig.guard.retries[at].count == 0
    over_current(rig, current_ma, trip_ms)
    rig.run(release_ms)
    assert rig.snap.allowed == BOTH


def test_ocp_and_peak_of_one_direction_share_their_tries():
    rig = Rig()
    rig.snap.load_present = True
    for current_ma, trip_ms in ((-200_001, 30_000), (-350_001, 1000), (-200_001, 30_000)):
        over_current(rig, current_ma, trip_ms)
        rig.run(60_000)
    over_current(rig, -350_001, 1000)
    rig.run(60_000)
    assert rig.snap.allowed == CHG
    assert [retry.count for retry in rig.guard.retries] == [0, 4, 0]


def test_the_fourth_short_latches_both_and_is_alarm_bit_24():
    rig = Rig()
    rig.snap.load_present = True
    for _ in range(3):
        rig.latched = DSG
        rig.run(60_000)
        assert rig.snap.fault_word == 1 << 14
        rig.run(150)
        assert rig.snap.allowed == BOTH
    rig.latched = DSG
    rig.run(600_000)
    assert rig.snap.fault_word == 1 << 24
    assert rig.snap.allowed == 0
    rig.snap.load_present = False
    rig.run(2050)
    assert rig.snap.allowed == BOTH
    assert rig.snap.fault_word == 0


def test_shorts_of_either_direction_count_together():
    rig = Rig()
    rig.snap.charger_present = True
    for mask in (CHG, DSG, CHG, DSG):
        rig.latched = mask
        rig.run(60_150)
    assert rig.guard.retries[2].count == 4
    assert rig.snap.allowed == 0


def test_calm_current_of_either_direction_forgets_shorts():
    for current_ma in (5000, -5000):
        rig = Rig()
        rig.latched = DSG
        rig.run(60_150)
        rig.snap.current_ma = current_ma
        rig.run(CALM_MS)
        assert rig.guard.retries[2].count == 0


def test_an_authorised_clear_ends_every_latch():
    rig = Rig()
    rig.snap.charger_present = rig.snap.load_present = True
    for retry in rig.guard.retries:
        for _ in range(4):
            retry.trip()
    rig.guard.signals.count_tries()
    rig.step()
    assert rig.snap.allowed == 0
    assert rig.tripped() == ["chg_tries", "dsg_tries", "scp_tries"]
    rig.guard.clear_latches()
    rig.step()
    assert rig.snap.allowed == BOTH
    assert [retry.count for retry in rig.guard.retries] == [0, 0, 0]


def test_a_longer_ocp_delay_asks_for_longer_calm():
    rig = Rig({"dsg_ocp_delay_s": 2, "chg_ocp_delay_s": 600})
    chg, dsg, _ = rig.guard.retries
    for retry, calm_ms in ((chg, 660_000), (dsg, 62_000)):
        retry.trip()
        retry.step(1000, LIMIT_MA, True, calm_ms - 1)
        assert retry.count == 1
        retry.step(1000, LIMIT_MA, True, 1)
        assert retry.count == 0


def test_settings_of_a_new_board_watch_nothing_yet():
    rig = Rig(settings=Settings(), started=False)
    assert [retry.count for retry in rig.guard.retries] == [0, 0, 0]
