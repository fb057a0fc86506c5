"""State: flash and pack of the virtual board in one file, so that a run can go on later.

    bms-state 1 <CRC-32 of the rest, hex> <bytes of the rest>\n
    <the pack as one line of JSON>\n
    <the image of the flash>

A file is written aside and renamed. One that cannot be believed is refused with the
reason and renamed, so that nothing overwrites it.
"""

import json
import os
from binascii import crc32

from firmware.settings import CHEMISTRIES
from hal.virtual.pack import Pack

_MAGIC = b"bms-state"
_VERSION = 1
_HEAD_BYTES_MAX = 64
_ASIDE_MAX = 1000
_CELL_LISTS = ("capacity_ah", "soc", "hysteresis", "u1", "u2", "temp_c", "leak_a", "aged")
# What a pack of cells can be in; beyond that the file is refused.
_BOUNDS = {
    "capacity_ah": (1, 100_000),
    "soc": (-1, 2),
    "hysteresis": (0, 1),
    "u1": (-5, 5),
    "u2": (-5, 5),
    "temp_c": (-60, 200),
    "leak_a": (-100, 100),
    "aged": (0.01, 100),
}


class Damaged(ValueError):
    """A state file that cannot be believed; the text says why and where it is kept."""


def load(path, image_bytes):
    """(image, pack facts) from the file, or None when there is none; raises `Damaged`."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    try:
        return parse(content, image_bytes)
    except (ValueError, TypeError) as error:
        raise Damaged("STATE: %s is refused: %s; kept as %s" % (path, error, _keep_aside(path)))


def parse(content, image_bytes):
    """(image, pack facts) from the bytes of a state file; raises ValueError."""
    end = content.find(b"\n", 0, _HEAD_BYTES_MAX)
    words = content[: max(end, 0)].split(b" ")
    if len(words) != 4 or words[0] != _MAGIC:
        raise ValueError("it is no state file")
    version, total, size = [word.decode() for word in words[1:]]
    if int(version) != _VERSION:
        raise ValueError("its version is %s, this is %d" % (version, _VERSION))
    rest = content[end + 1 :]
    if len(rest) != int(size):
        raise ValueError("%d bytes are there of %s" % (len(rest), size))
    if crc32(rest) != int(total, 16):
        raise ValueError("its check sum is wrong")
    end = rest.find(b"\n")
    image = bytearray(rest[end + 1 :])
    if len(image) != image_bytes:
        raise ValueError("its flash has %d bytes, the board's %d" % (len(image), image_bytes))
    facts = json.loads(rest[: max(end, 0)].decode())
    for name in _CELL_LISTS + ("chemistry", "count", "mos_c"):
        if name not in facts:
            raise ValueError("%s is missing" % name)
    _check(facts)
    return image, facts


def check(path):
    """Raise ValueError where no state could be saved at `path`."""
    try:
        with open(path + ".new", "wb"):
            pass
        os.remove(path + ".new")
        if _exists(path):
            with open(path, "ab"):
                pass
    except OSError as error:
        raise ValueError("STATE: %s: cannot be written (%s)" % (path, error))


def save(path, image, facts):
    """Replace the file in one step."""
    rest = json.dumps(facts).encode() + b"\n" + bytes(image)
    head = "%s %d %08x %d\n" % (_MAGIC.decode(), _VERSION, crc32(rest), len(rest))
    with open(path + ".new", "wb") as file:
        file.write(head.encode())
        file.write(rest)
    os.rename(path + ".new", path)


def describe(pack, chemistry):
    """The facts of a pack that a later run needs, as JSON can hold them."""
    pack.flush()
    facts = {"chemistry": chemistry, "count": pack.cells.count, "mos_c": pack.mos_c}
    for name in _CELL_LISTS:
        facts[name] = list(getattr(pack.cells, name))
    return facts


def pack_of(facts):
    """A pack in the state of `facts`."""
    pack = Pack(facts["chemistry"], facts["count"])
    for name in _CELL_LISTS:
        setattr(pack.cells, name, list(facts[name]))
    pack.mos_c = facts["mos_c"]
    pack.touch()
    return pack


def _check(facts):
    if facts["chemistry"] not in CHEMISTRIES:
        raise ValueError("chemistry %r is none" % (facts["chemistry"],))
    fewest, most = CHEMISTRIES[facts["chemistry"]][3:5]
    if not fewest <= facts["count"] <= most:
        raise ValueError("count %r is outside %d..%d" % (facts["count"], fewest, most))
    if not -60 <= facts["mos_c"] <= 300:
        raise ValueError("mos_c %r is outside -60..300" % (facts["mos_c"],))
    for name in _CELL_LISTS:
        low, high = _BOUNDS[name]
        if len(facts[name]) != facts["count"]:
            raise ValueError("%s does not have %d values" % (name, facts["count"]))
        for value in facts[name]:
            if not low <= value <= high:
                raise ValueError("%s %r is outside %g..%g" % (name, value, low, high))


def _keep_aside(path):
    for number in range(1, _ASIDE_MAX):
        aside = "%s.damaged-%d" % (path, number)
        if not _exists(aside):
            os.rename(path, aside)
            return aside
    return path


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True
