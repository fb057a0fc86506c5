"""The shipped keys are those of the manual's passwords (host only: 600 000 rounds)."""

import pytest

from ble.access import FACTORY_KEYS, FACTORY_SALTS
from tests.ble.phone import check_password, derive


@pytest.mark.parametrize("which, password", [(0, "1234"), (1, "123456")])
def test_factory_keys_are_derived_from_the_manuals_passwords(which, password):
    assert derive(password, FACTORY_SALTS[which]) == FACTORY_KEYS[which]


@pytest.mark.parametrize("password", ["1234567", "x" * 33, "pass\u00e9word", "tab\tbed1"])
def test_weak_new_passwords_are_refused(password):
    with pytest.raises(ValueError):
        check_password(password)


@pytest.mark.parametrize("password", ["12345678", "x" * 32, "with space ~"])
def test_good_new_passwords_are_taken(password):
    assert check_password(password) == password
