"""A little of the radio's fuzzing, for MicroPython as well."""

import protection.table  # noqa: F401  (first: imports nest too deep for the 32-bit stack)
from tests.fuzz.radio import attacks, fuzz, fuzz_readers


def test_rubbish_changes_nothing():
    assert fuzz(2000, 99) == 2000


def test_frames_are_the_same_in_any_chopping():
    assert fuzz_readers(2000, 99) == 2000


def test_no_attack_is_accepted():
    assert attacks(300, 99) == 300
