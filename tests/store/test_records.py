"""Records: packed and unpacked unchanged, and refused when they may not be believed."""

import struct

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import records
from firmware.settings import INDEX, PARAMS, Refused, Settings
from tests.each import each
from tests.store.work import NUMBERS, payload


def refusal(check, content, is_older=False):
    """The reason why `check` refuses, or None."""
    try:
        check(content, is_older)
    except Refused as refused:
        return str(refused)
    return None


def settings_check(content, is_older=False):
    return records.unpack_settings(content, facts, is_older)


def keyed(**changes):
    """Settings bytes with some parameters replaced (None: left out), by name."""
    pieces = []
    for row, value in zip(PARAMS, Settings().values):
        value = changes.get(row[0], value)
        if value is not None:
            pieces.append(struct.pack("<Hi", records.key_sum(row[0]), value))
    return b"".join(pieces)


def test_settings_come_back_as_they_were():
    before = Settings().changed({"capacity_mah": 123_456, "chg_utp_dc": -150}, facts)
    after = settings_check(records.pack_settings(before))
    assert list(after.values) == list(before.values)


def test_no_two_parameters_share_a_sum():
    assert len(set([records.key_sum(row[0]) for row in PARAMS])) == len(PARAMS)


def test_settings_fit_their_slot():
    assert len(records.pack_settings(Settings())) <= records.RECORDS[-1][3]


def test_settings_come_last_so_that_an_armed_board_has_every_record():
    assert records.RECORDS[-1][0] == records.SETTINGS


@each(
    (
        ("ovp out of range", {"cell_ovp_mv": 4351}, "cell_ovp_mv"),
        ("out of order", {"cell_uvp_mv": 3500}, "cell_uvpr_mv"),
        ("beyond the chemistry", {"chemistry": 2, "cell_ovp_mv": 4000}, "cell_ovp_mv"),
        ("beyond the board", {"balance_max_ma": 2001}, "balance_max_ma"),
        ("a chemistry of the future", {"chemistry": 4}, "chemistry"),
        ("one missing", {"capacity_mah": None}, "capacity_mah: is missing"),
    )
)
def test_settings_that_could_not_have_been_accepted_are_refused(row):
    _, changes, reason = row
    assert reason in refusal(settings_check, keyed(**changes))


def test_an_older_record_gets_the_factory_value_of_a_newer_parameter():
    settings = settings_check(keyed(tick_muted_on=None, capacity_mah=50_000), True)
    assert settings.get("tick_muted_on") == 0
    assert settings.get("capacity_mah") == 50_000


@each(("chemistry", "cell_count"))
def test_nothing_stands_in_for_what_a_person_confirmed(row):
    assert row + ": is missing" in refusal(settings_check, keyed(**{row: None}), True)


def test_an_older_record_may_hold_a_parameter_that_is_gone():
    stale = keyed() + struct.pack("<Hi", 1, 5)
    assert refusal(settings_check, stale, True) is None
    assert "1 unknown" in refusal(settings_check, stale)


@each((1, 5, 7))
def test_settings_of_an_odd_length_are_refused(row):
    assert "are no settings" in refusal(settings_check, keyed()[:-row])


def test_rows_may_move_in_the_table():
    pieces = [keyed()[at : at + 6] for at in range(0, len(keyed()), 6)]
    pieces.reverse()
    assert list(settings_check(b"".join(pieces)).values) == list(Settings().values)


LAYOUTS = (
    records.CALIBRATION_LAYOUT,
    records.COUNTERS_LAYOUT,
    records.LATCH_LAYOUT,
    records.IDENTITY_LAYOUT,
)


@each(LAYOUTS)
def test_every_field_is_refused_one_past_its_range_and_taken_at_it(row):
    for name, code, low, high, _ in row.rows:
        edges = (low, high) if code[-1] != "s" else ("", "x" * high)
        for value in edges:
            values = row.defaults()
            values[name] = value
            assert row.unpack(row.pack(values))[name] == value, name
        past = (low - 1, high + 1) if code[-1] != "s" else ("x" * (high + 1),)
        for value in past:
            values = row.defaults()
            values[name] = value
            try:
                row.pack(values)
                raise AssertionError("%s took %r" % (name, value))
            except Refused as refused:
                assert refused.key == name


def test_a_check_sum_does_not_make_an_impossible_counter_believable():
    whole = bytearray(payload(records.COUNTERS, 1))
    struct.pack_into("<I", whole, 0, 1 << 31)
    assert "run_s" in refusal(records.COUNTERS_LAYOUT.unpack, bytes(whole))


@each(LAYOUTS)
def test_a_shorter_payload_is_completed_only_when_it_is_older(row):
    whole = row.pack(row.defaults())
    assert "length" in refusal(row.unpack, whole[:-1])
    assert row.unpack(whole[:-1], True) == row.defaults()
    assert "length" in refusal(row.unpack, whole + b"\0", True)


def test_bounded_cuts_what_a_wild_reading_left():
    values = records.COUNTERS_LAYOUT.defaults()
    values["current_max_ma"] = 900_000
    values["mos_min_dc"] = -3000
    bounded = records.COUNTERS_LAYOUT.bounded(values)
    assert bounded["current_max_ma"] == 600_000
    assert bounded["mos_min_dc"] == -2000
    records.COUNTERS_LAYOUT.pack(bounded)


def test_text_must_be_printable():
    whole = bytearray(records.IDENTITY_LAYOUT.pack(records.IDENTITY_LAYOUT.defaults()))
    for byte in (1, 31, 127, 200):
        whole[16] = byte
        assert "serial" in refusal(records.IDENTITY_LAYOUT.unpack, bytes(whole))


def test_a_record_written_for_another_board_is_refused():
    values = records.IDENTITY_LAYOUT.defaults()
    values["board"] = "other"
    check = records.checks(facts)[records.IDENTITY]
    assert "written for other" in refusal(check, records.IDENTITY_LAYOUT.pack(values))
    values["board"] = facts.NAME
    assert refusal(check, records.IDENTITY_LAYOUT.pack(values)) is None


@each(NUMBERS)
def test_every_default_passes_its_own_check_and_fits(row):
    content = records.defaults(facts)[row]
    assert refusal(records.checks(facts)[row], content) is None
    most = [size for number, _, _, size, _ in records.RECORDS if number == row][0]
    assert len(content) <= most and len(payload(row, 1)) <= most


def test_what_the_factory_stores_leaves_the_board_unconfigured():
    settings = settings_check(records.defaults(facts)[records.SETTINGS])
    assert settings.values[INDEX["chemistry"]] == 0
