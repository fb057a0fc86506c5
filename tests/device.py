"""A board on a port: its tools, called so that nothing is left half done."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

VERSION = (1, 29)
_OFFSETS = {"esp32": "0x1000", "esp32c3": "0x0"}
_PROBE = "import sys;print(sys.implementation.version[:2],sys.platform,sys.implementation._machine)"
_HASH = (
    "import hashlib,binascii,os\n"
    "def w(d):\n"
    " for e in os.ilistdir(d or '/'):\n"
    "  p=d+'/'+e[0]\n"
    "  if e[1]==0x4000:w(p)\n"
    "  else:print(p[1:],binascii.hexlify(hashlib.sha256(open(p,'rb').read()).digest()).decode())\n"
    "w('')"
)


class Trouble(Exception):
    """What stands in the way, in one line."""


def check_port(port):
    """The port exists and may be used."""
    if not Path(port).exists():
        raise Trouble("PORT: there is no %s" % port)
    if not os.access(port, os.R_OK | os.W_OK):
        raise Trouble("PORT: %s may not be read and written by this user" % port)


def run(*words):
    """A Python module as a tool; what it printed. Raises with its last line when it fails."""
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no reason given").split("\n")
        raise Trouble("%s: %s" % (words[0], lines[-1]))
    return done.stdout


def flash(port, image, digest, chip):
    """Check image and chip, then erase and write."""
    if not image.is_file():
        raise Trouble("IMAGE: there is no file %s" % image)
    found = hashlib.sha256(image.read_bytes()).hexdigest()
    if found != digest.lower():
        raise Trouble("SHA256: %s has %s" % (image.name, found))
    check_port(port)
    # esptool refuses another chip than the one named, before anything is erased.
    run("esptool", "--port", port, "--chip", chip, "chip-id")
    run("esptool", "--port", port, "--chip", chip, "erase-flash")
    print(run("esptool", "--port", port, "--chip", chip, "write-flash", _OFFSETS[chip], str(image)))


def copy(port, folder, facts):
    """Copy what changed and compare every file with what the board then holds."""
    check_answer(run("mpremote", "connect", port, "exec", _PROBE), facts.CHIP)
    held = hashes(run("mpremote", "connect", port, "exec", _HASH))
    wanted = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    run("mpremote", "connect", port, "mip", "install", "aioble")
    changed = [name for name, digest in wanted.items() if held.get(name) != digest]
    # The entry points go last: a copy that is cut short leaves the old ones in place.
    changed.sort(key=lambda name: name in ("boot.py", "main.py"))
    for folder_name in sorted({str(Path(name).parent) for name in changed} - {"."}):
        _mkdirs(port, folder_name)
    for name in changed:
        run("mpremote", "connect", port, "fs", "cp", str(folder / name), ":" + name)
    held = hashes(run("mpremote", "connect", port, "exec", _HASH))
    for name, digest in wanted.items():
        if held.get(name) != digest:
            raise Trouble("%s does not read back as it was written" % name)
    print("%d of %d files copied, all verified" % (len(changed), len(wanted)))


def check_answer(text, chip):
    """The board runs this MicroPython on this chip."""
    text = text.strip()
    if not text.startswith("(%d, %d)" % VERSION):
        raise Trouble("MicroPython %d.%d is needed; the board says %s" % (*VERSION, text))
    if chip.upper() not in text.upper().replace("-", "").split() and " esp32" not in text:
        raise Trouble("a board with an %s is needed; it says %s" % (chip, text))
    is_c3 = "C3" in text.upper()
    if is_c3 != (chip == "esp32c3"):
        raise Trouble("a board with an %s is needed; it says %s" % (chip, text))


def hashes(text):
    """name → digest, from what the board printed."""
    pairs = [line.split() for line in text.split("\n") if line.strip()]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _mkdirs(port, name):
    made = ""
    for part in name.split("/"):
        made = made + "/" + part if made else part
        try:
            run("mpremote", "connect", port, "fs", "mkdir", ":" + made)
        except Trouble as trouble:
            if "EEXIST" not in str(trouble) and "exists" not in str(trouble):
                raise
