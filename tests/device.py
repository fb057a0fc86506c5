"""A board on a port: its tools, called so that nothing is left half done.

Everything that can be refused is refused before the first write. From the first write on
the board has no `main.py`, so what is half copied is never run: the boards' pull-downs and
`boot.py` hold both gates off until a later `make deploy` comes to its end.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

VERSION = (1, 29)
LAST = "main.py"
_OFFSETS = {"esp32": "0x1000", "esp32c3": "0x0"}
_OURS = ("firmware/", "hal/", "protection/", "balancing/", "ble/", "boards/", "board.")
_AIOBLE = ("lib/aioble/", "aioble/")
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
# Once the firmware has run, its watchdog cannot be stopped and would cut a copy short.
_STOP = "import os\ntry:\n os.remove('/main.py')\nexcept OSError:\n pass"
_REMOVE = "import os\nfor n in %r:\n os.remove('/'+n)"
_FOLDERS = (
    "import os\nfor n in %r:\n try:os.mkdir('/'+n)\n except OSError as e:\n  if e.errno!=17:raise"
)
_BOOTED_S = "3"
_FATAL = "A fatal error occurred: "


class Trouble(Exception):
    """What stands in the way, in one line."""


def check_port(port):
    """The port exists and may be used."""
    if not Path(port).exists():
        raise Trouble("PORT: there is no %s" % port)
    if not os.access(port, os.R_OK | os.W_OK):
        raise Trouble("PORT: %s may not be read and written by this user" % port)


def run(*words):
    """A Python module as a tool; what it printed. Raises one line of why when it fails."""
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or "no reason given"
        if _FATAL in said:
            reason = " ".join(said.split(_FATAL, 1)[1].split())
        else:
            reason = said.split("\n")[-1].replace("mpremote: ", "")
        raise Trouble("%s: %s" % (words[0], reason))
    return done.stdout


def flash(port, image, digest, chip):
    """Check image and port, then erase and write."""
    if not image.is_file():
        raise Trouble("IMAGE: there is no file %s" % image)
    content = image.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != digest.lower():
        raise Trouble("SHA256: %s has %s" % (image.name, found))
    if b"MicroPython v%d.%d." % VERSION not in content:
        raise Trouble("IMAGE: %s is no MicroPython %d.%d" % (image.name, *VERSION))
    check_port(port)
    print("writing %s: about a minute" % image.name, flush=True)
    # Before it erases anything esptool refuses another chip than the one named, an image
    # for another chip, and one that does not fit; afterwards it compares what it wrote.
    where = ("--port", port, "--chip", chip)
    print(run("esptool", *where, "write-flash", "--erase-all", _OFFSETS[chip], str(image)))


def copy(port, folder, facts):
    """Copy what changed and compare every file with what the board then holds."""
    check_answer(on_board(port, "exec", _PROBE), facts.CHIP)
    wanted = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    on_board(port, "exec", _STOP, "+", "reset", "+", "sleep", _BOOTED_S)
    try:
        count = _fill(port, folder, wanted)
    except Trouble as trouble:
        raise Trouble("%s; the board is stopped, its gates are off: deploy again" % trouble)
    on_board(port, "reset")
    print("%d of %d files copied, all verified" % (count, len(wanted)))


def _fill(port, folder, wanted):
    held = hashes(on_board(port, "exec", _HASH))
    if not any(name.startswith(_AIOBLE) for names in (held, wanted) for name in names):
        on_board(port, "mip", "install", "aioble")
    # A module left over from before would be imported instead of one that moved.
    stale = [name for name in held if name.startswith(_OURS) and name not in wanted]
    if stale:
        on_board(port, "exec", _REMOVE % sorted(stale))
    changed = [n for n, digest in wanted.items() if held.get(n) != digest and n != LAST]
    parents = {str(parent) for name in changed for parent in Path(name).parents} - {"."}
    if parents:
        on_board(port, "exec", _FOLDERS % sorted(parents))
    if changed:
        words = []
        for name in changed:
            words += ["+", "fs", "cp", str(folder / name), ":/" + name]
        on_board(port, *words[1:])
    _verify(port, wanted, set(wanted) - {LAST})
    on_board(port, "fs", "cp", str(folder / LAST), ":/" + LAST)
    _verify(port, wanted, {LAST})
    return len(changed) + 1


def _verify(port, wanted, names):
    held = hashes(on_board(port, "exec", _HASH))
    for name in sorted(names):
        if held.get(name) != wanted[name]:
            raise Trouble("%s does not read back as it was written" % name)


def on_board(port, *words):
    """mpremote's commands on this port; what was printed."""
    return run("mpremote", "connect", port, *words)


def check_answer(text, chip):
    """The board runs this MicroPython on this chip."""
    text = text.strip()
    if not text.startswith("(%d, %d) " % VERSION):
        raise Trouble("MicroPython %d.%d is needed; the board says %s" % (*VERSION, text))
    if text.split()[-1].replace("-", "").lower() != chip:
        raise Trouble("a board with an %s is needed; it says %s" % (chip, text))


def hashes(text):
    """name → digest, from what the board printed."""
    pairs = [line.split() for line in text.split("\n") if line.strip()]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
