"""A stand-in of mpremote: `python -m mpremote connect P COMMAND … [+ COMMAND …]`.

The board is the folder $FAKE_BOARD: `fs` is its file system, `board.json` says what it
answers and what goes wrong, `log.txt` gets a line a command. While a board runs its
main.py the watchdog resets it under every command that takes long.
"""

import json
import os
import shutil
import sys
import types

FOLDER = os.environ["FAKE_BOARD"]
FS = FOLDER + "/fs"
_SLOW = ("fs", "mip")


def fail(why):
    print("mpremote: " + why, file=sys.stderr)
    sys.exit(1)


def machine_of(board):
    """The modules that code on the board may import."""
    device_os = types.ModuleType("os")

    def ilistdir(path):
        for name in sorted(os.listdir(FS + path)):
            is_folder = os.path.isdir(FS + path + "/" + name)
            yield name, 0x4000 if is_folder else 0x8000, 0, 0

    device_os.ilistdir = ilistdir
    device_os.remove = lambda path: os.remove(FS + path)
    device_os.mkdir = lambda path: os.mkdir(FS + path)
    device_sys = types.ModuleType("sys")
    device_sys.implementation = types.SimpleNamespace(
        version=tuple(board["version"]) + (0, ""), _machine=board["machine"]
    )
    device_sys.platform = board["platform"]
    return {"os": device_os, "sys": device_sys}


def execute(board, code):
    modules = machine_of(board)

    def importer(name, *rest):
        return modules[name] if name in modules else __import__(name, *rest)

    builtins = dict(vars(__import__("builtins")))
    builtins["__import__"] = importer
    builtins["open"] = lambda path, mode="r": open(FS + "/" + path.lstrip("/"), mode)
    exec(code, {"__builtins__": builtins})


def do(board, words):
    """One command; a board that fails does so at the command that it names."""
    with open(FOLDER + "/log.txt", "a") as log:
        print(*[" ".join(word.split()) for word in words], file=log)
    if board.get("fails_at") and board["fails_at"] in " ".join(words):
        fail(board["why"])
    running = board["running"]
    if running and words[0] in _SLOW:
        fail("device disconnected")
    if words[0] == "exec":
        execute(board, words[1])
    elif words[0] == "reset":
        board["running"] = os.path.exists(FS + "/main.py")
    elif words[:2] == ["fs", "cp"]:
        assert words[3].startswith(":/"), words
        shutil.copyfile(words[2], FS + words[3][1:])
        if board.get("flips") == words[3][2:]:
            with open(FS + words[3][1:], "ab") as file:
                file.write(b"?")
    elif words[:3] == ["mip", "install", "aioble"]:
        os.makedirs(FS + "/lib/aioble", exist_ok=True)
        with open(FS + "/lib/aioble/__init__.mpy", "w") as file:
            file.write("aioble")
    else:
        assert words[0] == "sleep" and float(words[1]) < 10, words


def main(words):
    with open(FOLDER + "/board.json") as file:
        board = json.load(file)
    assert words[0] == "connect" and len(words) > 2, words
    if board.get("silent"):
        fail("failed to access %s (it may be in use by another program)" % words[1])
    words = words[2:]
    while words:
        end = words.index("+") if "+" in words else len(words)
        do(board, words[:end])
        words = words[end + 1 :]
    with open(FOLDER + "/board.json", "w") as file:
        json.dump(board, file)


main(sys.argv[1:])
