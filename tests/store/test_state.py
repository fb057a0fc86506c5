"""State files and the journal's text, for people at a host."""

import os
from binascii import crc32

import pytest

from firmware import events as e
from firmware import records
from firmware.assembly import assemble
from firmware.settings import INDEX
from firmware.store import FLASH_BYTES
from hal.virtual import logbook, state
from hal.virtual.__main__ import run
from hal.virtual.board import VirtualBoard
from hal.virtual.flash import VirtualFlash
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation
from protection.rule import CODE
from protection.table import RULES, SINGLE


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "pack.state")


def saved(path, **changes):
    """A state file of a used pack, its facts changed; the pack and the flash in it."""
    pack = Pack(2, 4, 50.0, 0.5)
    pack.cells.soc[2] = 0.61
    pack.mos_c = 33.0
    pack.touch()
    flash = VirtualFlash()
    flash.image[77] = 5
    facts = state.describe(pack, 2)
    facts.update(changes)
    state.save(path, flash.image, facts)
    return pack, flash


def content(path):
    with open(path, "rb") as file:
        return bytearray(file.read())


def rewrite(path, rest):
    """A file whose sum and length are right whatever is in it."""
    with open(path, "wb") as file:
        file.write(b"bms-state 1 %08x %d\n" % (crc32(rest), len(rest)) + rest)


def test_a_run_goes_on_where_the_last_one_stopped(path):
    pack, flash = saved(path)
    image, facts = state.load(path, FLASH_BYTES)
    again = state.pack_of(facts)
    assert image == flash.image
    assert again.cells.soc == pack.cells.soc and again.mos_c == 33.0
    assert again.cells.capacity_ah == [50.0] * 4
    assert abs(again.pack_v() - pack.pack_v()) < 1e-3


def test_without_a_file_there_is_nothing_to_go_on_from(path):
    assert state.load(path, FLASH_BYTES) is None


def test_saving_leaves_no_second_file(path):
    saved(path)
    saved(path)
    assert os.listdir(os.path.dirname(path)) == ["pack.state"]


def spoilt(path, how):
    """Damage a good file in one way."""
    saved(path)
    good = content(path)
    body = good[good.index(b"\n") + 1 :]
    if how == "empty":
        good = b""
    elif how == "zeros":
        good = bytes(len(good))
    elif how == "ones":
        good = b"\xff" * len(good)
    elif how == "foreign":
        good = b"#!/bin/sh\necho hello\n"
    elif how == "truncated":
        good = good[:-1]
    elif how == "one bit":
        good[9000] ^= 4
    elif how == "newer":
        good = good.replace(b"bms-state 1", b"bms-state 2", 1)
    elif how == "words":
        good = good.replace(b"bms-state 1", b"bms-state x", 1)
    with open(path, "wb") as file:
        file.write(good)
    if how == "no facts":
        rewrite(path, b"\n" + body[-FLASH_BYTES:])
    elif how == "a list":
        rewrite(path, b"[]\n" + body[-FLASH_BYTES:])
    elif how == "a number":
        rewrite(path, b"5\n" + body[-FLASH_BYTES:])
    elif how == "smaller flash":
        rewrite(path, bytes(body[:-1]))


@pytest.mark.parametrize(
    "how, reason",
    [
        ("empty", "no state file"),
        ("zeros", "no state file"),
        ("ones", "no state file"),
        ("foreign", "no state file"),
        ("truncated", "bytes are there"),
        ("one bit", "check sum"),
        ("newer", "version is 2"),
        ("words", "invalid literal"),
        ("no facts", "Expecting value"),
        ("a list", "is missing"),
        ("a number", "not iterable"),
        ("smaller flash", "flash has"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason_and_kept(path, how, reason):
    for number in (1, 2):
        spoilt(path, how)
        before = content(path)
        with pytest.raises(state.Damaged, match=reason):
            state.load(path, FLASH_BYTES)
        assert not os.path.exists(path)
        assert content("%s.damaged-%d" % (path, number)) == before


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"chemistry": 9}, "chemistry"),
        ({"count": 9}, "count"),
        ({"mos_c": 400}, "mos_c"),
        ({"mos_c": float("nan")}, "mos_c"),
        ({"soc": [0.5] * 3}, "soc"),
        ({"soc": [0.5, 0.5, 0.5, 2.1]}, "soc"),
        ({"temp_c": ["warm"] * 4}, "not supported"),
    ],
)
def test_facts_that_no_pack_has_are_refused_though_the_sum_is_right(path, changes, reason):
    saved(path, **changes)
    with pytest.raises(state.Damaged, match=reason):
        state.load(path, FLASH_BYTES)


def test_make_run_keeps_its_state_and_goes_on(path, capsys):
    words = ["STATE=" + path, "SPEED=max", "SECONDS=60"]
    assert run(words + ["CELLS=4"]) == 0 and run(words) == 0
    said = capsys.readouterr().out
    assert "start number 2, woken by button" in said
    assert run(words + ["CELLS=8"]) == 2
    assert "CELLS" in capsys.readouterr().out
    assert run(words + ["CELLS=8", "FRESH=1"]) == 0
    assert "start number 1" in capsys.readouterr().out
    assert state.load(path, FLASH_BYTES)[1]["count"] == 8


def test_make_run_refuses_a_damaged_state_and_can_start_anew(path, capsys):
    words = ["STATE=" + path, "SPEED=max", "SECONDS=2"]
    spoilt(path, "one bit")
    assert run(words) == 2
    assert "check sum" in capsys.readouterr().out
    spoilt(path, "one bit")
    assert run(words + ["--fresh"]) == 0
    assert "kept as %s.damaged-2" % path in capsys.readouterr().out
    assert state.load(path, FLASH_BYTES)


def test_a_scenario_has_no_state(path, capsys):
    assert run(["STATE=" + path, "SCENARIO=cold_morning"]) == 2
    assert "STATE" in capsys.readouterr().out


@pytest.mark.parametrize("held", [None, b"", b"a state"])
def test_checking_a_path_changes_nothing(path, held):
    if held is not None:
        with open(path, "wb") as file:
            file.write(held)
    state.check(path)
    folder = os.path.dirname(path)
    assert os.listdir(folder) == ([] if held is None else ["pack.state"])
    assert held is None or content(path) == held


def test_the_decoder_reads_state_files_and_raw_images(path, capsys):
    sim = Simulation()
    sim.run(5)
    state.save(path, sim.board.flash.image, state.describe(sim.pack, 2))
    assert logbook.run([path]) == 0
    first = capsys.readouterr().out
    assert "start number 1, woken by button" in first
    with open(path + ".image", "wb") as file:
        file.write(sim.board.flash.image)
    assert logbook.run([path + ".image"]) == 0
    assert capsys.readouterr().out == first
    assert logbook.run([path, "0"]) == 0 and capsys.readouterr().out == ""


def test_the_decoder_refuses_what_it_cannot_read(path, capsys):
    for words in ([], [path]):
        assert logbook.run(words) == 2
    with open(path, "wb") as file:
        file.write(b"x")
    assert logbook.run([path]) == 2
    assert "neither" in capsys.readouterr().out


@pytest.mark.parametrize("row", RULES, ids=lambda row: row[0])
def test_every_protection_has_words_for_its_trip_and_release(row):
    code = row[CODE]
    assert row[0] in logbook.what(code, 3, 4) and "tripped at 3, limit 4" in logbook.what(
        code, 3, 4
    )
    released = code | e.RELEASE if code in SINGLE else code + 1
    assert row[0] in logbook.what(released, 3, 4) and "released" in logbook.what(released, 3, 4)


@pytest.mark.parametrize(
    "code, first, second, text",
    [
        (e.BOOT, 0, 7, "start number 7, woken by charger"),
        (e.BOOT, 9, 7, "start number 7, woken by 9"),
        (e.SHUTDOWN, 2400, 2300, "shut down, highest cell 2400 mV, lowest 2300 mV"),
        (e.CLOCK_SET, 0, 86_400, "clock set from - to 2020-01-02 00:00:00"),
        (e.COPY_REFUSED, records.ACCESS, 0, "a stored copy of access was not believed"),
        (e.RECORD_LOST, 99, 0, "stored 99 cannot be read"),
        (e.CHANGED + INDEX["capacity_mah"], 1, 2, "capacity_mah changed from 1 to 2"),
        (e.REFUSED + INDEX["capacity_mah"], 1, 2, "capacity_mah stays 1, 2 was refused"),
        (e.REFUSED + e.UNKNOWN_ROW, 0, 2, "an unknown parameter stays 0, 2 was refused"),
        (0x3F, 1, 2, "event 0x3f (1, 2)"),
    ],
)
def test_events_read_as_words(code, first, second, text):
    assert logbook.what(code, first, second).startswith(text)


@pytest.mark.parametrize(
    "date_s, text",
    [
        (1, "2020-01-01 00:00:01"),
        (59 * 86_400, "2020-02-29 00:00:00"),
        (60 * 86_400, "2020-03-01 00:00:00"),
        (366 * 86_400 - 1, "2020-12-31 23:59:59"),
        (0x3FFFFFFF, "2054-01-09 13:37:03"),
    ],
)
def test_dates_are_civil(date_s, text):
    assert logbook.date(date_s) == text


def test_lines_come_oldest_first_and_at_most_as_many_as_asked():
    flash = VirtualFlash()
    journal = logbook.journal_on(flash)
    journal.append([(90_061, 86_400, 0x11, 3651, 3600), (90_062, 0, 0x12, 3399, 3400)])
    lines = logbook.lines(journal, 10)
    assert lines[0] == (
        "     1     1 d 01:01:01  2020-01-02 00:00:00  cell_ovp tripped at 3651, limit 3600"
    )
    assert lines[1].endswith("-                    cell_ovp released at 3399, limit 3400")
    assert logbook.lines(journal, 1) == lines[1:]


def test_a_flash_operation_takes_virtual_time_and_the_firmware_sees_it():
    board = VirtualBoard(Pack())
    bms = assemble(board)
    board.clock.advance(50)
    bms.step()
    before = board.clock.now_ms
    assert board.flash.erase(31)
    assert board.clock.now_ms - before == 45
