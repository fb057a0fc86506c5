"""Keeper: what the firmware writes down, when it waits, and what it knows after a cut."""

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import events as e
from firmware import latches, records
from firmware.assembly import assemble
from firmware.settings import Refused
from firmware.store import RECORD_BLOCKS
from hal.virtual.flash import PowerLost, VirtualFlash
from hal.virtual.sim import commissioned
from protection.rule import BOTH
from protection.table import NOT_CONFIGURED, STORE_FAILED
from tests.each import each
from tests.recorded import RecordedBoard, quiet_frames
from tests.store.test_store import fill

SECOND = 20  # steps


class Rig:
    """The firmware on recorded input over one flash, and its restarts."""

    def __init__(self, factory=None, flash=None, reason=e.WAKE_BUTTON):
        self.flash = flash or VirtualFlash()
        self.factory = factory
        self.start(reason)

    def start(self, reason=e.WAKE_BUTTON):
        self.flash.power_on()
        self.board = RecordedBoard(quiet_frames())
        self.board.flash = self.flash
        self.board.wake_reason = lambda: reason
        self.bms = assemble(self.board, self.factory)
        self.steps = 0

    def run(self, seconds):
        """Steps and housekeeping for a while."""
        for _ in range(seconds * SECOND):
            self.board.now_ms += 50
            self.bms.step()
            self.bms.gauge.work()
            self.steps += 1
            if self.steps % SECOND == 0:
                self.bms.housekeep()

    def journal(self):
        """Codes and values in the journal, oldest first."""
        found = [entry[1:] for entry in self.bms.keeper.journal.newest(1000)]
        found.reverse()
        return found

    def codes(self):
        return [entry[0] for entry in self.journal()]


def working():
    """A commissioned pack after a minute of work."""
    rig = Rig(commissioned(2, facts))
    rig.run(61)
    assert rig.bms.snap.gates_cmd == BOTH
    return rig


def refused(call, *arguments):
    """The refusal that a call raises."""
    try:
        call(*arguments)
    except Refused as no:
        return no
    raise AssertionError("was granted")


def test_a_new_board_starts_unconfigured_with_both_gates_open():
    rig = Rig()
    rig.run(5)
    assert rig.bms.snap.gates_cmd == 0 and rig.bms.snap.own_word & NOT_CONFIGURED
    assert not rig.bms.snap.own_word & STORE_FAILED


def test_settings_once_accepted_are_found_after_a_restart():
    rig = working()
    rig.bms.change({"capacity_mah": 77_000})
    rig.start()
    assert rig.bms.settings.get("capacity_mah") == 77_000
    rig.run(5)
    assert rig.bms.snap.gates_cmd == BOTH


def test_counters_come_back_and_lose_at_most_60_s():
    rig = working()
    for _ in range(70):
        rig.run(1)
        run_s = rig.bms.snap.run_s
        cycle_mah = rig.bms.snap.cycle_mah
        again = Rig(flash=VirtualFlash(image=bytearray(rig.flash.image))).bms.snap
        assert 0 <= run_s - again.run_s <= 60
        # 21 A for 60 s is 350 mAh; what is shown lags what is counted by a second.
        assert -7 <= cycle_mah - again.cycle_mah <= 400


def test_every_counter_of_the_manual_is_kept():
    rig = working()
    capacity = rig.bms.gauge.capacity
    capacity.cycle_count, capacity.charge_count = 12, 345
    rig.bms.gauge.set_soc(420)
    rig.run(45)
    cell_max_mv = rig.bms.extremes.cell_max_mv
    rig.start()
    snap = rig.bms.snap
    assert (snap.cycle_count, snap.charge_count) == (12, 345)
    assert 400 <= snap.soc_pm <= 430  # in 45 s it may move towards what the voltage says
    assert rig.bms.keeper.power_on_count == 2
    assert rig.bms.extremes.cell_max_mv == cell_max_mv > 3300


def test_the_gauges_own_state_comes_back():
    rig = working()
    rig.bms.gauge.meter.chg_carry = 123_456
    rig.bms.power_off()
    rig.start()
    assert rig.bms.gauge.meter.chg_carry == 123_456


def test_what_the_cells_owe_comes_back():
    rig = working()
    ledger = rig.bms.scheduler.ledger
    for cell in range(ledger.cells):
        ledger.sigma_mas[cell] = 20 * ledger.unit_mas
    ledger.offset_mas[2] = 250 * ledger.unit_mas
    rig.bms.power_off()
    rig.start()
    again = rig.bms.scheduler.ledger
    assert again is not ledger and again.sigma_mas[0] < 50 * again.unit_mas
    assert abs(again.offset_mas[2] - 250 * again.unit_mas) < again.unit_mas


def test_a_capacity_that_was_learned_stays_when_settings_change():
    rig = working()
    rig.bms.gauge.set_capacity(93_000)
    rig.bms.power_off()
    rig.start()
    assert abs(rig.bms.snap.full_mah - 93_000) < 100
    for _ in range(5):  # and it does not wander from start to start
        rig.bms.power_off()
        rig.start()
    assert abs(rig.bms.snap.full_mah - 93_000) < 100
    rig.bms.change({"chg_limit_ma": 30_000})
    assert abs(rig.bms.snap.full_mah - 93_000) < 100


def test_powering_off_writes_down_everything_first():
    rig = working()
    run_s = rig.bms.snap.run_s
    rig.bms.change({"capacity_mah": 50_000, "dsg_limit_ma": 90_000})
    rig.bms.power_off()
    assert e.SHUTDOWN in rig.codes()
    rig.start()
    assert rig.bms.snap.run_s == run_s


def test_a_board_that_a_charger_keeps_alive_writes_its_shutdown_once():
    rig = working()
    for _ in range(50):
        rig.bms.power_off()
    assert rig.codes().count(e.SHUTDOWN) == 1
    rig.bms.housekeep()
    rig.bms.power_off()
    assert rig.codes().count(e.SHUTDOWN) == 2


@each(
    (
        (e.WAKE_CHARGER, [e.BOOT], False),
        (e.WAKE_BUTTON, [e.BOOT], False),
        (e.WAKE_RESET, [e.BOOT], True),
        (e.WAKE_WATCHDOG, [e.BOOT, e.WATCHDOG_RESET], True),
    )
)
def test_every_start_is_written_with_its_reason(row):
    reason, codes, held = row
    rig = Rig(commissioned(2, facts))
    rig.start(reason)
    rig.run(3)
    assert rig.bms.guard.by_name["restart_hold"].tripped == held
    found = [entry for entry in rig.journal() if entry[0] in (e.BOOT, e.WATCHDOG_RESET)]
    assert [entry[0] for entry in found] == codes and found[0][1:] == (reason, 2)


def test_retries_survive_a_restart_and_four_resets_latch():
    rig = working()
    for count in range(1, 4):
        rig.start(e.WAKE_RESET)
        assert rig.bms.guard.retries[2].count == count
    rig.start(e.WAKE_RESET)
    rig.start(e.WAKE_BUTTON)
    assert rig.bms.guard.retries[2].count == 4
    rig.run(1)  # two seconds without a load would clear it
    assert rig.bms.guard.by_name["scp_tries"].tripped and rig.bms.snap.gates_cmd == 0


def test_a_latch_is_stored_within_two_seconds_and_survives():
    rig = working()
    rig.bms.guard.restore((2, 0, 0), ["dsg_welded"])
    rig.run(2)
    rig.start(e.WAKE_BUTTON)
    assert rig.bms.guard.retries[0].count == 2
    assert rig.bms.guard.by_name["dsg_welded"].tripped and rig.bms.guard.welded == 2
    assert not rig.bms.guard.by_name["chg_welded"].tripped
    rig.bms.guard.clear_latches()
    rig.run(2)
    rig.start(e.WAKE_BUTTON)
    assert not rig.bms.guard.by_name["dsg_welded"].tripped and rig.bms.guard.welded == 0


@each(latches.LATCHED)
def test_each_mosfet_latch_has_its_own_bit(row):
    rig = working()
    rig.bms.guard.restore((0, 0, 0), [row])
    content = latches.pack(rig.bms.guard)
    other = working()
    latches.restore(other.bms.guard, content)
    for name in latches.LATCHED:
        assert other.bms.guard.by_name[name].tripped == (name == row)


def test_a_count_beyond_its_byte_is_cut():
    rig = working()
    rig.bms.guard.retries[2].count = 300
    assert records.LATCH_LAYOUT.unpack(latches.pack(rig.bms.guard))["scp_tries"] == 255


def test_a_granted_change_is_written_with_old_and_new():
    rig = working()
    at = list(rig.bms.settings.values)
    rig.bms.change({"capacity_mah": 60_000, "dsg_limit_ma": 150_000})
    rig.run(4)
    rows = sorted([entry for entry in rig.journal() if entry[0] & 0x300 == e.CHANGED])
    index = [value for value in at]
    from firmware.settings import INDEX

    assert rows == sorted(
        [
            (e.CHANGED + INDEX["capacity_mah"], index[INDEX["capacity_mah"]], 60_000),
            (e.CHANGED + INDEX["dsg_limit_ma"], index[INDEX["dsg_limit_ma"]], 150_000),
        ]
    )


@each(
    (
        ({"capacity_mah": 1}, "capacity_mah", 1),
        ({"cell_ovp_mv": 4300}, "cell_ovp_mv", 4300),
        ({"capacity_mah": 1 << 40}, "capacity_mah", 0x3FFFFFFF),
        ({"no_such": 5}, None, 5),
    )
)
def test_a_refused_change_changes_nothing_and_is_written(row):
    from firmware.settings import INDEX

    changes, key, value = row
    rig = working()
    before = list(rig.bms.settings.values)
    refused(rig.bms.change, changes)
    assert list(rig.bms.settings.values) == before
    rig.run(4)
    at = INDEX[key] if key else e.UNKNOWN_ROW
    now = before[at] if key else 0
    assert (e.REFUSED + at, now, value) in rig.journal()
    rig.start()
    assert list(rig.bms.settings.values) == before


def test_a_change_that_the_flash_does_not_take_is_refused_and_changes_nothing():
    rig = working()
    before = list(rig.bms.settings.values)
    rig.flash.silent = True
    no = refused(rig.bms.change, {"capacity_mah": 60_000})
    assert no.key == "store" and list(rig.bms.settings.values) == before
    assert rig.bms.limits.get("capacity_mah") == rig.bms.settings.get("capacity_mah")
    rig.flash.silent = False
    rig.run(4)
    rig.start()
    assert list(rig.bms.settings.values) == before


def hold(rig, left_ms):
    """Let a rule be `left_ms` before its trip."""
    rule = rig.bms.guard.by_name["dsg_ocp"]
    rule.held_ms = rule.trip_after_ms - left_ms
    return rule


@each(((1000, True), (1001, False)))
def test_nothing_is_written_within_a_second_of_a_trip(row):
    left_ms, waits = row
    rig = working()
    rig.bms.change({"capacity_mah": 60_000})
    hold(rig, left_ms)
    touched = rig.flash.touched
    for _ in range(100):
        rig.bms.housekeep()
    assert (rig.flash.touched == touched) == waits
    if waits:
        assert refused(rig.bms.change, {"capacity_mah": 61_000}).key == "store"
        assert refused(rig.bms.service.store_record, records.ACCESS, b"x").key == "store"
        assert refused(rig.bms.service.factory_reset).key == "store"
        assert rig.flash.touched == touched
    else:
        rig.bms.change({"capacity_mah": 61_000})


@each(((100, False), (101, True)))
def test_nothing_is_written_when_the_lease_was_not_renewed_in_time(row):
    since_ms, waits = row
    rig = working()
    rig.bms.change({"capacity_mah": 60_000})
    rig.board.now_ms += since_ms
    touched = rig.flash.touched
    for _ in range(10):
        rig.bms.housekeep()
    assert (rig.flash.touched == touched) == waits
    rig.bms.snap.gates_cmd = 0
    for _ in range(10):
        rig.bms.housekeep()
    assert rig.flash.touched > touched


def test_trips_are_written_before_anything_else_is():
    rig = working()
    for value in range(30):
        rig.bms.events.post(e.CLOCK_SET, value, 0)
    rig.bms.guard.retries[0].count = 1
    rig.bms.events.post(0x11, 3700, 3600)
    rig.bms.housekeep()
    assert rig.journal()[-1] == (0x11, 3700, 3600)


def test_events_are_dated_once_the_clock_was_set():
    rig = working()
    rig.bms.events.post(0x11, 1, 1)
    rig.run(1)
    rig.bms.service.set_clock(200_000_000)
    rig.bms.events.post(0x11, 2, 2)
    rig.run(4)
    dates = {entry[4]: entry[2] for entry in rig.bms.keeper.journal.entries() if entry[3] == 0x11}
    assert dates[1] == 0 and 0 <= dates[2] - 200_000_000 <= 1
    assert (e.CLOCK_SET, 0, 200_000_000) in rig.journal()
    rig.bms.service.set_clock(1)
    assert rig.bms.keeper.date_s(0) == 0


@each((0, -1, 1 << 30))
def test_an_impossible_date_is_refused(row):
    assert refused(working().bms.service.set_clock, row).key == "clock"


def test_lost_events_are_counted_in_the_journal():
    rig = working()
    for value in range(100):
        rig.bms.events.post(e.CLOCK_SET, value, 0)
    rig.run(20)
    assert (e.EVENTS_LOST, 36, 0) in rig.journal()


def test_a_storm_of_trips_does_not_keep_the_counters_from_being_written():
    rig = working()
    for _ in range(130):
        for value in range(9):
            rig.bms.events.post(0x11, value, 0)
        rig.run(1)
        again = Rig(flash=VirtualFlash(image=bytearray(rig.flash.image)))
        assert rig.bms.snap.run_s - again.bms.snap.run_s <= 60


def test_a_silent_flash_changes_nothing_about_protection():
    rig = working()
    rig.flash.silent = True
    rig.run(200)
    assert rig.bms.snap.gates_cmd == BOTH and rig.bms.snap.fault_word == 0
    rig.flash.silent = False
    rig.run(60)
    assert e.WRITE_FAILED in rig.codes()
    run_s = rig.bms.snap.run_s
    rig.start()
    assert run_s - rig.bms.snap.run_s <= 60


def test_a_latch_that_the_flash_refuses_does_not_hold_up_the_rest():
    rig = working()
    rig.bms.guard.retries[0].count = 2
    put = rig.bms.keeper.store.put
    tried = []

    def no_latch(number, content):
        if number == records.LATCH:
            tried.append(rig.bms.snap.run_s)
            return False
        return put(number, content)

    rig.bms.keeper.store.put = no_latch
    rig.bms.events.post(e.CLOCK_SET, 1, 2)
    rig.run(30)
    assert 2 <= len(tried) <= 4 and (e.CLOCK_SET, 1, 2) in rig.journal()
    rig.bms.keeper.store.put = put
    rig.run(12)
    rig.start()
    assert rig.bms.guard.retries[0].count == 2


@each([row[0] for row in records.RECORDS])
def test_an_unreadable_record_opens_both_gates_until_commissioned_again(row):
    rig = working()
    fill(rig.flash, row, 0x00)
    for _ in range(2):
        rig.start()
        rig.run(70)
        snap = rig.bms.snap
        assert snap.gates_cmd == 0 and snap.own_word & STORE_FAILED
        assert snap.own_word & NOT_CONFIGURED
        assert (e.RECORD_LOST, row, 0) in rig.journal()
    if row == records.SETTINGS:
        assert "commission" in refused(rig.bms.change, {"capacity_mah": 33_000}).reason
    else:
        rig.bms.change({"capacity_mah": 33_000})
    rig.run(5)
    assert rig.bms.snap.gates_cmd == 0 and rig.bms.snap.own_word & STORE_FAILED
    rig.bms.change({"chemistry": 2, "cell_count": 8, "sensors_fitted": 3})
    rig.run(5)
    assert rig.bms.snap.gates_cmd == BOTH and not rig.bms.snap.own_word & STORE_FAILED
    rig.start()
    rig.run(5)
    assert rig.bms.snap.gates_cmd == BOTH


def test_a_damaged_copy_is_told_and_the_pack_goes_on():
    rig = working()
    first = RECORD_BLOCKS - 2  # the first block of the settings
    start = first * rig.flash.block_bytes
    rig.flash.image[start : start + 512] = bytes(512)
    rig.start()
    rig.run(8)
    assert rig.bms.snap.gates_cmd == BOTH
    assert (e.COPY_REFUSED, records.SETTINGS, 0) in rig.journal()


def test_a_dead_flash_at_the_first_start_leaves_both_gates_open():
    flash = VirtualFlash()
    flash.silent = True
    rig = Rig(commissioned(2, facts), flash)
    rig.run(5)
    assert rig.bms.snap.gates_cmd == 0 and rig.bms.snap.own_word & STORE_FAILED


def test_commissioning_onto_a_dead_flash_is_refused():
    rig = working()
    fill(rig.flash, records.LATCH, 0)
    rig.start()
    rig.flash.silent = True
    no = refused(rig.bms.change, {"chemistry": 2})
    assert no.key == "store" and rig.bms.settings.get("chemistry") == 0


def test_a_factory_reset_takes_settings_and_passwords_and_leaves_the_rest():
    rig = working()
    rig.bms.service.store_record(records.ACCESS, b"a password")
    rig.bms.change({"capacity_mah": 60_000})
    rig.bms.guard.restore((0, 0, 0), ["chg_welded"])
    rig.run(45)
    run_s, events = rig.bms.snap.run_s, len(rig.codes())
    calibration = rig.bms.keeper.store.get(records.CALIBRATION)
    rig.bms.service.factory_reset()
    rig.run(3)
    for _ in range(2):
        store = rig.bms.keeper.store
        assert rig.bms.settings.get("chemistry") == 0
        assert rig.bms.settings.get("capacity_mah") == 100_000
        assert store.get(records.ACCESS) == b""
        assert store.get(records.CALIBRATION) == calibration
        assert rig.bms.guard.by_name["chg_welded"].tripped
        assert run_s - rig.bms.snap.run_s <= 60 and len(rig.codes()) > events
        rig.bms.step()
        assert rig.bms.snap.gates_cmd == 0
        rig.start()
    rig.run(3)
    assert e.FACTORY_RESET in rig.codes()


def test_a_factory_reset_that_is_cut_never_leaves_a_pack_armed_with_factory_passwords():
    for cut in range(0, 500, 3):
        rig = Rig(commissioned(2, facts))
        rig.bms.service.store_record(records.ACCESS, b"a password")
        rig.flash.cut_after(cut)
        try:
            rig.bms.service.factory_reset()
        except PowerLost:
            pass
        rig.start()
        password = rig.bms.keeper.store.get(records.ACCESS)
        assert password in (b"", b"a password")
        assert rig.bms.settings.get("chemistry") == 0 or password


def test_a_cut_at_any_moment_of_work_leaves_a_board_that_starts():
    rig = working()
    image = bytes(rig.flash.image)
    for cut in range(0, 9000, 257):
        rig.flash.image[:] = image
        rig.start()
        rig.flash.cut_after(cut)
        try:
            for n in range(70):
                rig.run(1)
                if n % 9 == 0:
                    rig.bms.change({"capacity_mah": 50_000 + n})
        except PowerLost:
            pass
        run_s = rig.bms.snap.run_s
        rig.start()
        assert 0 <= run_s - rig.bms.snap.run_s <= 60
        assert rig.bms.settings.get("chemistry") == 2 and not rig.bms.keeper.is_bad


def test_a_stalled_flash_counts_towards_the_trip():
    rig = working()
    frames = [frame[:1] + (-201_000,) + frame[2:] for frame in quiet_frames()]
    rig.board.frames = frames
    rig.run(20)
    assert not rig.bms.guard.by_name["dsg_ocp"].tripped
    rig.board.now_ms += 10_000  # what an operation that hangs would cost
    rig.board.now_ms += 50
    rig.bms.step()
    assert rig.bms.guard.by_name["dsg_ocp"].tripped


def test_balancing_on_a_board_without_a_balancer_is_refused_by_name():
    rig = working()
    rig.bms.change({"balance_switch_on": 0})
    rig.bms.board.transfer.kind = "none"
    try:
        rig.bms.change({"balance_switch_on": 1})
    except Refused as refused:
        assert refused.key == "balance_switch_on" and "no balancer" in refused.reason
    else:
        raise AssertionError("taken")
    assert rig.bms.settings.get("balance_switch_on") == 0
