"""JK02_32S records: what the board knows, in the 300 bytes that every JK client reads.

    55 AA EB 90 | type | counter | 293 bytes, little endian | sum

Constants are those of a real B2A8S20P (firmware 11.17). Where the board knows nothing
the field has the value that clients take for "none". The capability maps list exactly
the commands that `ble.session` carries out: bit n is command n.

Here stand the records that are built on request, from tables; the status record, sent
twice a second to every client, is in `ble.status`.
"""

import struct

from micropython import const

from firmware.settings import INDEX, PARAMS

SETTINGS_RECORD = const(0x01)
STATUS_RECORD = const(0x02)
DEVICE_RECORD = const(0x03)
LOGBOOK_RECORD = const(0x05)
LOG_ENTRIES = const(50)
RECORD_BYTES = const(300)

# The JK firmware whose records these are; the number before the dot selects the layout.
SOFTWARE = "11.48"
USER_DATA = "Input Userdata"  # of a board that was given none

ACK = b"\xaa\x55\x90\xeb\xc8\x01\x01" + bytes(12) + b"\x44"

# Commands beside the registers of PARAMS.
CALIBRATE_VOLTAGE = const(0x64)
CALIBRATE_CURRENT = const(0x67)
PRESET_LI_ION = const(0x68)
PRESET_LFP = const(0x69)
PRESET_LTO = const(0x6A)
CLOCK = const(0x6C)
GET_SETTINGS = const(0x96)
GET_DEVICE = const(0x97)
SET_USER_DATA = const(0x9F)
GET_LOGBOOK = const(0xA1)
_ACKNOWLEDGE = const(0xC8)

# What a client may write: register → key of the parameter.
BY_REGISTER = {row[7]: row[0] for row in PARAMS if row[7] is not None}
REGISTERS = {register: key for register, key in BY_REGISTER.items() if PARAMS[INDEX[key]][8]}
COMMANDS = (
    CALIBRATE_VOLTAGE,
    CALIBRATE_CURRENT,
    PRESET_LI_ION,
    PRESET_LFP,
    PRESET_LTO,
    CLOCK,
    GET_SETTINGS,
    GET_DEVICE,
    SET_USER_DATA,
    GET_LOGBOOK,
    _ACKNOWLEDGE,
)

# The passwords' places: constants that open nothing (D29).
CONNECTION_PLACEHOLDER = b"1234"
SETTINGS_PLACEHOLDER = b"123456"

# Offset and bytes of what never changes.
SETTINGS_CONSTANTS = ((278, b"\xb0\x71\x0b\x00"),)
DEVICE_CONSTANTS = (
    (62, CONNECTION_PLACEHOLDER),
    (97, b"0000"),
    (118, SETTINGS_PLACEHOLDER),
    (134, b"Input Userdata"),  # a second field that nobody sets
    (287, b"\xfe\x2f"),
)

_SETTINGS_MAP_AT = const(287)
_DEVICE_MAP_AT = const(150)
_FIRST_REGISTER_AT = const(6)  # register r of 1..0x22 stands 4 bytes after register r - 1
_BLANK = bytes(RECORD_BYTES)
_LOG_AT = const(11)
_LOG_ENTRY = "<IB"
_LOG_ENTRY_BYTES = const(5)
_LOG_KIND = const(3)  # byte 10 of the captured logbook
# Codes of the journal that no JK client knows.
_OWN_CODES = range(0x84, 0xC0)


def begin(record, kind, counter, constants):
    """Clear `record` and write its head and what never changes."""
    record[:] = _BLANK
    record[0:4] = b"\x55\xaa\xeb\x90"
    record[4] = kind
    record[5] = counter & 0xFF
    for at, value in constants:
        record[at : at + len(value)] = value


def finish(record):
    """Write the sum."""
    record[RECORD_BYTES - 1] = sum(memoryview(record)[: RECORD_BYTES - 1]) & 0xFF


def write_settings(record, counter, settings):
    """Record 01: every parameter that has a register, as set (D6: not as effective)."""
    begin(record, SETTINGS_RECORD, counter, SETTINGS_CONSTANTS)
    for register, key in BY_REGISTER.items():
        at = _FIRST_REGISTER_AT + 4 * (register - 1)
        struct.pack_into("<i", record, at, settings.get(key))
    for register in REGISTERS:
        _set_bit(record, _SETTINGS_MAP_AT, register)
    finish(record)


def write_device(record, counter, hub):
    """Record 03: who the board is, and what it understands."""
    begin(record, DEVICE_RECORD, counter, DEVICE_CONSTANTS)
    facts = hub.bms.board.facts
    for at, size, text in (
        (6, 16, facts.MODEL),
        (22, 8, facts.HARDWARE),
        (30, 8, SOFTWARE),
        (46, 16, hub.name()),
        (78, 8, hub.made),
        (86, 11, hub.serial),
        (102, 16, hub.access.user_data or USER_DATA),
    ):
        # A client looks for the NUL at the end, so there always is one.
        value = text.encode()[: size - 1]
        record[at : at + len(value)] = value
    struct.pack_into("<II", record, 38, hub.bms.snap.run_s, hub.power_on_count)
    for command in REGISTERS:
        _set_bit(record, _DEVICE_MAP_AT, command)
    for command in COMMANDS:
        _set_bit(record, _DEVICE_MAP_AT, command)
    finish(record)


def is_logged(code):
    """A JK client can name this event."""
    return code < 0x100 and code not in _OWN_CODES


def write_logbook(record, counter, entries):
    """Record 05: (run s, code) of at most 50 events, given the newest first."""
    begin(record, LOGBOOK_RECORD, counter, ())
    at = _LOG_AT
    for run_s, code in reversed(entries):
        struct.pack_into(_LOG_ENTRY, record, at, run_s, code)
        at += _LOG_ENTRY_BYTES
    struct.pack_into("<IB", record, 6, len(entries), _LOG_KIND)
    finish(record)


def _set_bit(record, at, number):
    record[at + number // 8] |= 1 << number % 8
