"""Flashing and deploying onto a board on a port: what its tools are told, and in which order.

esptool and mpremote are stand-ins over a board that is a folder; the commands that they
accept are those of the pinned versions' own help.
"""

import hashlib
import json
from pathlib import Path

import pytest

from tests import deploy, device

FAKES = Path(__file__).parent / "fakes"
IMAGE = b"\xe9 something; MicroPython v1.29.0 on 2026-10-01 something"
MACHINES = {
    "esp32": "Generic ESP32 module with ESP32",
    "esp32c3": "ESP32C3 module with ESP32C3",
}


class Bench:
    """A board that is a folder, and the person at the keyboard."""

    def __init__(self, folder, capsys, monkeypatch):
        self.folder = folder / "board"
        self.fs = self.folder / "fs"
        self.fs.mkdir(parents=True)
        self.port = folder / "port"
        self.port.write_text("")
        self.image = folder / "image.bin"
        self.image.write_bytes(IMAGE)
        self._capsys = capsys
        self._trees = folder / "trees"
        monkeypatch.setenv("PYTHONPATH", str(FAKES))
        monkeypatch.setenv("FAKE_BOARD", str(self.folder))
        self.be("esp32")

    def be(self, chip, **more):
        """What the board is, and what is wrong with it."""
        board = {
            "chip": chip,
            "machine": MACHINES[chip],
            "platform": "esp32",
            "version": [1, 29],
            "running": (self.fs / "main.py").exists(),
        }
        board.update(more)
        (self.folder / "board.json").write_text(json.dumps(board))

    def make(self, *words):
        """Status and what was said on stderr."""
        status = deploy.main(list(words))
        return status, self._capsys.readouterr().err.strip()

    def flash(self, chip="esp32", digest=None):
        board = {"esp32": "jk8s", "esp32c3": "libresolar_bms_c1"}[chip]
        digest = digest or hashlib.sha256(self.image.read_bytes()).hexdigest()
        return self.make(
            "flash",
            "PORT=%s" % self.port,
            "IMAGE=%s" % self.image,
            "SHA256=" + digest,
            "BOARD=" + board,
        )

    def log(self):
        """The commands since the last call."""
        path = self.folder / "log.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return lines

    def held(self):
        """Every file of the board with its content."""
        files = [path for path in self.fs.rglob("*") if path.is_file()]
        return {path.relative_to(self.fs).as_posix(): path.read_bytes() for path in files}

    def flashed(self):
        path = self.folder / "image.bin"
        return path.read_bytes() if path.exists() else None


@pytest.fixture
def bench(tmp_path, capsys, monkeypatch):
    return Bench(tmp_path, capsys, monkeypatch)


# make flash


@pytest.mark.parametrize("chip, offset", (("esp32", "0x1000"), ("esp32c3", "0x0")))
def test_flashing_is_one_command_that_checks_erases_writes_and_compares(bench, chip, offset):
    bench.be(chip)
    assert bench.flash(chip) == (0, "")
    assert bench.log() == [
        "esptool --port %s --chip %s write-flash --erase-all %s %s"
        % (bench.port, chip, offset, bench.image)
    ]
    assert bench.flashed() == IMAGE


def test_a_check_sum_may_be_written_in_capitals(bench):
    assert bench.flash(digest=hashlib.sha256(IMAGE).hexdigest().upper())[0] == 0


def test_a_board_with_another_chip_keeps_its_flash(bench):
    bench.be("esp32c3")
    status, said = bench.flash("esp32")
    assert status == 2
    assert said == "esptool: This chip is esp32c3, not esp32. Wrong chip argument?"
    assert bench.flashed() is None


def test_a_port_without_a_board_is_said_in_one_line(bench):
    bench.be("esp32", silent=True)
    status, said = bench.flash()
    assert status == 2 and said.count("\n") == 0
    assert said.startswith("esptool: Failed to connect to Espressif device: No serial data")


@pytest.mark.parametrize(
    "content, part",
    (
        (b"MicroPython v1.28.0 on 2025-01-01", "is no MicroPython 1.29"),
        (b"MicroPython v1.290.0", "is no MicroPython 1.29"),
        (b"", "is no MicroPython 1.29"),
    ),
)
def test_an_image_of_something_else_reaches_no_tool(bench, content, part):
    bench.image.write_bytes(content)
    status, said = bench.flash()
    assert status == 2 and part in said
    assert bench.log() == []


def test_a_wrong_check_sum_reaches_no_tool(bench):
    status, said = bench.flash(digest="0" * 64)
    assert status == 2 and "SHA256: image.bin has" in said
    assert bench.log() == []


def test_a_port_that_is_not_there_reaches_no_tool(bench):
    bench.port.unlink()
    for words in (bench.flash(), bench.make("deploy", "PORT=%s" % bench.port)):
        assert words[0] == 2 and "PORT: there is no" in words[1]
    assert bench.log() == []


# make deploy


@pytest.fixture
def small(monkeypatch):
    """A tree of a few files instead of the firmware, so that a test takes no minute."""
    tree = {
        "boot.py": b"boot",
        "main.py": b"main",
        "board.mpy": b"board",
        "firmware/app.mpy": b"app",
        "hal/esp32/jk8s.mpy": b"jk8s",
    }

    def build(options, folder):
        for name, content in tree.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return [(name, len(content)) for name, content in tree.items()]

    monkeypatch.setattr(deploy, "build", build)
    return tree


def put(bench, *words):
    return bench.make("deploy", "PORT=%s" % bench.port, *words)


def kinds(lines):
    """The commands without their long arguments."""
    found = []
    for line in lines:
        words = line.split()
        if words[:2] == ["fs", "cp"]:
            found.append("cp " + words[-1])
        elif words[0] == "exec":
            for mark, kind in (
                ("implementation", "probe"),
                ("sha256", "hash"),
                ("mkdir", "folders"),
                ("main.py", "stop"),
                ("remove", "remove"),
            ):
                if mark in line:
                    found.append(kind)
                    break
        else:
            found.append(" ".join(words))
    return found


def test_a_new_board_gets_everything_and_main_last(bench, small):
    assert put(bench) == (0, "")
    assert kinds(bench.log()) == [
        "probe",
        "stop",
        "reset",
        "sleep 3",
        "hash",
        "mip install aioble",
        "folders",
        "cp :/board.mpy",
        "cp :/boot.py",
        "cp :/firmware/app.mpy",
        "cp :/hal/esp32/jk8s.mpy",
        "hash",
        "cp :/main.py",
        "hash",
        "reset",
    ]
    held = bench.held()
    assert held.pop("lib/aioble/__init__.mpy")
    assert held == small


def test_only_what_changed_is_copied_and_what_is_left_over_is_removed(bench, small):
    assert put(bench)[0] == 0
    bench.log()
    bench.be("esp32")
    (bench.fs / "firmware" / "old.mpy").write_bytes(b"old")
    (bench.fs / "bms").mkdir()
    (bench.fs / "bms" / "00").write_bytes(b"settings")
    small["firmware/app.mpy"] = b"app 2"
    assert put(bench) == (0, "")
    assert kinds(bench.log()) == [
        "probe",
        "stop",
        "reset",
        "sleep 3",
        "hash",
        "remove",
        "folders",
        "cp :/firmware/app.mpy",
        "hash",
        "cp :/main.py",
        "hash",
        "reset",
    ]
    held = bench.held()
    assert held.pop("bms/00") == b"settings"
    held.pop("lib/aioble/__init__.mpy")
    assert held == small


def test_an_aioble_of_ones_own_is_not_fetched(bench, small):
    small["aioble/__init__.mpy"] = b"mine"
    assert put(bench)[0] == 0
    assert "mip install aioble" not in kinds(bench.log())
    assert bench.held() == small


@pytest.mark.parametrize(
    "board, part",
    (
        ({"silent": True}, "mpremote: failed to access"),
        ({"version": [1, 28]}, "MicroPython 1.29 is needed; the board says (1, 28)"),
        ({"version": [1, 290]}, "MicroPython 1.29 is needed"),
        ({"machine": MACHINES["esp32c3"]}, "a board with an esp32 is needed"),
        ({"machine": "Generic ESP32S3 module with ESP32S3"}, "a board with an esp32 is needed"),
        ({"machine": "Raspberry Pi Pico with RP2040", "platform": "rp2"}, "an esp32 is needed"),
    ),
)
def test_a_board_that_is_not_meant_is_left_as_it_was(bench, small, board, part):
    (bench.fs / "main.py").write_bytes(b"theirs")
    bench.be("esp32", **board)
    status, said = put(bench)
    assert status == 2 and part in said and "\n" not in said
    assert bench.held() == {"main.py": b"theirs"}
    assert set(kinds(bench.log())) <= {"probe"}


@pytest.mark.parametrize("at", ("sha256", "mip", "mkdir", ":/firmware/app.mpy", ":/main.py"))
def test_a_copy_that_is_cut_short_is_never_run(bench, small, at):
    assert put(bench)[0] == 0
    for name in small:
        small[name] += b" 2"
    (bench.fs / "lib" / "aioble" / "__init__.mpy").unlink()
    (bench.fs / "hal" / "esp32" / "jk8s.mpy").unlink()
    bench.be("esp32", fails_at=at, why="device disconnected")
    status, said = put(bench)
    assert status == 2 and "\n" not in said
    assert said == (
        "mpremote: device disconnected; the board is stopped, its gates are off: deploy again"
    )
    assert "main.py" not in bench.held()
    bench.be("esp32")
    assert put(bench) == (0, "")
    held = bench.held()
    held.pop("lib/aioble/__init__.mpy")
    assert held == small


@pytest.mark.parametrize("name", ("firmware/app.mpy", "main.py"))
def test_a_file_that_reads_back_otherwise_is_named(bench, small, name):
    bench.be("esp32", flips=name)
    status, said = put(bench)
    assert status == 2
    assert said.startswith("%s does not read back as it was written; the board is stopped" % name)


def test_a_board_file_that_is_wrong_reaches_no_tool(bench, monkeypatch):
    from boards.jk8s import board as facts

    monkeypatch.setattr(facts, "PINS", dict(facts.PINS, led=25))
    status, said = put(bench)
    assert status == 2 and "led on GPIO 25 clashes with chg" in said
    assert bench.log() == []


def test_the_whole_firmware_of_the_variant_is_copied_with_its_radio(bench):
    assert put(bench, "VARIANT=b1a")[0] == 0
    held = bench.held()
    assert b"JK_B1A8S20P" in held["board.mpy"]
    assert any(b"aioble" in held[name] for name in held if not name.startswith("lib/"))


# make firmware


@pytest.fixture
def source(tmp_path, monkeypatch):
    """MicroPython's source and ESP-IDF, as far as they are looked at."""
    folder = tmp_path / "micropython"
    (folder / "ports" / "esp32").mkdir(parents=True)
    (folder / "py").mkdir()
    version = folder / "py" / "mpconfig.h"
    version.write_text("#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 29\n")
    monkeypatch.setenv("IDF_PATH", "/opt/idf")
    return folder


@pytest.mark.parametrize(
    "board, chip", (("jk8s", "ESP32_GENERIC"), ("libresolar_bms_c1", "ESP32_GENERIC_C3"))
)
def test_a_frozen_image_is_made_by_micropythons_own_build(source, monkeypatch, capsys, board, chip):
    ran = []
    monkeypatch.setattr(deploy.subprocess, "call", lambda words: ran.append(words) or 0)
    assert deploy.main(["firmware", "BOARD=" + board, "MICROPYTHON_SOURCE=%s" % source]) == 0
    port = str(source / "ports" / "esp32")
    manifest = str(deploy.ROOT / "boards" / board / "manifest.py")
    assert ran == [["make", "-C", port, "BOARD=" + chip, "FROZEN_MANIFEST=" + manifest]]
    assert "build-%s/firmware.bin" % chip in capsys.readouterr().out


def test_a_build_that_fails_is_not_said_to_have_an_image(source, monkeypatch, capsys):
    monkeypatch.setattr(deploy.subprocess, "call", lambda words: 2)
    assert deploy.main(["firmware", "MICROPYTHON_SOURCE=%s" % source]) == 2
    assert "firmware.bin" not in capsys.readouterr().out


def test_what_a_frozen_image_lacks_is_said_in_one_line(source, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(deploy.subprocess, "call", lambda words: ran.append(words))
    header = source / "py" / "mpconfig.h"
    right = header.read_text()
    for wrong in (right.replace("29", "28"), right.replace("29", "290"), ""):
        header.write_text(wrong)
        assert deploy.main(["firmware", "MICROPYTHON_SOURCE=%s" % source]) == 2
        assert "no MicroPython 1.29" in capsys.readouterr().err
    header.write_text(right)
    monkeypatch.delenv("IDF_PATH")
    assert deploy.main(["firmware", "MICROPYTHON_SOURCE=%s" % source]) == 2
    assert "ESP-IDF is missing" in capsys.readouterr().err
    assert ran == []


# The real tools know these words.


@pytest.mark.parametrize(
    "tool, command, words",
    (
        ("esptool", "write-flash", ("--erase-all",)),
        ("mpremote", "fs", ("cp",)),
        ("mpremote", "mip", ("install",)),
        ("mpremote", "exec", ("expr",)),
        ("mpremote", "sleep", ("sleep",)),
    ),
)
def test_the_pinned_tools_have_these_commands(tool, command, words):
    try:
        said = device.run(tool, command, "--help")
    except device.Trouble as trouble:
        if "No module named" in str(trouble):
            pytest.skip("%s is not installed" % tool)
        raise
    for word in words:
        assert word in said
