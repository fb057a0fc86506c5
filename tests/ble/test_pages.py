"""Our own service: the pages that a phone reads."""

import struct

from ble import pages
from ble.access import FACTORY_KEYS, Access
from ble.own_service import LOGIN_NEEDED
from firmware.settings import LI_ION, PARAMS
from tests.ble.bench import FakeBms, Journal, measured, request, run
from tests.ble.owner import phone
from tests.ble.phone import CONNECTION, READ
from tests.each import each


def page(one, number, start=0):
    (body,) = one.ask(struct.pack("<BBH", READ, number, start))
    assert body[0] == READ | 0x80 and body[1] == number
    assert len(body) <= 241
    return body[2:]


def test_live_shows_the_snapshot():
    bms = FakeBms()
    snap = measured(bms)
    snap.cells_age_ms = 1 << 20
    values = struct.unpack("<" + "".join([row[1] for row in pages.LIVE]), page(phone(bms), 0))
    for row, value in zip(pages.LIVE, values):
        expected = min(int(getattr(snap, row[0])), 0xFFFF if row[1] == "H" else 1 << 30)
        assert value == expected, row[0]


def test_the_readme_lists_the_live_fields_in_order():
    codes_of = {"B": "u8", "H": "u16", "h": "i16", "I": "u32", "i": "i32"}
    parts = []
    before = None
    for name, code in pages.LIVE:
        if code == before:
            parts[-1] += " " + name
        else:
            parts.append(codes_of[code] + " " + name)
        before = code
    with open("ble/README.md") as file:
        assert "; ".join(parts) in file.read()


def test_ages_and_counts_too_large_for_their_code_read_as_the_largest():
    bms = FakeBms()
    bms.snap.cells_age_ms = 0x10000
    bms.snap.stack_age_ms = 0xFFFF
    bms.snap.current_age_ms = 0xFFFE
    one = phone(bms)
    codes_of = "<" + "".join([row[1] for row in pages.LIVE])
    at = [row[0] for row in pages.LIVE].index("cells_age_ms")
    values = struct.unpack(codes_of, page(one, 0))
    assert values[at : at + 3] == (0xFFFF, 0xFFFF, 0xFFFE)
    bms.guard.retries[0].count = 256
    assert page(one, 3)[-3] == 255


def test_limits_show_what_is_set_and_what_acts():
    bms = FakeBms(LI_ION, 3)
    one = phone(bms)
    got = {}
    for start in range(0, len(PARAMS), 16):
        data = page(one, 1, start)
        for at in range(0, len(data), 9):
            row, value, acts = struct.unpack_from("<Bii", data, at)
            got[PARAMS[row][0]] = (value, acts)
    assert len(got) == len(PARAMS)
    assert got["cell_uvp_mv"] == (2900, 3434)
    assert page(one, 1, 0xFFFF) == b""


def test_cells_show_voltage_wire_verdict_and_capacity():
    bms = FakeBms()
    snap = measured(bms)
    snap.wire_bad = 1
    snap.wire_open = 1 << 7
    snap.cell_pm[3] = 985
    data = page(phone(bms), 2)
    cells = [struct.unpack_from("<HHBH", data, 7 * i) for i in range(8)]
    assert cells[0] == (3287, 51, 1, 1000)
    assert cells[7] == (3296, 50, 2, 1000)
    assert cells[3] == (3327, 50, 0, 985)


def test_counts_show_the_health_of_the_board():
    one = phone()
    for nth, retry in enumerate(one.hub.bms.guard.retries):
        retry.count = nth + 1
    one.hub.bms.late = 5
    data = page(one, 3)
    values = struct.unpack("<" + pages.COUNTS, data)
    assert values[1] == 7 and values[2] == 5
    assert values[-4:] == (1, 1, 2, 3)


def test_tasks_show_deaths_and_their_reason():
    one = phone()
    one.hub.bms.supervisor.deaths["world"] = 2
    one.hub.bms.supervisor.last_error["world"] = "OSError(12,)"
    assert page(one, 4) == b"radio 0\nworld 2 OSError(12,)"


def test_the_journal_is_downloaded_in_parts():
    journal = Journal()
    journal.entries = [(1000 - i, 0x11 + (i & 1), -i, i) for i in range(40)]
    one = phone(journal=journal)
    got = []
    while True:
        data = page(one, 5, len(got))
        if not data:
            break
        got += [struct.unpack_from("<IHii", data, at) for at in range(0, len(data), 14)]
    assert got == journal.entries
    # Anywhere, and from the beginning again.
    assert struct.unpack_from("<I", page(one, 5, 7))[0] == 993
    assert struct.unpack_from("<I", page(one, 5, 23))[0] == 977
    assert struct.unpack_from("<I", page(one, 5))[0] == 1000
    assert page(one, 5, 999) == b""


@each((0, 30, len(PARAMS) - 1))
def test_a_parameter_describes_itself(row):
    data = page(phone(), 6, row)
    writable, low, high = struct.unpack_from("<Bii", data, 0)
    assert (low, high, bool(writable)) == (PARAMS[row][1], PARAMS[row][2], PARAMS[row][8])
    assert data[9:].decode() == PARAMS[row][0]


def test_there_is_no_parameter_beyond_the_last():
    assert page(phone(), 6, len(PARAMS)) == b""


def test_read_lock_asks_for_a_login():
    access = Access()
    access.read_lock = True
    one = phone(access=access)
    (answer,) = one.ask(bytes((READ, 0)))
    assert answer[6] == LOGIN_NEEDED
    assert one.login(FACTORY_KEYS[CONNECTION], CONNECTION)
    assert page(one, 2)
    one.session.feed(0, request(0x97))
    run(one.hub, 200)
    assert len(one.link.take(0)) == 320
