"""Deployment: every wrong word is one clear line and status 2, and nothing is written."""

import json
import types

import pytest

from boards.jk8s import board as jk8s
from boards.libresolar_bms_c1 import board as c1
from firmware.estimation.profiles import LFP, Profile
from tests import deploy, device
from tests.board_check import problems
from tests.cell_table import NUMBERS
from tests.closure import files_of
from tests.estimation.rig import owner_table

CURVES = deploy.ROOT / "tests" / "balancing" / "curves.json"


@pytest.mark.parametrize(
    "words, part",
    (
        ([], "say one of"),
        (["fly"], "say one of"),
        (["deploy"], "either DEST=folder or PORT=port"),
        (["deploy", "DEST=x", "PORT=y"], "either DEST=folder or PORT=port"),
        (["deploy", "DEST="], "DEST: is empty"),
        (["deploy", "FOO=1"], "no such option"),
        (["deploy", "DEST"], "no such option"),
        (["deploy", "DEST=new", "BOARD=toaster"], "BOARD: no 'toaster'"),
        (["deploy", "DEST=new", "VARIANT=b9"], "VARIANT: no 'b9'"),
        (["deploy", "DEST=new", "BOARD=devkit", "VARIANT=b2a"], "none for devkit"),
        (["deploy", "DEST=new", "AIOBLE=nowhere"], "AIOBLE: nowhere holds no aioble"),
        (["deploy", "DEST=new", "CELL=nowhere.json:a"], "CELL: profile nowhere.json"),
        (["size", "CELL=%s:none" % CURVES], "CELL: profile"),
        (["deploy", "PORT=/dev/nowhere"], "PORT: there is no /dev/nowhere"),
        (["repl"], "PORT= is missing"),
        (["repl", "PORT=/dev/nowhere"], "there is no /dev/nowhere"),
        (["flash", "PORT=/dev/null"], "IMAGE= is missing"),
        (["flash", "PORT=/dev/null", "IMAGE=none", "SHA256=00"], "there is no file none"),
        (["firmware"], "MICROPYTHON_SOURCE"),
    ),
)
def test_a_wrong_word_is_refused_in_one_line(tmp_path, monkeypatch, capsys, words, part):
    monkeypatch.chdir(tmp_path)
    assert deploy.main(words) == 2
    said = capsys.readouterr().err.strip()
    assert part in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine").write_text("mine")
    assert deploy.main(["deploy", "DEST=%s" % tmp_path]) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize(
    "answer, chip, part",
    (
        ("(1, 28) esp32 Generic ESP32 module with ESP32", "esp32", "1.29 is needed"),
        ("(1, 29) esp32 Generic ESP32C3 module with ESP32C3", "esp32", "an esp32 is needed"),
        ("(1, 29) esp32 Generic ESP32 module with ESP32", "esp32c3", "an esp32c3 is needed"),
        ("(1, 29) rp2 Raspberry Pi Pico with RP2040", "esp32", "an esp32 is needed"),
        ("", "esp32", "1.29 is needed"),
    ),
)
def test_a_board_that_is_another_is_refused(answer, chip, part):
    with pytest.raises(device.Trouble) as trouble:
        device.check_answer(answer, chip)
    assert part in str(trouble.value)


@pytest.mark.parametrize(
    "answer, chip",
    (
        ("(1, 29) esp32 Generic ESP32 module with ESP32", "esp32"),
        ("(1, 29) esp32 ESP32C3 module with ESP32C3", "esp32c3"),
    ),
)
def test_the_right_board_is_taken(answer, chip):
    device.check_answer(answer, chip)


def test_the_boards_that_ship_have_no_problem():
    assert problems(jk8s) == []
    assert problems(c1) == []


@pytest.mark.parametrize(
    "facts, changes, part",
    (
        (jk8s, {"CHIP": "avr"}, "CHIP: no 'avr'"),
        (jk8s, {"pin led": 25}, "led on GPIO 25 clashes with chg"),
        (jk8s, {"pin led": 6}, "belongs to the flash"),
        (jk8s, {"pin led": 11}, "belongs to the flash"),
        (jk8s, {"pin led": 1}, "belongs to the console"),
        (jk8s, {"pin led": 34, "pin t1": 37}, "can only read"),
        (jk8s, {"pin led": 12}, "a strapping pin"),
        (jk8s, {"pin led": 20}, "has no such pin"),
        (jk8s, {"pin led": 40}, "has no such pin"),
        (jk8s, {"pin t1": 37}, "has no such pin"),
        (jk8s, {"pin t1": 38}, "has no such pin"),
        (jk8s, {"pin led": -1}, "has no such pin"),
        (jk8s, {"INPUTS": ("nowhere",)}, "nowhere has no pin"),
        (c1, {"pin led": 12}, "belongs to the flash"),
        (c1, {"STRAPS": {}}, "a strapping pin"),
        (jk8s, {"SHUNT_UOHM": 0}, "SHUNT_UOHM: outside"),
        (jk8s, {"SHUNT_UOHM": 9}, "SHUNT_UOHM: outside"),
        (jk8s, {"SHUNT_UOHM": 401}, "more than 200 mV"),
        (jk8s, {"CELLS_MAX": 2}, "CELLS_MAX"),
        (jk8s, {"CELLS_MAX": 9}, "CELLS_MAX"),
        (jk8s, {"SUPPLY_MIN_MV": 40_000}, "SUPPLY_MIN_MV"),
        (jk8s, {"OWN_MA": 1001}, "OWN_MA"),
        (jk8s, {"OWN_MA": -1}, "OWN_MA"),
        (jk8s, {"CHARGE_MAX_MA": 200_001}, "CHARGE_MAX_MA"),
        (jk8s, {"DISCHARGE_MAX_MA": 200_001}, "DISCHARGE_MAX_MA"),
        (jk8s, {"PEAK_MA": 199_999}, "PEAK_MA: below"),
        (jk8s, {"PEAK_MA": 500_000}, "PEAK_MA: beyond"),
        (jk8s, {"SCP_THRESHOLD_MA": 350_000}, "SCP_THRESHOLD_MA"),
        (jk8s, {"LEASE_MS": 301}, "LEASE_MS"),
        (jk8s, {"LEASE_MS": 0}, "LEASE_MS"),
        (c1, {"LEASE_MS": 2001}, "LEASE_MS"),
        (jk8s, {"MOS_OTP_MAX_DC": 1101}, "MOS_OTP_MAX_DC"),
    ),
)
def test_an_impossible_board_is_named(facts, changes, part):
    bad = types.SimpleNamespace(**{k: getattr(facts, k) for k in dir(facts) if k.isupper()})
    bad.PINS = dict(bad.PINS)
    for key, value in changes.items():
        if key.startswith("pin "):
            bad.PINS[key[4:]] = value
        else:
            setattr(bad, key, value)
    assert any(part in line for line in problems(bad)), problems(bad)


@pytest.mark.parametrize("facts", ("boards.jk8s.board", "boards.libresolar_bms_c1.board"))
def test_a_real_board_carries_no_simulation(facts):
    targets = [target for _, target in files_of(facts, False)]
    assert "board.py" in targets
    assert not [name for name in targets if "virtual" in name or name == "hal/api.py"]
    assert not [name for name in targets if name.startswith(("ble", "tests"))]


def test_the_variant_has_the_smaller_balancer(tmp_path):
    assert deploy.main(["deploy", "DEST=%s" % (tmp_path / "d"), "VARIANT=b1a"]) == 0
    assert b"JK_B1A8S20P" in (tmp_path / "d" / "board.mpy").read_bytes()
    assert (tmp_path / "d" / "boards" / "jk8s" / "board.mpy").is_file()
    from boards.jk8s import b1a

    assert b1a.BALANCE_MAX_MA == 1000


def test_nothing_but_bytecode_and_the_two_entry_points(tmp_path):
    assert deploy.main(["deploy", "DEST=%s" % (tmp_path / "d")]) == 0
    names = [path for path in (tmp_path / "d").rglob("*") if path.is_file()]
    assert sorted(path.name for path in names if path.suffix == ".py") == ["boot.py", "main.py"]
    for path in names:
        if path.suffix == ".mpy":
            # Byte 2 of the header holds the architecture of native code; 0 is none.
            assert path.read_bytes()[2] >> 2 == 0, path


@pytest.mark.parametrize("facts", ("boards.jk8s.board", "boards.jk8s.b1a", "boards.devkit.board"))
def test_the_owners_cell_table_lies_in_the_facts_on_the_device(tmp_path, facts):
    path = tmp_path / "cells.json"
    path.write_text(json.dumps({"mine": owner_table(LFP) | {"chem": "LFP"}}))
    cell = deploy.cell_of({"CELL": "%s:mine" % path})
    pairs = dict((target, source) for source, target in deploy.write_linked(facts, False, tmp_path))
    assert pairs
    texts = []
    for _ in range(2):
        texts.append("".join(path.read_text() for path in tmp_path.rglob("board.py")))
        deploy.write_linked(facts, False, tmp_path, cell)
    assert "CELL = None" in texts[0] and "CELL = {" in texts[1]
    there = {}
    exec(texts[1], there)
    assert there["CELL"] == cell and cell["chemistry"] == LFP
    assert Profile(LFP, there["CELL"]).tune is Profile(LFP, owner_table(LFP)).tune
    for key in NUMBERS:
        assert abs(cell[key] - owner_table(LFP)[key]) <= 1e-4 * abs(cell[key])
