"""Keeper: what it writes down, and what the firmware knows after a restart."""

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import events as e
from firmware import latches, records
from firmware.settings import Refused
from hal.virtual.flash import PowerLost, VirtualFlash
from hal.virtual.sim import commissioned
from protection.rule import BOTH
from protection.table import NOT_CONFIGURED, STORE_FAILED
from tests.each import each
from tests.store.rig import Rig, refused, working


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
