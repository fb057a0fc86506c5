"""JK records: equal to captured ones byte for byte where a field is mapped or constant."""

import json
import struct

from ble import jk02
from ble.access import Access
from ble.jk02 import BY_REGISTER
from ble.status import BATTERY_TYPES, RELEASES, STATUS_CONSTANTS
from boards.jk8s import board as facts
from firmware.settings import INDEX, LFP, LI_ION, LTO, Settings
from protection.rule import BIT
from tests.ble.bench import FakeBms, Journal, Link, make_hub, measured, request, run
from tests.each import each


def captured(name):
    with open("tests/data/jk/records.json") as file:
        for record in json.load(file)["records"]:
            if record["name"] == name:
                return bytes.fromhex(record["hex"])
    raise ValueError(name)


def fields(kind):
    with open("tests/data/jk/layout.json") as file:
        return [row[1:] for row in json.load(file)["fields"] if row[0] == kind]


STATUS = captured("b2a8s20p_fw11.17_type02_1")
SETTINGS = captured("b2a8s20p_fw11.17_type01_1")
DEVICE = captured("b2a8s20p_fw11.17_type03_1")
LOGBOOK = captured("logbook_type05")

# Bytes that no client can expect of us, with the reason; all others must be equal.
STATUS_OWN = (
    (220, 6, "current correction and sensor figures of that unit"),
    (226, 4, "voltage correction of that unit"),
    (230, 2, "balancer PWM of that unit"),
    (236, 2, "heater current: garbage on that unit, 0 here"),
    (246, 4, "ticks since boot: tenths of the same second"),
    (254, 6, "T3..T5: absent is told, that unit says 0"),
    (260, 2, "charge current correction"),
    (299, 1, "sum"),
)
SETTINGS_OWN = (
    (6, 4, "smart sleep: not implemented"),
    (270, 4, "device address: none here"),
    (287, 8, "map of what is implemented"),
    (299, 1, "sum"),
)
DEVICE_OWN = (
    (30, 8, "software version"),
    (150, 32, "map of what is implemented"),
    (299, 1, "sum"),
)


def differences(one, other, own):
    allowed = set()
    for at, count, _ in own:
        allowed.update(range(at, at + count))
    return [i for i in range(300) if one[i] != other[i] and i not in allowed]


def status_of(bms=None, journal=None, counter=0x8B):
    hub = make_hub(bms, journal=journal)
    hub.status.encode(counter)
    return bytes(hub.status.record)


def status(counter=0x8B):
    bms = FakeBms()
    measured(bms)
    return status_of(bms, counter=counter)


def test_the_status_record_equals_the_captured_one():
    assert differences(status(), STATUS, STATUS_OWN) == []


@each(fields(2))
def test_every_status_field_equals_the_captured_one(row):
    at, count = row[0], row[1]
    ours = differences(status(), STATUS, STATUS_OWN)
    assert not [i for i in ours if at <= i < at + count]


def settings_record():
    bms = FakeBms()
    values = Settings(bms.settings.values)
    for register, key in BY_REGISTER.items():
        values.values[INDEX[key]] = struct.unpack_from("<i", SETTINGS, 6 + 4 * (register - 1))[0]
    record = bytearray(300)
    jk02.write_settings(record, 0x8B, values)
    return bytes(record)


def test_the_settings_record_equals_the_captured_one():
    assert differences(settings_record(), SETTINGS, SETTINGS_OWN) == []


@each(sorted(BY_REGISTER.items()))
def test_every_register_has_its_place(row):
    register, key = row
    record = bytearray(300)
    bms = FakeBms()
    jk02.write_settings(record, 0, bms.settings)
    at = 6 + 4 * (register - 1)
    assert struct.unpack_from("<i", record, at)[0] == bms.settings.get(key)


def test_the_device_record_equals_the_captured_one():
    bms = FakeBms()
    bms.snap.run_s = 10800
    hub = make_hub(bms)
    hub.serial = DEVICE[86:97].rstrip(b"\0").decode()
    hub.power_on_count = 1
    record = bytearray(300)
    jk02.write_device(record, 0x8B, hub)
    assert differences(record, DEVICE, DEVICE_OWN) == []


def logbook(entries):
    """The record that a client gets of a journal with these entries, the newest first."""
    journal = Journal()
    journal.entries = entries
    hub = make_hub(journal=journal)
    link = Link(517)
    session = hub.open(link)
    session.services[0].counter = 0x1F
    session.feed(0, request(0xA1))
    run(hub, 3000)
    data = link.take(0)
    assert data[300:] == jk02.ACK
    return data[:300]


def test_the_logbook_equals_the_captured_one():
    entries = [
        (2514136, 28, 0, 0),
        (2514095, 27, 0, 0),
        (7, 0x84, 0, 0),  # our own: no JK client knows it
        (7, 0xBF, 0, 0),
        (9, 0x139, 0, 0),  # a release without a number of its own
        (238, 68, 0, 0),
        (0, 1, 0, 0),
    ]
    assert logbook(entries) == LOGBOOK


def test_the_logbook_holds_the_newest_fifty():
    record = logbook([(1000 - i, 0x11, 0, 0) for i in range(60)])
    assert struct.unpack_from("<I", record, 6)[0] == 50
    assert struct.unpack_from("<I", record, 11)[0] == 951
    assert struct.unpack_from("<I", record, 11 + 49 * 5)[0] == 1000
    assert sum(record[:299]) & 0xFF == record[299]


# Signals of the snapshot: (set, offset, code, expected)
SIGNALS = (
    ({"current_ma": -5250}, 158, "<i", -5250),
    ({"current_ma": 200_000}, 158, "<i", 200_000),
    ({"power_mw": -7_000_000}, 154, "<I", 7_000_000),
    ({"power_mw": 7_000_000}, 154, "<I", 7_000_000),
    ({"mos_dc": -105}, 144, "<h", -105),
    ({"t1_dc": -200}, 162, "<h", -200),
    ({"t1_age_ms": 2000}, 162, "<h", 297),
    ({"t1_age_ms": 2001}, 162, "<h", -2000),
    ({"t2_age_ms": 2001}, 164, "<h", -2000),
    ({"mos_age_ms": 2001}, 144, "<h", -2000),
    ({"t1_dc": -2000, "t2_dc": -2000}, 214, "<B", 1),
    ({"mos_age_ms": 2001}, 214, "<B", 6),
    ({"fault_word": 1 << 28 | 1}, 166, "<I", 1 << 28 | 1),
    ({"bal_ma": 2000, "bal_state": 1}, 170, "<h", 2000),
    ({"soc_pm": 1000}, 173, "<B", 100),
    ({"soc_pm": 9}, 173, "<B", 0),
    ({"full_mah": 20_000_000}, 178, "<I", 20_000_000),
    ({"cycle_count": 3000}, 182, "<I", 3000),
    ({"cycle_mah": 999_999_999}, 186, "<I", 999_999_999),
    ({"soh_pm": 874}, 190, "<B", 87),
    ({"run_s": 1 << 29}, 194, "<I", 1 << 29),
    ({"run_s": 100_000_007}, 246, "<I", 70),
    ({"gates_on": 1}, 198, "<H", 1),
    ({"gates_on": 2}, 198, "<H", 256),
    ({"charger_present": True}, 245, "<B", 1),
    ({"pack_mv": 33_600}, 150, "<I", 33_600),
    ({"pack_mv": 33_600}, 234, "<H", 3360),
    ({"wire_bad": 4, "wire_open": 128}, 146, "<I", 132),
)


@each(SIGNALS)
def test_signals_reach_their_fields(row):
    signals, at, code, expected = row
    bms = FakeBms()
    snap = measured(bms)
    for name, value in signals.items():
        setattr(snap, name, value)
    record = status_of(bms)
    assert struct.unpack_from(code, record, at)[0] == expected
    assert sum(record[:299]) & 0xFF == record[299]


@each((3, 4, 7, 8))
def test_cells_that_are_not_there_are_zero(row):
    bms = FakeBms(LI_ION, row)
    snap = measured(bms)
    for i in range(8):
        snap.cell_mv[i] = 3600 + i
    record = status_of(bms)
    cells = struct.unpack_from("<32H", record, 6)
    assert cells == tuple(range(3600, 3600 + row)) + (0,) * (32 - row)
    assert struct.unpack_from("<I", record, 70)[0] == (1 << row) - 1
    assert sum(record[:299]) & 0xFF == record[299]


def test_the_sum_follows_every_change():
    bms = FakeBms()
    snap = measured(bms)
    journal = Journal()
    hub = make_hub(bms, journal=journal)
    state = 12345
    for counter in range(256):
        state = (state * 1103515245 + 12345) & 0x3FFFFFFF
        snap.cell_mv[counter & 7] = state & 0xFFFF
        snap.run_s += 1
        if counter % 5 == 0:
            snap.wire_mohm[counter & 7] = state >> 3 & 0xFF
        if counter % 7 == 0:
            bms.date = state
            journal.sequence += 1
        snap.current_ma = (state >> 4) % 400_000 - 200_000
        snap.power_mw = snap.current_ma * 26
        if counter == 100:
            bms.change({"chg_switch_on": 0})
        if counter == 120:
            bms.guard.by_name["dsg_ocp"].force()
            snap.fault_word = 1 << 13
        if counter == 140:
            bms.guard.by_name["dsg_ocp"].reset()
            snap.fault_word = 0
        hub.status.encode(counter)
        record = hub.status.record
        assert sum(record[:299]) & 0xFF == record[299], counter
        assert record[5] == counter
        assert struct.unpack_from("<8H", record, 80) == tuple(snap.wire_mohm)
        assert struct.unpack_from("<II", record, 262) == (bms.date, journal.sequence)
        wait_s = struct.unpack_from("<H", record, 202)[0]
        assert wait_s == (60 if 120 <= counter < 140 else 0)


@each(range(len(RELEASES)))
def test_the_time_until_a_release_is_shown(row):
    bms = FakeBms()
    hub = make_hub(bms)
    hub.status.encode(0)
    hub.status.encode(1)
    rule = bms.guard.by_name[RELEASES[row]]
    rule.force()
    rule.held_ms = rule.clear_after_ms - 999
    bms.snap.fault_word = rule.row[BIT]
    bms.snap.run_s += 1
    hub.status.encode(2)
    waits = list(struct.unpack_from("<6H", hub.status.record, 202))
    assert waits.pop(row) == 1
    assert waits == [0] * 5
    bms.snap.run_s += 1
    rule.reset()
    bms.snap.fault_word = 0
    hub.status.encode(3)
    assert bytes(hub.status.record[202:214]) == bytes(12)
    assert sum(hub.status.record[:299]) & 0xFF == hub.status.record[299]


@each(((0, 0), (LFP, 0), (LI_ION, 1), (LTO, 2)))
def test_the_battery_type_is_that_of_the_chemistry(row):
    chemistry, expected = row
    assert BATTERY_TYPES[chemistry] == expected
    assert status_of(FakeBms(chemistry))[275] == expected


def test_byte_287_chooses_the_layout_in_every_record():
    record = bytearray(300)
    hub = make_hub()
    jk02.write_device(record, 0, hub)
    assert record[287]
    jk02.write_settings(record, 0, hub.bms.settings)
    assert record[287]
    assert status()[287]


def test_what_one_client_misreads_is_zero():
    # Bytes 136 and 137 are cell 29's resistance, and one client's alarm bits.
    assert status()[136:138] == b"\0\0"


@each(STATUS_CONSTANTS)
def test_status_constants_stand_in_the_record(row):
    at, value = row
    assert status()[at : at + len(value)] == value


def bits(record, at, count):
    return [n for n in range(8 * count) if record[at + n // 8] >> n % 8 & 1]


IMPLEMENTED = (
    [0x02, 0x03, 0x04, 0x05, 0x06]
    + list(range(0x0B, 0x1A))
    + list(range(0x1C, 0x23))
    + [0x64, 0x67, 0x68, 0x69, 0x6A, 0x6C, 0x96, 0x97, 0x9F, 0xA1, 0xC8]
)


def test_the_device_map_lists_what_is_implemented():
    record = bytearray(300)
    jk02.write_device(record, 0, make_hub())
    assert bits(record, 150, 32) == IMPLEMENTED


def test_the_settings_map_lists_the_registers():
    record = bytearray(300)
    jk02.write_settings(record, 0, FakeBms().settings)
    assert bits(record, 287, 8) == [n for n in IMPLEMENTED if n < 64]


def text(record, at, count):
    return bytes(record[at : at + count]).rstrip(b"\0").decode()


def test_the_device_record_shows_name_user_data_and_identity():
    access = Access()
    access.name = "Boat-7"
    access.user_data = "x" * 13
    hub = make_hub(access=access)
    hub.serial = "0123456789ABCDEF"
    record = bytearray(300)
    jk02.write_device(record, 9, hub)
    assert text(record, 6, 16) == facts.MODEL
    assert text(record, 22, 8) == facts.HARDWARE
    assert text(record, 30, 8).startswith("11.")
    assert text(record, 46, 16) == "Boat-7"
    assert text(record, 78, 8) == "220804"
    assert text(record, 86, 11) == "0123456789"  # a NUL always ends it
    assert text(record, 102, 16) == "x" * 13
    assert record[4] == 3 and record[5] == 9


def test_an_unnamed_board_has_its_models_name():
    record = bytearray(300)
    jk02.write_device(record, 0, make_hub())
    assert text(record, 46, 16) == facts.MODEL
    assert text(record, 102, 16) == "Input Userdata"


def test_the_passwords_places_hold_placeholders():
    access = Access()
    access.set_key(0, b"s" * 16, b"a" * 32)
    access.set_key(1, b"t" * 16, b"b" * 32)
    record = bytearray(300)
    jk02.write_device(record, 0, make_hub(access=access))
    assert text(record, 62, 16) == "1234"
    assert text(record, 118, 16) == "123456"
