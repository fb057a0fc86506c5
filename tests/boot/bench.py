"""What lies beside a deployed tree while it is tested, and on no device."""

import shutil

from tests.upy.interpreters import ROOT

_FOLDERS = ("tests", "tests/hal", "tests/boot")
# The pins that stand still, and what the stand-ins use of the firmware: the device's own is
# linked.
_FILES = (
    "tests/boot/still.py",
    "protection/__init__.py",
    "protection/rule.py",
    "firmware/__init__.py",
    "firmware/snapshot.py",
)


def add_bench(tree, board, with_radio=False):
    """Put the stand-ins into a hidden folder of `tree`, and the facts that only they ask for."""
    bench = tree / ".bench"
    for folder in _FOLDERS:
        (bench / folder).mkdir(parents=True)
        (bench / folder / "__init__.py").write_text("")
    shutil.copytree(
        ROOT / "tests/hal/standins",
        bench / "tests/hal/standins",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "boards" / board / "board.py", bench / "facts.py")
    if with_radio:
        shutil.copy(ROOT / "tests/radio/device/bluetooth.py", bench / "bluetooth.py")
    for name in _FILES:
        (bench / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, bench / name)
