"""Owner: a phone on a hub of its own, logged in or not, for tests of our own service."""

import struct

from ble.access import FACTORY_KEYS, Access
from ble.auth import hmac
from firmware.settings import INDEX
from tests.ble.bench import FakeBms, Link, make_hub
from tests.ble.phone import SETTINGS, Phone

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


def wrap(one, old, new=NEW, salt=SALT):
    mask = hmac(old, b"wrap", one.nonces, salt)
    wrapped = bytes([a ^ b for a, b in zip(new, mask)])
    return wrapped + hmac(old, b"change", one.nonces, salt, wrapped)[:16]
