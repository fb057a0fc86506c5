"""Records: what is stored, how it is laid out, and what a stored record must satisfy.

A record is a payload of bytes with a number, a version and a size limit. Three kinds of
payload: settings (a keyed list, so that rows of PARAMS may come, go and move), layouts
(a table of fields with bounds) and opaque ones, which belong to another module.

Growth: a new version only appends. What an older record lacks is taken from the
defaults; a record of a newer version, or one that does not fit its table, is refused.
"""

import struct
from binascii import crc32

from micropython import const

from firmware.settings import PARAMS, Refused, Settings, check

SETTINGS = const(1)
CALIBRATION = const(2)
COUNTERS = const(3)
ACCESS = const(4)
LATCH = const(5)
IDENTITY = const(6)
GAUGE = const(7)

# number · name · version · payload bytes at most · flash blocks in rotation. Two blocks:
# both hold the live copy. More: written every minute, so wear is spread instead. Settings
# come last, so that a board that has them, and only such a board can be armed, has all.
RECORDS = (
    (CALIBRATION, "calibration", 1, 36, 2),
    (COUNTERS, "counters", 1, 52, 4),
    (ACCESS, "access", 1, 180, 2),
    (LATCH, "latch", 1, 20, 2),
    (IDENTITY, "identity", 1, 68, 2),
    (GAUGE, "gauge", 1, 128, 4),
    (SETTINGS, "settings", 1, 500, 2),
)

_EVER = 2**31 - 1  # more seconds, mAh or counts than a pack can see
_KEYED = "<Hi"
_KEYED_BYTES = const(6)


class Layout:
    """Fields in a fixed order: (name, struct code, low, high, default); `16s` is text."""

    def __init__(self, rows):
        self.rows = rows
        self.format = "<" + "".join([row[1] for row in rows])

    def defaults(self):
        """The values of a board that has stored nothing yet."""
        return {row[0]: row[4] for row in self.rows}

    def pack(self, values):
        """Bytes of `values` (name → integer or text); `Refused` when one is out of range."""
        for row in self.rows:
            _check_field(row, values[row[0]])
        return struct.pack(self.format, *[_stored(values[row[0]]) for row in self.rows])

    def bounded(self, values):
        """`values` (name → integer) cut to their ranges, so that packing cannot refuse."""
        return {row[0]: min(max(values[row[0]], row[2]), row[3]) for row in self.rows}

    def unpack(self, payload, is_older=False):
        """The values of `payload`, which may be shorter when it `is_older`, or `Refused`."""
        whole = self.pack(self.defaults())
        if len(payload) > len(whole) or len(payload) < len(whole) and not is_older:
            raise Refused("length", "%d bytes, not %d" % (len(payload), len(whole)))
        whole = bytes(payload) + whole[len(payload) :]
        values = {}
        for row, value in zip(self.rows, struct.unpack(self.format, whole)):
            if isinstance(value, bytes):
                value = _text(row[0], value)
            _check_field(row, value)
            values[row[0]] = value
        return values


# fmt: off
CALIBRATION_LAYOUT = Layout((
    # D18 and D19: the sum of all calibrations stays within these bounds.
    ("cell_gain_ppm", "i", -30_000, 30_000, 0),
    ("stack_gain_ppm", "i", -30_000, 30_000, 0),
    ("current_gain_ppm", "i", -100_000, 100_000, 0),
    ("current_zero_ma", "i", -2_000, 2_000, 0),
))

COUNTERS_LAYOUT = Layout((
    ("run_s", "I", 0, _EVER, 0),
    ("cycle_mah", "I", 0, _EVER, 0),
    ("cycle_count", "I", 0, _EVER, 0),
    ("charge_count", "I", 0, _EVER, 0),
    ("power_on_count", "I", 0, _EVER, 0),
    ("remain_mah", "I", 0, 20_000_000, 0),
    ("learned_mah", "I", 0, 20_000_000, 0),  # 0: nothing learned
    ("cell_max_mv", "H", 0, 8191, 0),
    ("cell_min_mv", "H", 0, 8191, 8191),
    ("current_max_ma", "i", -600_000, 600_000, 0),
    ("current_min_ma", "i", -600_000, 600_000, 0),
    ("battery_max_dc", "h", -2000, 2000, -2000),
    ("battery_min_dc", "h", -2000, 2000, 2000),
    ("mos_max_dc", "h", -2000, 2000, -2000),
    ("mos_min_dc", "h", -2000, 2000, 2000),
))

LATCH_LAYOUT = Layout((
    # D11: trips in a row; D36: bit n is rule n of `latches.LATCHED`.
    ("chg_tries", "B", 0, 255, 0),
    ("dsg_tries", "B", 0, 255, 0),
    ("scp_tries", "B", 0, 255, 0),
    ("latched", "B", 0, 15, 0),
))

IDENTITY_LAYOUT = Layout((
    ("board", "16s", 0, 16, ""),
    ("serial", "16s", 0, 16, ""),
    ("made", "8s", 0, 8, ""),  # YYMMDD
))
# fmt: on


def pack_settings(settings):
    """Bytes of a settings record: a 16-bit sum of each key, and its value."""
    return b"".join(
        [struct.pack(_KEYED, key_sum(row[0]), value) for row, value in zip(PARAMS, settings.values)]
    )


def unpack_settings(payload, facts, is_older=False):
    """Settings from bytes, validated whole against the board, or `Refused`.

    In an older record a parameter that is not there has its factory value, and one that
    this firmware no longer knows is left out; otherwise the two lists must agree.
    """
    if len(payload) % _KEYED_BYTES:
        raise Refused("length", "%d bytes are no settings" % len(payload))
    stored = {}
    for at in range(0, len(payload), _KEYED_BYTES):
        key, value = struct.unpack_from(_KEYED, payload, at)
        stored[key] = value
    values = []
    for row, factory in zip(PARAMS, Settings(None, facts).values):
        value = stored.pop(key_sum(row[0]), None)
        # Chemistry and cells were confirmed by a person: nothing may stand in for them.
        if value is None and (not is_older or row[0] in ("chemistry", "cell_count")):
            raise Refused(row[0], "is missing")
        values.append(factory if value is None else value)
    if stored and not is_older:
        raise Refused("settings", "%d unknown parameters" % len(stored))
    settings = Settings(values)
    check(settings, facts)
    return settings


def key_sum(key):
    """The 16 bits that stand for a parameter in flash, whatever its place in the table."""
    return crc32(key.encode()) & 0xFFFF


def checks(facts):
    """number → function (payload, is_older) that raises `Refused` for what is not usable."""
    return {
        SETTINGS: lambda payload, is_older: unpack_settings(payload, facts, is_older),
        CALIBRATION: CALIBRATION_LAYOUT.unpack,
        COUNTERS: COUNTERS_LAYOUT.unpack,
        ACCESS: _opaque,
        LATCH: LATCH_LAYOUT.unpack,
        IDENTITY: lambda payload, is_older: unpack_identity(payload, facts, is_older),
        GAUGE: _opaque,
    }


def unpack_identity(payload, facts, is_older=False):
    """The board's identity; one that was written for another board is refused."""
    values = IDENTITY_LAYOUT.unpack(payload, is_older)
    if values["board"] not in ("", facts.NAME):
        raise Refused("board", "written for %s, this is %s" % (values["board"], facts.NAME))
    return values


def defaults(facts):
    """number → payload of a board that has stored nothing yet; opaque ones are empty."""
    return {
        SETTINGS: pack_settings(Settings(None, facts)),
        CALIBRATION: CALIBRATION_LAYOUT.pack(CALIBRATION_LAYOUT.defaults()),
        COUNTERS: COUNTERS_LAYOUT.pack(COUNTERS_LAYOUT.defaults()),
        ACCESS: b"",
        LATCH: LATCH_LAYOUT.pack(LATCH_LAYOUT.defaults()),
        IDENTITY: IDENTITY_LAYOUT.pack(IDENTITY_LAYOUT.defaults()),
        GAUGE: b"",
    }


def _opaque(payload, is_older):
    # Another module owns the content and judges it when it takes it over.
    pass


def _check_field(row, value):
    name, _, low, high, _ = row
    measure = len(value) if isinstance(value, str) else value
    if not low <= measure <= high:
        raise Refused(name, "%r is outside %d..%d" % (value, low, high))


def _stored(value):
    return value.encode() if isinstance(value, str) else value


def _text(name, raw):
    end = len(raw)
    while end and raw[end - 1] == 0:
        end -= 1
    for byte in raw[:end]:
        if not 32 <= byte < 127:
            raise Refused(name, "is not printable ASCII")
    return raw[:end].decode()
