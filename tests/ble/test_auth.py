"""Login: HMAC against the RFC's vectors, one try per nonce, seals, lock-out."""

import binascii

from ble.access import FACTORY_KEYS, FACTORY_SALTS, Access
from ble.auth import (
    CHALLENGED,
    CONNECTION,
    OUT,
    OWNER,
    READER,
    SETTINGS,
    Lockout,
    Login,
    hmac,
    same,
    wait_s,
)
from tests.ble.bench import Entropy
from tests.each import each

NONCE = b"0123456789abcdef"

# RFC 4231, test cases 1, 2, 3, 4, 5 (its key is at most 64 bytes there).
VECTORS = (
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
)


@each(VECTORS)
def test_hmac_agrees_with_rfc_4231(row):
    key, data, expected = row
    assert binascii.hexlify(hmac(key, data)).decode() == expected
    assert hmac(key, data[:3], data[3:]) == hmac(key, data)


@each(((b"", b"", True), (b"a", b"a", True), (b"a", b"b", False), (b"a", b"ab", False)))
def test_same_is_equality(row):
    one, other, expected = row
    assert same(one, other) is expected


@each(((0, 0), (5, 0), (6, 1), (7, 2), (8, 4), (17, 2048), (18, 3600), (65535, 3600)))
def test_five_guesses_are_free_then_the_wait_doubles_to_an_hour(row):
    failures, expected = row
    assert wait_s(failures) == expected


@each(((86_400, 40), (365 * 86_400, 8776)))
def test_so_many_guesses_fit_a_day_and_a_year(row):
    seconds, expected = row
    guesses = now_s = 0
    while now_s <= seconds:
        guesses += 1
        now_s += wait_s(guesses)
    assert guesses == expected


class Bench:
    """One login, and the phone's half of it in plain words."""

    def __init__(self, store=None):
        self.access = Access(store)
        self.lockout = Lockout(self.access)
        self.login = Login(self.access, self.lockout, Entropy())

    def nonces(self, which=SETTINGS):
        challenge = self.login.begin(which, NONCE)
        assert challenge[16:] == FACTORY_SALTS[which]
        return bytes((which,)) + NONCE + challenge[:16]

    def enter(self, which=SETTINGS):
        nonces = self.nonces(which)
        proof = self.login.prove(hmac(FACTORY_KEYS[which], b"phone", nonces))
        assert proof == hmac(FACTORY_KEYS[which], b"board", nonces)
        return hmac(FACTORY_KEYS[which], b"session", nonces), nonces


def sealed(key, counter, arguments=b"x"):
    body = b"\x10" + counter.to_bytes(4, "little") + arguments
    return body + hmac(key, b"command", body)[:8]


@each(((SETTINGS, OWNER), (CONNECTION, READER)))
def test_the_right_key_logs_in_at_its_level(row):
    which, level = row
    bench = Bench()
    bench.enter(which)
    assert bench.login.state == level
    assert bench.login.came_with(which)
    assert not bench.login.came_with(1 - which)


def test_nobody_came_with_anything_while_out():
    assert not Bench().login.came_with(CONNECTION)


def test_a_tag_works_once():
    bench = Bench()
    nonces = bench.nonces()
    tag = hmac(FACTORY_KEYS[SETTINGS], b"phone", nonces)
    assert bench.login.prove(tag)
    assert bench.login.prove(tag) is None
    assert bench.login.state == OUT
    assert not bench.login.was_wrong


def test_a_wrong_tag_spends_the_nonce_and_counts():
    bench = Bench()
    nonces = bench.nonces()
    assert bench.login.prove(bytes(32)) is None
    assert bench.login.was_wrong
    assert bench.access.failures == 1
    assert bench.login.prove(hmac(FACTORY_KEYS[SETTINGS], b"phone", nonces)) is None
    assert bench.access.failures == 1


def test_the_key_of_one_password_does_not_open_the_other():
    bench = Bench()
    nonces = bench.nonces(SETTINGS)
    assert bench.login.prove(hmac(FACTORY_KEYS[CONNECTION], b"phone", nonces)) is None


def test_the_boards_nonces_differ():
    bench = Bench()
    assert bench.nonces() != bench.nonces()
    assert bench.login.state == CHALLENGED


def test_a_right_tag_is_refused_while_locked():
    bench = Bench()
    bench.access.failures = 5
    nonces = bench.nonces()
    bench.login.prove(bytes(32))
    assert bench.lockout.left_s() == 1
    nonces = bench.nonces()
    assert bench.login.prove(hmac(FACTORY_KEYS[SETTINGS], b"phone", nonces)) is None
    assert bench.access.failures == 6
    assert not bench.login.was_wrong


def test_success_does_not_forget_the_guesses():
    bench = Bench()
    bench.nonces()
    bench.login.prove(bytes(32))
    bench.enter()
    assert bench.access.failures == 1


def test_counters_rise_strictly():
    bench = Bench()
    key, _ = bench.enter()
    assert bench.login.unseal(sealed(key, 0)) is None
    assert bench.login.unseal(sealed(key, 1)) == b"x"
    assert bench.login.unseal(sealed(key, 1)) is None
    assert bench.login.unseal(sealed(key, 0xFFFFFFFF, b"")) == b""
    assert bench.login.unseal(sealed(key, 5)) is None
    assert bench.login.state == OWNER


def test_the_third_wrong_seal_ends_the_login():
    bench = Bench()
    key, _ = bench.enter()
    for nth in range(3):
        assert bench.login.state == OWNER
        assert bench.login.unseal(sealed(bytes(32), nth + 1)) is None
    assert bench.login.state == OUT
    assert bench.login.unseal(sealed(key, 9)) is None


def test_a_frame_too_short_for_a_seal_is_refused():
    bench = Bench()
    bench.enter()
    assert bench.login.unseal(bytes(12)) is None
    assert bench.login.state == OWNER


@each(range(14))
def test_every_flipped_bit_of_a_sealed_command_is_noticed(row):
    bench = Bench()
    key, _ = bench.enter()
    body = bytearray(sealed(key, 1))
    body[row] ^= 1
    assert bench.login.unseal(bytes(body)) is None


def test_a_command_of_another_session_is_refused():
    bench = Bench()
    old, _ = bench.enter()
    bench.enter()
    assert bench.login.unseal(sealed(old, 1)) is None


def test_answers_are_sealed_while_logged_in():
    bench = Bench()
    assert bench.login.seal(b"body") == b"body"
    key, _ = bench.enter()
    assert bench.login.seal(b"body") == b"body" + hmac(key, b"answer", b"body")[:8]


SALT = b"a salt of 16 byt"


def wrap(nonces, old, new):
    mask = hmac(old, b"wrap", nonces, SALT)
    wrapped = bytes([a ^ b for a, b in zip(new, mask)])
    return wrapped, hmac(old, b"change", nonces, SALT, wrapped)[:16]


@each((CONNECTION, SETTINGS))
def test_a_key_is_changed_by_who_knows_the_old_one(row):
    bench = Bench()
    _, nonces = bench.enter()
    new = bytes(range(32))
    wrapped, proof = wrap(nonces, FACTORY_KEYS[row], new)
    assert bench.login.unwrap(row, SALT, wrapped, proof) == new
    assert new not in wrapped


def test_a_wrong_proof_of_the_old_key_is_a_guess():
    bench = Bench()
    _, nonces = bench.enter()
    wrapped, proof = wrap(nonces, bytes(32), bytes(range(32)))
    assert bench.login.unwrap(CONNECTION, SALT, wrapped, proof) is None
    assert bench.access.failures == 1


def test_no_key_is_changed_while_locked():
    bench = Bench()
    _, nonces = bench.enter()
    for _ in range(6):
        bench.lockout.failed()
    wrapped, proof = wrap(nonces, FACTORY_KEYS[SETTINGS], bytes(range(32)))
    assert bench.login.unwrap(SETTINGS, SALT, wrapped, proof) is None


def test_the_lock_out_outlives_a_restart_and_its_end_is_stored():
    images = []

    def store(image):
        images.append(image)
        return True

    bench = Bench(store)
    for _ in range(8):
        bench.lockout.failed()
    again = Access()
    assert again.load(images[-1])
    lockout = Lockout(again)
    assert lockout.left_s() == 4
    lockout.tick(3001)
    assert lockout.left_s() == 1
    lockout.tick(998)
    assert lockout.left_s() == 1
    again.store = store
    lockout.tick(1)
    assert lockout.left_s() == 0
    lockout.tick(1)
    late = Access()
    assert late.load(images[-1])
    assert late.failures == 8
    assert Lockout(late).left_s() == 0


def test_a_guess_is_stored_before_anybody_is_told():
    images = []
    bench = Bench(lambda image: images.append(image) or True)
    bench.nonces()
    bench.login.prove(bytes(32))
    assert len(images) == 1


def test_the_count_of_guesses_does_not_wrap():
    bench = Bench()
    bench.access.failures = 0xFFFF
    bench.lockout.failed()
    assert bench.access.failures == 0xFFFF
    assert bench.lockout.left_s() == 3600


def test_the_button_ends_the_lock_out():
    bench = Bench()
    for _ in range(9):
        bench.lockout.failed()
    bench.lockout.clear()
    assert bench.lockout.left_s() == 0
    assert bench.access.failures == 0
