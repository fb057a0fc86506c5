"""Our own service: login, lock-out, seals, and the change of a password."""

from ble import codes
from ble.access import FACTORY_KEYS, Access
from ble.own_service import LOCKED, LOGIN_NEEDED, WRONG
from firmware.events import WAKE_RESET
from tests.ble.bench import FakeBms, make_hub, run
from tests.ble.owner import KEY, NEW, SALT, own_access, owner, phone, put, wrap
from tests.ble.phone import CONNECTION, KEY_BEGIN, KEY_SET, LEAVE, PROOF, SET, SETTINGS, WINDOW
from tests.each import each


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
