"""Which files a board needs: everything that its entry points import, and nothing else."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("firmware", "hal", "protection", "balancing", "ble", "boards")
RADIO = ("ble.server", "ble.attach")


def files_of(facts, with_radio):
    """(source, target) paths for the device; `facts` is the module of the board's facts."""
    roots = ["firmware.start", _build_of(facts)]
    if with_radio:
        roots.extend(RADIO)
    found = {}
    for root in roots:
        _follow(root, found)
    pairs = [(path, path) for path in found.values()]
    # The chosen board lies at the root as `board`; what it imports stays where it is.
    chosen = _path_of(facts)
    pairs.append((chosen, "board.py"))
    others = {}
    _follow(facts, others)
    del others[facts]
    if any(not path.endswith("__init__.py") for path in others.values()):
        pairs.extend((path, path) for name, path in others.items() if name not in found)
    return set(pairs)


def imports_of(path):
    """Names of the project's modules that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names.extend("%s.%s" % (node.module, alias.name) for alias in node.names)
    return [name for name in names if name.split(".")[0] in PACKAGES]


def _build_of(facts):
    # A variant takes BUILD from the module that it imports all of.
    path = _path_of(facts)
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "BUILD":
            return node.value.value
    for name in imports_of(path):
        if _path_of(name):
            return _build_of(name)
    raise ValueError("%s names no BUILD" % facts)


def _follow(name, found):
    path = _path_of(name)
    if path is None or name in found:
        return
    # On the host the radio is a root of its own, so that a board without aioble lacks it.
    parts = name.split(".")
    for i in range(1, len(parts)):
        package = ".".join(parts[:i])
        if package not in found and _path_of(package):
            found[package] = _path_of(package)
            for needed in imports_of(found[package]):
                _follow(needed, found)
    found[name] = path
    for needed in imports_of(path):
        if needed.split(".")[0] != "ble" or parts[0] == "ble":
            _follow(needed, found)


def _path_of(name):
    base = name.replace(".", "/")
    for path in (base + ".py", base + "/__init__.py"):
        if (ROOT / path).is_file():
            return path
    return None
