"""`make bench`: the figures, measured; a table on the terminal and build/bench.json.

Speed is counted in instructions (callgrind) or as a ratio of simulated to processor time.
With --write the table goes into tests/README.md as well.
"""

import datetime
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tests  # noqa: F401
from tests import deploy, reaction
from tests.compile_all import compile_file, device_files
from tests.rom import image_of
from tests.upy.interpreters import ROOT, micropython, micropython32

PHASES = 100


def main():
    figures = {}
    instructions(figures)
    allocations(figures)
    bytecode(figures)
    linked(figures)
    heap_peak(figures)
    simulation_speed(figures)
    reactions(figures)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench.json").write_text(json.dumps(figures, indent=1) + "\n")
    lines = table(figures)
    print("\n".join(lines))
    if "--write" in sys.argv:
        keep(lines)


def put(figures, name, value, unit, reason=None):
    """One figure; None with the reason where it was not measured."""
    figures[name] = {"value": value, "unit": unit}
    if value is None:
        figures[name]["reason"] = reason


def count_instructions(script, *words, options=()):
    """Instructions per pass: the difference of 110 and 10 passes, by callgrind."""
    totals = []
    for passes in ("10", "110"):
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", micropython()]
            + [*options, script, passes, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        totals.append(int(re.search(r"Collected : (\d+)", done.stderr).group(1)))
    return (totals[1] - totals[0]) // 100


def instructions(figures):
    if not shutil.which("valgrind") or not micropython():
        put(figures, "step_instructions", None, "instructions", "needs valgrind and MicroPython")
        return
    drivers = count_instructions("tests/upy/drivers.py")
    whole = count_instructions("tests/upy/steps.py")
    put(figures, "step_instructions", whole - drivers, "instructions")
    put(figures, "step_instructions_with_recorded_drivers", whole, "instructions")
    for what in ("look", "table", "filter", "join"):
        # A heap so large that nothing is collected: on the board that has its own moment.
        found = count_instructions("tests/upy/looks.py", what, options=("-X", "heapsize=64M"))
        put(figures, "gauge_%s_instructions" % what, found, "instructions")


def allocations(figures):
    for bits, interpreter in (("64", micropython()), ("32", micropython32())):
        name = "step_alloc_bytes_" + bits
        if not interpreter:
            put(figures, name, None, "bytes", "no %s-bit MicroPython here" % bits)
            continue
        done = subprocess.run(
            [interpreter, "tests/upy/steps.py", "1000"], cwd=ROOT, capture_output=True, text=True
        )
        put(figures, name, int(done.stdout.split()[-1]) // 1000, "bytes")


def bytecode(figures):
    out = ROOT / "build" / "mpy"
    shutil.rmtree(out, ignore_errors=True)
    sizes = {}
    for relative in list(device_files()) + [
        "tests/__init__.py",
        "tests/recorded.py",
        "tests/plain.py",
    ]:
        target = out / Path(relative).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        said = compile_file(relative, target)
        assert not said, said
        package = relative.split("/")[0]
        if package == "hal" and "virtual" in relative:
            package = "hal_virtual"
        if package != "tests":
            sizes[package] = sizes.get(package, 0) + target.stat().st_size
    for package, size in sorted(sizes.items()):
        put(figures, "mpy_bytes_" + package, size, "bytes")
    total = sum(size for package, size in sizes.items() if package != "hal_virtual")
    put(figures, "mpy_bytes_total", total, "bytes")


def linked(figures):
    """What `make deploy` brings onto each board, radio included; aioble comes on top."""
    for board in deploy.BOARDS:
        with tempfile.TemporaryDirectory() as folder:
            written = deploy.build({"BOARD": board, "PORT": "-"}, Path(folder))
        sizes = [size for name, size in written if name.endswith(".mpy") and name != "virtual.mpy"]
        put(figures, "mpy_bytes_linked_" + board, sum(sizes), "bytes")


def heap_peak(figures):
    """The smallest heap that is enough, to one kilobyte, on 32 bits.

    For the protected pack alone and for the whole firmware (no radio, no drivers), with
    the bytecode in flash and with the bytecode in the heap.
    """
    interpreter = micropython32()
    folder = ROOT / "build" / "mpy"
    rom = ROOT / "build" / "mpy.rom"
    rom.write_bytes(image_of(folder))
    in_rom = ["tests/upy/in_rom.py", str(rom), "tests/upy/heap.py", "/rom"]
    in_ram = ["tests/upy/heap.py", str(folder)]
    for name, script, is_whole in (
        ("heap_peak_bytes_32", in_rom, False),
        ("heap_peak_bytes_32_code_in_ram", in_ram, False),
        ("heap_peak_bytes_32_whole", in_rom, True),
        ("heap_peak_bytes_32_whole_code_in_ram", in_ram, True),
    ):
        if interpreter:
            put(figures, name, smallest_heap(interpreter, script, is_whole), "bytes")
        else:
            put(figures, name, None, "bytes", "no 32-bit MicroPython here")


def smallest_heap(interpreter, script, is_whole):
    """Bytes, by bisection."""

    def enough(kilobytes):
        with tempfile.TemporaryDirectory() as state:
            done = subprocess.run(
                [interpreter, "-X", "heapsize=%dk" % kilobytes, *script]
                + ([state] if is_whole else []),
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
        return done.stdout.strip() == "done"

    low, high = 8, 512
    assert enough(high), "the device part does not run in 512 KB"
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high * 1024


def simulation_speed(figures):
    from hal.virtual.sim import Simulation

    sim = Simulation()
    sim.pack.charger.attach(29.2, 20.0)
    sim.run(60)
    began = time.process_time()
    sim.run(1800)
    spent_s = time.process_time() - began
    put(figures, "sim_hours_per_core_s", round(0.5 / spent_s, 3), "h/s")


def reactions(figures):
    for name in reaction.CASES:
        times = sorted(reaction.measure(name, PHASES))
        put(figures, "reaction_%s_ms_median" % name, times[len(times) // 2], "ms")
        put(figures, "reaction_%s_ms_worst" % name, times[-1], "ms")


def table(figures):
    """The figures as a Markdown table."""
    lines = ["| figure | value | unit |", "|---|---:|---|"]
    for name, figure in figures.items():
        value = figure["value"]
        shown = "not measured: " + figure["reason"] if value is None else value
        lines.append("| %s | %s | %s |" % (name, shown, figure["unit"]))
    return lines


def keep(lines):
    """Put the table between the marks of tests/README.md, with date and commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    path = ROOT / "tests" / "README.md"
    head, _, rest = path.read_text().partition("<!-- bench -->")
    _, _, tail = rest.partition("<!-- /bench -->")
    stamp = "Measured on %s at %s with `make bench`.\n\n" % (datetime.date.today(), commit)
    body = "<!-- bench -->\n" + stamp + "\n".join(lines) + "\n<!-- /bench -->"
    path.write_text(head + body + tail)


if __name__ == "__main__":
    main()
