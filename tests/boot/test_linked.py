"""What is linked decides as its sources do: the recorded run leaves the same trace (I24)."""

import subprocess

import pytest

from tests import deploy
from tests.trace import trace
from tests.upy.interpreters import ROOT, micropython, micropython32

# Where the recorded run finds the linked firmware under the names of its sources.
_SHIMS = {
    "firmware/__init__.py": "",
    "firmware/assembly.py": "from bms import assemble\n",
    "firmware/settings.py": "from bms import Settings, preset\nLFP = 2\n",
    "firmware/events.py": "WAKE_BUTTON = 1\n",
}
# What drivers that are only linked, not built, need of the port.
_PORT = {
    "machine.py": "ADC = I2C = PWM = Pin = SPI = Timer = WDT = SoftI2C = None\n",
    "esp32.py": "",
}


def add(folder, files):
    """Write the stand-ins of the port and `files` (name → text) into `folder`."""
    for name, text in {**_PORT, **files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("interpreter", (micropython, micropython32))
def test_the_linked_firmware_leaves_the_same_trace(tmp_path, interpreter):
    if interpreter() is None:
        pytest.skip("no %s" % interpreter.__name__)
    deploy.image("boards.jk8s.board", False, tmp_path / "image")
    add(tmp_path / "image", _SHIMS)
    script = "import sys; sys.path[:0] = [%r, %r]; from tests.trace import trace; print(trace())"
    done = subprocess.run(
        [interpreter(), "-X", "heapsize=2m", "-c", script % (str(tmp_path / "image"), str(ROOT))],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == str(trace()), done.stderr


# What a radio that is only linked, not switched on, needs of aioble.
_AIOBLE = {
    "aioble/__init__.py": "",
    "aioble/core.py": "ble = None\ndef register_irq_handler(*handlers):\n    pass\n",
    "aioble/device.py": "class DeviceConnection:\n    pass\n",
    "bluetooth.py": "",
}


def said(*words):
    """What the hub said to a phone, as a sum."""
    done = subprocess.run(
        [micropython(), "-X", "heapsize=4m", str(ROOT / "tests/boot/talk.py"), *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"MICROPYPATH": ".frozen:" + str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(micropython() is None, reason="no 64-bit MicroPython")
def test_the_linked_radio_says_what_its_sources_say(tmp_path):
    deploy.image("boards.jk8s.board", True, tmp_path / "image")
    add(tmp_path / "image", _AIOBLE)
    assert said(str(tmp_path / "image")) == said("-")
