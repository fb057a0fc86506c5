"""Layer 3: an unmodified client of BlueZ against the radio of `hal.virtual`.

    PYTHON312=python python -m tests.radio.layer3

PYTHON312 is a Python of at least 3.12 with aiobmsble; dbus-daemon must be there. What is
missing is named, and the layer skipped.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hal.virtual  # noqa: F401
from tests.radio.layer2 import Rig

_CLIENT = Path(__file__).with_name("home_assistant.py")
_SAMPLES = 5


def missing():
    """Why the layer cannot run, or None."""
    if not shutil.which("dbus-daemon"):
        return "no dbus-daemon"
    try:
        import dbus_fast  # noqa: F401
    except ImportError:
        return "no dbus-fast"
    python = os.environ.get("PYTHON312", "python3.12")
    if not shutil.which(python):
        return "no Python 3.12 (PYTHON312)"
    probe = subprocess.run([python, "-c", "import aiobmsble"], capture_output=True)
    return "no aiobmsble for %s" % python if probe.returncode else None


async def read_by_home_assistant(mtu):
    """What the library read at this MTU."""
    from tests.radio.bluez import Phone

    async with Rig() as rig, Phone(rig.air, mtu) as phone:
        client = await asyncio.create_subprocess_exec(
            os.environ.get("PYTHON312", "python3.12"),
            str(_CLIENT),
            str(_SAMPLES),
            env=phone.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(client.communicate(), 60)
        assert client.returncode == 0, said
        return json.loads(said), rig.bms.snap


def judge(read, snap):
    """The library shows what the board knows."""
    info = read["info"]
    assert info["model"] == "JK_B2A8S20P", info
    assert info["sw_version"] == "11.48" and info["hw_version"] == "11.XW", info
    sample = read["sample"]
    assert sample["cell_voltages"] == [mv / 1000 for mv in snap.cell_mv], sample
    assert sample["voltage"] == snap.pack_mv / 1000
    assert sample["current"] == snap.current_ma / 1000
    assert sample["battery_level"] == snap.soc_pm // 10
    assert sample["cycle_charge"] == snap.remain_mah / 1000
    assert sample["cycles"] == snap.cycle_count
    assert sample["delta_voltage"] == snap.cell_delta_mv / 1000
    # Newer releases wrap a temperature with its place: "TempSensor(36.1, …)".
    read_c = [float(str(value).split("(")[-1].split(",")[0]) for value in sample["temp_values"]]
    assert sorted(read_c) == sorted([snap.mos_dc / 10, snap.t1_dc / 10, snap.t2_dc / 10])
    assert sample["problem"] is False and sample["problem_code"] == 0


async def main():
    for mtu in (23, 131, 247):
        read, snap = await read_by_home_assistant(mtu)
        judge(read, snap)
        print("aiobmsble at MTU %d … ok: %d samples" % (mtu, _SAMPLES))


if __name__ == "__main__":
    reason = missing()
    if reason:
        print("layer 3: skipped, %s" % reason)
        sys.exit(0)
    asyncio.run(main())
    print("layer 3: passed")
