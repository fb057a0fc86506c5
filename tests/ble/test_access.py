"""The access record: its image, what it refuses, and what a name may be."""

from ble.access import (
    FACTORY_SALTS,
    IMAGE_BYTES,
    WINDOW_ALWAYS,
    Access,
    ascii_text,
    is_name,
    is_user_data,
)
from ble.auth import CONNECTION, SETTINGS
from tests.each import each


def changed():
    access = Access()
    access.set_key(SETTINGS, b"s" * 16, b"k" * 32)
    access.name = "Boat-7_a"
    access.user_data = "spare key 42"
    access.read_lock = True
    access.window = WINDOW_ALWAYS
    access.failures = 300
    access.wait_s = 3600
    return access


def test_what_is_packed_is_what_is_loaded():
    image = changed().pack()
    assert len(image) == IMAGE_BYTES
    access = Access()
    assert access.load(image)
    assert access.pack() == image
    assert access.name == "Boat-7_a"
    assert access.read_lock is True
    assert access.is_default(CONNECTION) and not access.is_default(SETTINGS)


# byte, value: images that make no sense
SPOILT = ((0, 0), (0, 2), (1, 2), (2, 3), (104, 0x80), (104, 0x20), (117, 0x80))


@each(SPOILT)
def test_a_spoilt_image_changes_nothing(row):
    at, value = row
    image = bytearray(changed().pack())
    image[at] = value
    access = Access()
    before = access.pack()
    assert not access.load(bytes(image))
    assert access.pack() == before


@each((b"", bytes(IMAGE_BYTES - 1), bytes(IMAGE_BYTES), b"\xff" * IMAGE_BYTES))
def test_foreign_images_are_refused(row):
    assert not Access().load(row)


def test_reset_keeps_the_lock_out_only():
    access = changed()
    access.reset()
    fresh = Access()
    fresh.failures = 300
    fresh.wait_s = 3600
    assert access.pack() == fresh.pack()


def test_what_could_not_be_stored_is_known():
    access = Access(lambda image: False)
    assert not access.save()
    assert access.unsaved
    access.store = None
    assert access.save()
    assert not access.unsaved


@each(
    (
        ("A", True),
        ("JK_B2A8S20P", True),
        ("a-b_c-d_e-f_9", True),
        ("a-b_c-d_e-f_90", False),
        ("", False),
        ("a b", False),
        ("a.b", False),
        ("a/b", False),
        ("a:b", False),
        ("@", False),
        ("[", False),
        ("`", False),
        ("{", False),
        ("\u00e9", False),
    )
)
def test_names_are_letters_digits_and_two_signs(row):
    text, expected = row
    assert is_name(text) is expected


@each((("", True), ("x" * 13, True), ("x" * 14, False), ("a\tb", False), ("~ ", True)))
def test_user_data_is_short_and_printable(row):
    text, expected = row
    assert is_user_data(text) is expected


@each(
    (
        (b"", ""),
        (b"ab\0c", "ab"),
        (b"ab", "ab"),
        (b"a~", "a~"),
        (b"a\x7f", None),
        (b"\xc3\xa9", None),
    )
)
def test_text_is_ascii_up_to_the_nul(row):
    data, expected = row
    assert ascii_text(data) == expected


def test_the_factory_salts_differ():
    assert FACTORY_SALTS[0] != FACTORY_SALTS[1]
