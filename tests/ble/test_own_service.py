"""Our own service: login, sealed commands, refusals with a reason, pages."""

import struct

from ble import codes, pages
from ble.access import FACTORY_KEYS, WINDOW_ALWAYS, WINDOW_NEVER, Access
from ble.auth import hmac
from ble.frame import own_frame
from ble.own_service import BUSY, LOCKED, LOGIN_NEEDED, MALFORMED, WRONG
from ble.session import OWN
from firmware.events import WAKE_RESET
from firmware.settings import INDEX, LFP, LI_ION, PARAMS
from tests.ble.bench import FakeBms, Journal, Link, make_hub, measured, request, run
from tests.ble.phone import (
    ACT,
    CALIBRATE,
    CLOCK,
    COMMISSION,
    CONNECTION,
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
    Phone,
)
from tests.each import each

KEY = FACTORY_KEYS[SETTINGS]
SALT = b"the phone's salt"
NEW = bytes(range(32))


def phone(bms=None, access=None, hub=None, journal=None):
    hub = hub or make_hub(bms or FakeBms(), access, journal)
    link = Link(247)
    return Phone(hub, hub.open(link), link)


def owner(*args, **kwargs):
    one = phone(*args, **kwargs)
    assert one.login(KEY)
    return one


def own_access():
    access = Access()
    access.set_key(SETTINGS, SALT, NEW)
    return access


def put(key, value):
    return struct.pack("<Bi", INDEX[key], value)


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


def test_both_passwords_log_in():
    assert phone().login(KEY)
    assert phone().login(FACTORY_KEYS[CONNECTION], CONNECTION)


def test_a_wrong_password_is_refused_and_journalled():
    one = phone()
    assert not one.login(bytes(32))
    assert (codes.WRONG_PASSWORD, SETTINGS, 1) in one.hub.bms.events.posted


def test_a_proof_without_a_challenge_is_no_guess():
    one = phone()
    (answer,) = one.ask(bytes((PROOF,)) + bytes(32))
    assert answer[6] == WRONG
    assert one.hub.access.failures == 0


def test_guessing_locks_every_link_out():
    one = phone()
    for _ in range(6):
        assert not one.login(bytes(32))
    other = phone(hub=one.hub)
    run(one.hub, 0)
    one.hub.lockout.failed()  # 2 s
    body = other.begin()
    assert body[0] == 0xFF and body[6] == LOCKED
    assert b"locked" in body
    run(one.hub, 2000)
    assert other.login(KEY)


def test_the_button_held_five_seconds_ends_the_lock_out():
    hub = make_hub()
    hub.access.failures = 20
    hub.lockout.failed()
    for _ in range(49):
        hub.tick(100, True)
    hub.tick(100, False)
    for _ in range(49):
        hub.tick(100, True)
    assert hub.lockout.left_s()
    hub.tick(100, True)
    assert not hub.lockout.left_s()
    assert hub.bms.events.count(codes.LOCK_CLEARED) == 1
    for _ in range(100):
        hub.tick(100, True)
    assert hub.bms.events.count(codes.LOCK_CLEARED) == 1


def test_the_button_without_a_lock_out_says_nothing():
    hub = make_hub()
    hub.tick(5000, True)
    assert hub.bms.events.posted == []


def test_a_guess_that_could_not_be_stored_is_stored_later():
    images = []
    access = Access(lambda image: False)
    one = phone(access=access)
    one.login(bytes(32))
    assert access.unsaved
    access.store = lambda image: images.append(image) or True
    run(one.hub, 1000)
    assert len(images) == 1
    run(one.hub, 3000)
    assert len(images) == 1


def test_the_factory_settings_password_opens_only_after_a_persons_power_up():
    bms = FakeBms()
    bms.board.power.reason = WAKE_RESET
    one = phone(bms)
    body = one.begin()
    assert body[0] == 0xFF and body[6] == LOCKED
    assert one.login(FACTORY_KEYS[CONNECTION], CONNECTION)


def test_a_login_with_the_factory_password_ends_with_the_ten_minutes():
    one = owner()
    assert one.change(SET, b"\0" + put("chg_limit_ma", 20_000)) == ""
    one.hub.tick(600_000)
    assert "factory" in one.change(SET, b"\0" + put("chg_limit_ma", 21_000))
    assert one.hub.bms.settings.get("chg_limit_ma") == 20_000


def test_an_own_password_opens_at_any_time():
    bms = FakeBms()
    bms.board.power.reason = WAKE_RESET
    one = phone(bms, own_access())
    assert one.login(NEW)
    assert one.change(SET, b"\0" + put("chg_limit_ma", 20_000)) == ""


def test_the_connection_password_changes_nothing():
    one = phone()
    one.login(FACTORY_KEYS[CONNECTION], CONNECTION)
    assert one.change(SET, b"\0" + put("chg_limit_ma", 20_000)).startswith("login:")
    assert one.hub.bms.changes == 0


@each(range(0x10, 0x1C))
def test_nothing_is_changed_without_a_login(row):
    one = phone()
    one.key = KEY
    (answer,) = one.ask(one.sealed(row, bytes(4)))
    assert answer[:2] == bytes((0xFF, row)) and answer[6] == LOGIN_NEEDED
    assert one.hub.bms.changes == 0 and one.hub.bms.calls == []


def test_a_wrong_seal_is_refused_without_a_seal_of_ours():
    one = owner()
    body = bytearray(one.sealed(SET, b"\0" + put("chg_limit_ma", 20_000)))
    body[-1] ^= 1
    (answer,) = one.ask(bytes(body))
    assert answer[6] == WRONG
    assert answer[7:] == b"seal: wrong, or counter not above the last"
    assert one.hub.bms.changes == 0


def test_a_replay_is_refused():
    one = owner()
    body = one.sealed(SET, b"\0" + put("chg_limit_ma", 20_000))
    (answer,) = one.ask(body)
    assert answer[0] == SET | 0x80
    (answer,) = one.ask(body)
    assert answer[6] == WRONG
    assert one.hub.bms.changes == 1


def test_leaving_ends_the_login():
    one = owner()
    one.ask(bytes((LEAVE,)))
    (answer,) = one.ask(one.sealed(SET, b"\0" + put("chg_limit_ma", 20_000)))
    assert answer[6] == LOGIN_NEEDED


def test_an_unknown_sealed_op_is_refused():
    assert owner().change(0x1C) == "op: unknown"


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


def wrap(one, old, new=NEW, salt=SALT):
    mask = hmac(old, b"wrap", one.nonces, salt)
    wrapped = bytes([a ^ b for a, b in zip(new, mask)])
    return wrapped + hmac(old, b"change", one.nonces, salt, wrapped)[:16]


@each((CONNECTION, SETTINGS))
def test_a_password_is_changed_by_who_knows_the_old_one(row):
    one = owner()
    watcher = phone(hub=one.hub)
    watcher.login(FACTORY_KEYS[CONNECTION], CONNECTION)
    assert one.change(KEY_BEGIN, bytes((row,)) + SALT) == ""
    assert one.change(KEY_SET, wrap(one, FACTORY_KEYS[row])) == ""
    assert one.hub.access.keys[row] == NEW
    assert (codes.PASSWORD, row, 0) in one.hub.bms.events.posted
    # Every login that came with the old one is over.
    assert (one.session.login.state == 0) == (row == SETTINGS)
    assert (watcher.session.login.state == 0) == (row == CONNECTION)
    assert one.login(NEW, row)


@each((CONNECTION, SETTINGS))
def test_a_password_is_not_changed_without_the_old_one(row):
    one = owner()
    assert one.change(KEY_BEGIN, bytes((row,)) + SALT) == ""
    assert one.change(KEY_SET, wrap(one, bytes(32))).startswith("password")
    assert one.hub.access.keys[row] == FACTORY_KEYS[row]
    assert one.hub.access.failures == 1
    assert one.change(KEY_SET, wrap(one, FACTORY_KEYS[row])).startswith("salt")


def test_the_factorys_salt_and_a_third_password_are_refused():
    one = owner()
    assert one.change(KEY_BEGIN, b"\1open-bms/setting").startswith("salt")
    assert one.change(KEY_BEGIN, b"\0open-bms/setting").startswith("salt")
    assert one.change(KEY_BEGIN, b"\2" + SALT).startswith("password")


def test_a_password_that_cannot_be_stored_stays():
    one = owner()
    one.change(KEY_BEGIN, b"\1" + SALT)
    one.hub.access.store = lambda image: False
    assert one.change(KEY_SET, wrap(one, KEY)).startswith("store")
    assert one.hub.access.keys[SETTINGS] == KEY
    assert one.session.login.state


def test_a_new_password_closes_the_window():
    one = owner()
    one.change(WINDOW, b"\1")
    one.change(KEY_BEGIN, b"\1" + SALT)
    assert one.change(KEY_SET, wrap(one, KEY)) == ""
    assert not one.hub.is_app_open()


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


# Reading.


def page(one, number, start=0):
    (body,) = one.ask(struct.pack("<BBH", READ, number, start))
    assert body[0] == READ | 0x80 and body[1] == number
    assert len(body) <= 241
    return body[2:]


def test_live_shows_the_snapshot():
    bms = FakeBms()
    snap = measured(bms)
    snap.cells_age_ms = 1 << 20
    values = struct.unpack("<" + "".join([row[1] for row in pages.LIVE]), page(phone(bms), 0))
    for row, value in zip(pages.LIVE, values):
        expected = min(int(getattr(snap, row[0])), 0xFFFF if row[1] == "H" else 1 << 30)
        assert value == expected, row[0]


def test_the_readme_lists_the_live_fields_in_order():
    codes_of = {"B": "u8", "H": "u16", "h": "i16", "I": "u32", "i": "i32"}
    parts = []
    before = None
    for name, code in pages.LIVE:
        if code == before:
            parts[-1] += " " + name
        else:
            parts.append(codes_of[code] + " " + name)
        before = code
    with open("ble/README.md") as file:
        assert "; ".join(parts) in file.read()


def test_ages_and_counts_too_large_for_their_code_read_as_the_largest():
    bms = FakeBms()
    bms.snap.cells_age_ms = 0x10000
    bms.snap.stack_age_ms = 0xFFFF
    bms.snap.current_age_ms = 0xFFFE
    one = phone(bms)
    codes_of = "<" + "".join([row[1] for row in pages.LIVE])
    at = [row[0] for row in pages.LIVE].index("cells_age_ms")
    values = struct.unpack(codes_of, page(one, 0))
    assert values[at : at + 3] == (0xFFFF, 0xFFFF, 0xFFFE)
    bms.guard.retries[0].count = 256
    assert page(one, 3)[-3] == 255


def test_limits_show_what_is_set_and_what_acts():
    bms = FakeBms(LI_ION, 3)
    one = phone(bms)
    got = {}
    for start in range(0, len(PARAMS), 16):
        data = page(one, 1, start)
        for at in range(0, len(data), 9):
            row, value, acts = struct.unpack_from("<Bii", data, at)
            got[PARAMS[row][0]] = (value, acts)
    assert len(got) == len(PARAMS)
    assert got["cell_uvp_mv"] == (2900, 3434)
    assert page(one, 1, 0xFFFF) == b""


def test_cells_show_voltage_wire_verdict_and_capacity():
    bms = FakeBms()
    snap = measured(bms)
    snap.wire_bad = 1
    snap.wire_open = 1 << 7
    snap.cell_pm[3] = 985
    data = page(phone(bms), 2)
    cells = [struct.unpack_from("<HHBH", data, 7 * i) for i in range(8)]
    assert cells[0] == (3287, 51, 1, 1000)
    assert cells[7] == (3296, 50, 2, 1000)
    assert cells[3] == (3327, 50, 0, 985)


def test_counts_show_the_health_of_the_board():
    one = phone()
    for nth, retry in enumerate(one.hub.bms.guard.retries):
        retry.count = nth + 1
    one.hub.bms.late = 5
    data = page(one, 3)
    values = struct.unpack("<" + pages.COUNTS, data)
    assert values[1] == 7 and values[2] == 5
    assert values[-4:] == (1, 1, 2, 3)


def test_tasks_show_deaths_and_their_reason():
    one = phone()
    one.hub.bms.supervisor.deaths["world"] = 2
    one.hub.bms.supervisor.last_error["world"] = "OSError(12,)"
    assert page(one, 4) == b"radio 0\nworld 2 OSError(12,)"


def test_the_journal_is_downloaded_in_parts():
    journal = Journal()
    journal.entries = [(1000 - i, 0x11 + (i & 1), -i, i) for i in range(40)]
    one = phone(journal=journal)
    got = []
    while True:
        data = page(one, 5, len(got))
        if not data:
            break
        got += [struct.unpack_from("<IHii", data, at) for at in range(0, len(data), 14)]
    assert got == journal.entries
    # Anywhere, and from the beginning again.
    assert struct.unpack_from("<I", page(one, 5, 7))[0] == 993
    assert struct.unpack_from("<I", page(one, 5, 23))[0] == 977
    assert struct.unpack_from("<I", page(one, 5))[0] == 1000
    assert page(one, 5, 999) == b""


@each((0, 30, len(PARAMS) - 1))
def test_a_parameter_describes_itself(row):
    data = page(phone(), 6, row)
    writable, low, high = struct.unpack_from("<Bii", data, 0)
    assert (low, high, bool(writable)) == (PARAMS[row][1], PARAMS[row][2], PARAMS[row][8])
    assert data[9:].decode() == PARAMS[row][0]


def test_there_is_no_parameter_beyond_the_last():
    assert page(phone(), 6, len(PARAMS)) == b""


def test_read_lock_asks_for_a_login():
    access = Access()
    access.read_lock = True
    one = phone(access=access)
    (answer,) = one.ask(bytes((READ, 0)))
    assert answer[6] == LOGIN_NEEDED
    assert one.login(FACTORY_KEYS[CONNECTION], CONNECTION)
    assert page(one, 2)
    one.session.feed(0, request(0x97))
    run(one.hub, 200)
    assert len(one.link.take(0)) == 320


# Pace, and links.


def test_a_flood_is_refused_with_a_word():
    one = phone()
    for _ in range(12):
        one.session.feed(OWN, own_frame(bytes((HELLO, 1))))
    run(one.hub, 4000)
    bodies = one.answers()
    busy = [body for body in bodies if body[0] == 0xFF]
    assert len(bodies) - len(busy) == 8
    assert [body[6] for body in busy] == [BUSY]
    assert busy[0][7:] == b"4 lost"


def test_three_links_and_no_more():
    hub = make_hub()
    sessions = [hub.open(Link()) for _ in range(3)]
    assert hub.open(Link()) is None
    hub.close(sessions[1])
    hub.close(sessions[1])
    assert hub.open(Link()) is not None


def test_a_link_that_ends_ends_its_login():
    one = owner()
    one.hub.close(one.session)
    assert one.session.login.state == 0


def test_an_idle_link_is_closed_after_ten_minutes():
    one = phone()
    run(one.hub, 599_000, 1000)
    one.ask(bytes((HELLO, 1)))
    run(one.hub, 599_000, 1000)
    assert not one.link.is_closed
    run(one.hub, 1000, 1000)
    assert one.link.is_closed


def test_a_link_that_is_told_something_is_not_idle():
    one = phone()
    one.session.feed(0, request(0x96))
    run(one.hub, 1_300_000, 500)
    assert not one.link.is_closed


def test_a_stuck_link_is_closed_and_delays_nobody():
    hub = make_hub()
    stuck, other = Link(23), Link(23)
    for link in (stuck, other):
        hub.open(link).feed(0, request(0x96))
    stuck.room = 5
    run(hub, 29_980)
    assert not stuck.is_closed
    assert len(other.take(0)) // 300 >= 55
    run(hub, 200)
    assert stuck.is_closed and not other.is_closed


def test_counters_of_refusals_are_bounded():
    hub = make_hub()
    hub.rubbish = 0x3FFFFFFF
    hub.skipped(600)
    assert hub.rubbish == 0x3FFFFFFF


def test_half_an_own_frame_is_forgotten_too():
    one = phone()
    one.session.feed(OWN, b"\xa6\x30half")
    run(one.hub, 1000)
    assert one.ask(bytes((HELLO, 1)))[0][0] == HELLO | 0x80


def test_no_answer_carries_a_key():
    one = owner()
    one.change(KEY_BEGIN, b"\1" + SALT)
    one.change(KEY_SET, wrap(one, KEY))
    one.session.feed(0, request(0x97))
    run(one.hub, 500)
    said = b"".join([data for _, data in one.link.sent])
    for secret in FACTORY_KEYS + (NEW,):
        for at in range(0, 32, 8):
            assert secret[at : at + 8] not in said
