"""The import walls of the design (law 14), and what may leave a room, by reading the code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("firmware", "hal", "protection", "balancing", "ble", "boards")

HARDWARE = {"machine", "esp32"}
RADIO = {"bluetooth", "aioble"}
# What touches the world: none of it in a room that must be free of I/O.
IO = HARDWARE | RADIO | {"asyncio", "uasyncio", "os", "uos", "socket", "select", "time", "utime"}
# What MicroPython has not: none of it on a device.
HOST_ONLY = {
    "abc",
    "argparse",
    "concurrent",
    "contextlib",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "logging",
    "matplotlib",
    "multiprocessing",
    "numpy",
    "pathlib",
    "queue",
    "scipy",
    "subprocess",
    "threading",
    "types",
    "typing",
}
PURE_BLE = ("frame", "jk02", "auth", "session")
# Read by people and the type checker, or by the host, never shipped.
NOT_SHIPPED = ("hal/api.py", "hal/virtual/host.py", "firmware/labels.py")


def files(*folders):
    """Every Python file of these folders, relative to the root."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix()


def tree(name):
    return ast.parse((ROOT / name).read_text(), name)


def imported(name):
    """Full names of the modules that a file imports, wherever in the file."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "%s: relative import" % name
            yield node.module
            for alias in node.names:
                yield node.module + "." + alias.name
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__":
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield first.value


def tops(name):
    return {module.split(".")[0] for module in imported(name)}


def breaks(names, forbidden):
    """The files of `names` that import something forbidden, with what."""
    found = {name: sorted(tops(name) & forbidden) for name in names}
    return {name: what for name, what in found.items() if what}


def test_the_walls_have_something_behind_them():
    names = list(files(*PACKAGES))
    assert "protection/rule.py" in names and "firmware/app.py" in names
    assert "firmware.settings" in set(imported("hal/virtual/sim.py"))
    assert tops("hal/virtual/clock.py") >= {"asyncio", "time"}


def test_only_the_hardware_drivers_and_the_entry_points_import_the_machine():
    allowed = ("firmware/boot.py", "firmware/main.py")
    names = [
        name
        for name in files(*PACKAGES)
        if not name.startswith("hal/esp32/") and name not in allowed
    ]
    assert breaks(names, HARDWARE) == {}


def test_chip_drivers_are_given_their_bus():
    assert breaks(files("hal/chips"), HARDWARE | RADIO) == {}


def test_only_the_server_imports_the_radio():
    names = [name for name in files(*PACKAGES) if name != "ble/server.py"]
    assert breaks(names, RADIO) == {}


@pytest.mark.parametrize("room", ["protection", "balancing"])
def test_rooms_that_decide_do_no_io_and_import_no_hal(room):
    assert breaks(files(room), IO | {"hal"}) == {}


def test_the_radios_core_does_no_io_and_imports_no_hal():
    names = ["ble/%s.py" % name for name in PURE_BLE if (ROOT / "ble" / (name + ".py")).exists()]
    assert breaks(names, IO | {"hal"}) == {}


def test_drivers_hold_no_policy():
    # They may know names and units, not the rules or the settings.
    for name in files("hal/chips", "hal/esp32"):
        for module in imported(name):
            assert not module.startswith(
                ("protection.guard", "protection.arbiter", "balancing.")
            ), name
            assert not module.startswith(("firmware.app", "firmware.settings", "ble")), name


def test_boards_are_data_only():
    for name in files("boards"):
        if name.endswith("/board.py"):
            assert list(imported(name)) == [], name
            for node in tree(name).body:
                assert isinstance(node, (ast.Assign, ast.Expr)), "%s: %s" % (name, node)


def test_nothing_downstream_calls_upstream():
    # protection decides on what the estimation wrote; it never reaches into the radio or back.
    for name in files("protection", "balancing"):
        for module in imported(name):
            assert not module.startswith(("ble", "firmware.app", "firmware.tasks")), (name, module)
    for name in files("ble"):
        for module in imported(name):
            assert not module.startswith(("protection.guard", "protection.arbiter")), (name, module)
            assert not module.startswith(("hal", "balancing")), (name, module)


def test_tests_stay_out_of_the_device():
    assert breaks(files("firmware", "protection", "balancing", "ble", "boards"), {"tests"}) == {}


def test_a_device_imports_nothing_that_only_a_host_has():
    names = [name for name in files(*PACKAGES) if name not in NOT_SHIPPED]
    assert breaks(names, HOST_ONLY) == {}


# Beyond imports.


def calls(name, attribute):
    """How often a file calls something.attribute(…)."""
    return sum(
        isinstance(node, ast.Call) and getattr(node.func, "attr", "") == attribute
        for node in ast.walk(tree(name))
    )


def test_one_place_closes_a_mosfet():
    # Law 2: Gates.drive with anything but 0 is called from Bms.step alone.
    closing = []
    for name in files("firmware", "protection", "balancing", "ble", "hal"):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "drive":
                argument = node.args[0]
                if not (isinstance(argument, ast.Constant) and argument.value == 0):
                    closing.append((name, ast.unparse(node)))
    assert closing == [("firmware/app.py", "self.gates.drive(snap.gates_cmd)")]


def test_one_place_feeds_the_watchdog_and_renews_the_lease():
    for verb in ("feed", "renew"):
        places = {name: calls(name, verb) for name in files("firmware", "protection", "balancing")}
        assert {name: n for name, n in places.items() if n} == {"firmware/app.py": 1}, verb


def test_one_place_rearms_the_short_latch():
    names = [name for name in files("firmware", "protection", "balancing", "ble")]
    users = [name for name in names if "rearm" in (ROOT / name).read_text()]
    assert users == ["protection/guard.py"]


def test_no_bare_except():
    for name in files(*PACKAGES):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, "%s:%d" % (name, node.lineno)


def test_no_module_state_that_changes():
    for name in files("protection", "balancing", "firmware"):
        for node in ast.walk(tree(name)):
            assert not isinstance(node, ast.Global), "%s:%d" % (name, node.lineno)


def test_every_module_class_and_public_function_says_what_it_promises():
    for name in files("firmware", "protection", "balancing"):
        module = tree(name)
        if not module.body:
            continue
        assert ast.get_docstring(module), name
        for node in module.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name[0] != "_":
                assert ast.get_docstring(node), "%s: %s" % (name, node.name)
