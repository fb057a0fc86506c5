"""Our own service: what a login may change, and refusals with a reason."""

import struct

from ble import codes, pages
from ble.access import WINDOW_ALWAYS, WINDOW_NEVER
from ble.own_service import MALFORMED
from firmware.settings import LFP, LI_ION, PARAMS
from tests.ble.bench import FakeBms, run
from tests.ble.owner import KEY, NEW, own_access, owner, phone, put
from tests.ble.phone import (
    ACT,
    CALIBRATE,
    CLOCK,
    COMMISSION,
    HELLO,
    KEY_BEGIN,
    KEY_SET,
    LEAVE,
    LOGIN,
    NAME,
    OPTIONS,
    PRESET,
    PROOF,
    READ,
    SET,
    SETTINGS,
    USER_DATA,
    WINDOW,
)
from tests.each import each


def test_hello_tells_version_state_and_name():
    (body,) = phone().ask(bytes((HELLO, 1)))
    assert body[:4] == bytes((HELLO | 0x80, 1, 0, 2 | 4 | 8))
    window_s, lock_s = struct.unpack_from("<HH", body, 4)
    assert window_s == 600 and lock_s == 0
    assert body[8:].split(b"\0") == [b"JK_B2A8S20P", b"JK_B2A8S20P"]


@each(
    (
        (b"\x06", "op"),
        (b"\x0f", "op"),
        (bytes((HELLO,)), "length"),
        (bytes((LOGIN, 1)) + bytes(15), "length"),
        (bytes((LOGIN, 2)) + bytes(16), "password"),
        (bytes((PROOF,)) + bytes(31), "length"),
        (bytes((READ,)), "length"),
        (bytes((READ, len(pages._PAGES))), "page"),
        (bytes((LEAVE, 0)), "length"),
    )
)
def test_malformed_ops_are_refused_with_their_field(row):
    body, field = row
    (answer,) = phone().ask(body)
    assert answer[:2] == bytes((0xFF, body[0]))
    assert answer[6] == MALFORMED
    assert answer[7:].decode().split(":")[0] == field


@each(
    (
        (SET, b"\0"),
        (SET, bytes(47)),
        (PRESET, b""),
        (COMMISSION, b"\1\2\3"),
        (WINDOW, b""),
        (OPTIONS, b"\0"),
        (CALIBRATE, b"\0"),
        (CLOCK, b"\0"),
        (NAME, b"x" * 14),
        (USER_DATA, b"x" * 14),
        (KEY_BEGIN, b"\0"),
        (KEY_SET, bytes(47)),
        (ACT, b"\0"),
        (SET, b"\0" + bytes(6)),
    )
)
def test_arguments_of_the_wrong_length_are_refused(row):
    op, arguments = row
    assert owner().change(op, arguments).startswith("length")


def test_many_parameters_change_as_one_record():
    one = owner()
    changes = put("cell_ovp_mv", 3650) + put("cell_ovpr_mv", 3450) + put("cell_uvp_mv", 2700)
    assert one.change(SET, b"\0" + changes) == ""
    assert one.hub.bms.changes == 1
    assert one.hub.bms.settings.get("cell_uvp_mv") == 2700
    assert one.hub.bms.board.power.ticks == 1


def test_a_record_may_come_in_parts():
    one = owner()
    assert one.change(SET, b"\2" + put("cell_ovp_mv", 3500)) == ""
    assert one.hub.bms.changes == 0
    assert one.change(SET, b"\0" + put("cell_ovpr_mv", 3300)) == ""
    assert one.hub.bms.settings.get("cell_ovp_mv") == 3500
    assert one.hub.bms.settings.get("cell_ovpr_mv") == 3300


def test_a_refused_part_drops_the_whole():
    one = owner()
    one.change(SET, b"\2" + put("cell_ovp_mv", 3500))
    assert one.change(SET, b"\0" + put("cell_ovpr_mv", 9999)) != ""
    assert one.change(SET, b"\0" + put("cell_ovpr_mv", 3300)) == ""
    assert one.hub.bms.settings.get("cell_ovp_mv") == 3600


def test_a_refusal_names_field_and_reason():
    one = owner()
    text = one.change(SET, b"\0" + put("cell_ovp_mv", 3900))
    assert text == "cell_ovp_mv: 3900 is outside 0..3850 of lfp"
    assert one.hub.bms.events.posted[-1] == (codes.NOT_DONE, 0x100 | SET, 0)


@each(
    (
        (put("chemistry", LI_ION), "chemistry"),
        (put("sensors_fitted", 0), "sensors_fitted"),
        (put("cell_count", 7), "cell_count"),
        (put("mos_otp_dc", 700), "mos_otp_dc"),
        (struct.pack("<Bi", len(PARAMS), 0), "row"),
        (struct.pack("<Bi", 255, 0), "row"),
    )
)
def test_what_nobody_sets_is_refused(row):
    change, field = row
    one = owner()
    assert one.change(SET, b"\0" + change).split(":")[0] == field
    assert one.hub.bms.changes == 0


def test_identity_may_be_repeated_unchanged():
    assert owner().change(SET, b"\0" + put("chemistry", LFP) + put("cell_count", 8)) == ""


def test_discharge_off_above_5_a_needs_force():
    one = owner()
    one.hub.bms.snap.current_ma = -5001
    assert "force" in one.change(SET, b"\0" + put("dsg_switch_on", 0))
    assert one.change(SET, b"\1" + put("dsg_switch_on", 0)) == ""


@each(((LFP, ""), (LI_ION, "chemistry"), (0, "chemistry"), (4, "chemistry")))
def test_presets_keep_the_chemistry(row):
    chemistry, field = row
    assert owner().change(PRESET, bytes((chemistry,))).split(":")[0] == field


def test_commissioning_changes_what_the_pack_is():
    one = owner()
    assert one.change(COMMISSION, bytes((LI_ION, 7, 3, 0))) == ""
    assert one.hub.bms.settings.get("cell_count") == 7
    assert (codes.COMMISSIONED, LI_ION << 8 | 7, 3) in one.hub.bms.events.posted
    one.hub.bms.snap.current_ma = -9000
    assert "force" in one.change(COMMISSION, bytes((LFP, 8, 3, 0)))
    assert one.change(COMMISSION, bytes((LFP, 8, 3, 1))) == ""


def test_an_unconfigured_board_is_commissioned_by_a_preset():
    bms = FakeBms(0)
    one = owner(bms)
    assert one.change(PRESET, bytes((LFP,))) == ""
    assert bms.calls == [("commission", LFP, 8, 0)]
    bms = FakeBms(0)
    bms.snap.t1_dc = bms.snap.t2_dc = 250
    one = owner(bms)
    assert one.change(SET, b"\0" + put("cell_count", 7)) == ""
    assert one.change(PRESET, bytes((LFP,))) == ""
    assert bms.calls == [("commission", LFP, 7, 3)]


def test_the_window_is_granted_for_ten_minutes():
    one = phone(access=own_access())
    one.login(NEW)
    assert not one.hub.is_app_open()
    assert one.change(WINDOW, b"\1") == ""
    assert one.hub.is_app_open() and one.hub.window_left_s() == 600
    assert one.change(WINDOW, b"\0") == ""
    assert not one.hub.is_app_open()
    assert one.change(WINDOW, b"\1") == ""
    one.hub.tick(600_000)
    assert not one.hub.is_app_open()


def test_never_means_never():
    access = own_access()
    access.window = WINDOW_NEVER
    one = phone(access=access)
    one.login(NEW)
    assert one.change(WINDOW, b"\1").startswith("window")
    assert one.change(WINDOW, b"\0") == ""
    assert not one.hub.is_app_open()


@each(((0, 0, ""), (1, WINDOW_NEVER, ""), (2, 0, "read_lock"), (0, 3, "window")))
def test_options_are_set(row):
    read_lock, window, field = row
    one = owner()
    assert one.change(OPTIONS, bytes((read_lock, window))).split(":")[0] == field
    if not field:
        assert one.hub.access.read_lock == bool(read_lock)
        assert one.hub.access.window == window


def test_always_needs_an_own_password_and_is_told():
    one = owner()
    assert one.change(OPTIONS, bytes((0, WINDOW_ALWAYS))).startswith("window")
    one = phone(access=own_access())
    one.login(NEW)
    assert one.change(OPTIONS, bytes((0, WINDOW_ALWAYS))) == ""
    (body,) = one.ask(bytes((HELLO, 1)))
    assert body[3] & 32
    assert one.hub.is_app_open()


@each(((OPTIONS, b"\1\1"), (NAME, b"Boat"), (USER_DATA, b"x")))
def test_what_cannot_be_stored_is_refused_and_unchanged(row):
    op, arguments = row
    one = owner()
    access = one.hub.access
    before = access.pack()
    access.store = lambda image: False
    assert one.change(op, arguments).startswith("store")
    assert access.pack() == before


@each(
    (
        (0, 26_400, ("calibrate_voltage", 26_400)),
        (1, 10_000, ("calibrate_current", 10_000)),
        (1, 0, ("zero_current",)),
        (2, 500, ("set_soc", 500)),
        (2, 0, ("set_soc", 0)),
        (2, 1000, ("set_soc", 1000)),
    )
)
def test_calibration_reaches_the_board(row):
    what, value, call = row
    one = owner()
    assert one.change(CALIBRATE, struct.pack("<Bi", what, value)) == ""
    assert one.hub.bms.calls == [call]


@each(((2, -1, "soc_pm"), (2, 1001, "soc_pm"), (3, 0, "what"), (1, -1, "current_ma")))
def test_calibration_out_of_range_is_refused(row):
    what, value, field = row
    one = owner()
    assert one.change(CALIBRATE, struct.pack("<Bi", what, value)).split(":")[0] == field
    assert one.hub.bms.calls == []


@each(((1, ""), (0x3FFFFFFF, ""), (0x40000000, "date_s"), (0, "date_s"), (-1, "date_s")))
def test_the_clock_is_set(row):
    value, field = row
    assert owner().change(CLOCK, struct.pack("<i", value)).split(":")[0] == field


@each(((b"Boat-7", ""), (b"", "name"), (b"a b", "name"), (b"\xff", "name")))
def test_the_name_is_set(row):
    name, field = row
    one = owner()
    assert one.change(NAME, name).split(":")[0] == field
    assert one.hub.name() == ("JK_B2A8S20P" if field else "Boat-7")


def test_user_data_is_set():
    one = owner()
    assert one.change(USER_DATA, b"hello") == ""
    assert one.hub.access.user_data == "hello"
    assert one.change(USER_DATA, b"\x01").startswith("user_data")


@each(((1, "restart"), (2, "shutdown")))
def test_what_ends_the_board_is_answered_first(row):
    what, call = row
    one = owner()
    assert one.change(ACT, bytes((what, 0))) == ""
    assert one.hub.bms.calls == []
    run(one.hub, 500)
    assert one.hub.bms.calls == [(call,)]


def test_what_ends_the_board_and_is_refused_late_is_journalled():
    one = owner()
    assert one.change(ACT, b"\1\0") == ""
    one.hub.bms.refuse = "busy"
    run(one.hub, 500)
    assert one.hub.bms.events.posted[-1] == (codes.NOT_DONE, 0x100 | ACT, 0)


@each((1, 2, 3))
def test_what_stops_a_vehicle_needs_force_above_5_a(row):
    one = owner()
    one.hub.bms.snap.current_ma = -5001
    assert "force" in one.change(ACT, bytes((row, 0)))
    run(one.hub, 1000)
    assert one.hub.bms.calls == []
    assert one.change(ACT, bytes((row, 1))) == ""
    run(one.hub, 1000)
    assert len(one.hub.bms.calls) == 1


def test_factory_reset_restores_passwords_and_name_and_ends_logins():
    access = own_access()
    access.name = "Boat"
    access.failures = 9
    one = phone(access=access)
    one.login(NEW)
    assert one.change(ACT, b"\3\0") == ""
    assert access.keys[SETTINGS] == KEY
    assert access.name == "" and access.failures == 9
    assert one.session.login.state == 0
    assert one.hub.bms.settings.get("chemistry") == 0


def test_balance_leads_are_measured_on_command_or_it_is_said_why_not():
    one = owner()
    assert one.change(ACT, b"\5\0") == ""
    assert one.hub.bms.calls == ["probe"]
    assert (codes.COMMAND, codes.MEASURE_LEADS, 0) in one.hub.bms.events.posted
    one.hub.bms.can_probe = False
    assert one.change(ACT, b"\5\0").startswith("leads: need balancing")


def test_latches_are_cleared_on_command():
    one = owner()
    assert one.change(ACT, b"\4\0") == ""
    assert one.hub.bms.guard.cleared == 1
    assert one.change(ACT, b"\6\0").startswith("what")


def test_the_tick_can_be_muted():
    one = owner()
    one.hub.bms.change({"tick_muted_on": 1})
    one.change(SET, b"\0" + put("chg_limit_ma", 20_000))
    assert one.hub.bms.board.power.ticks == 0


def test_what_the_board_refuses_is_told():
    one = owner()
    one.hub.bms.refuse = "busy"
    assert one.change(SET, b"\0" + put("chg_limit_ma", 20_000)) == "store: busy"
