"""A stand-in of esptool: `python -m esptool --port P --chip C write-flash --erase-all A FILE`.

The board is the folder $FAKE_BOARD: `board.json` says what chip it has and what goes
wrong, `log.txt` gets a line a command, `image.bin` is what its flash holds.
"""

import json
import os
import sys

FOLDER = os.environ["FAKE_BOARD"]


def fail(why):
    print("\nA fatal error occurred: %s" % why, file=sys.stderr)
    sys.exit(2)


def main(words):
    with open(FOLDER + "/log.txt", "a") as log:
        print("esptool", *words, file=log)
    with open(FOLDER + "/board.json") as file:
        board = json.load(file)
    assert words[0] == "--port" and words[2] == "--chip", words
    assert words[4:6] == ["write-flash", "--erase-all"] and len(words) == 8, words
    if board.get("silent"):
        fail("Failed to connect to Espressif device: No serial data received.\nFor help see …")
    if words[3] != board["chip"]:
        fail("This chip is %s, not %s. Wrong chip argument?" % (board["chip"], words[3]))
    with open(words[7], "rb") as image:
        content = image.read()
    with open(FOLDER + "/image.bin", "wb") as flash:
        flash.write(content)
    print("wrote %d bytes at %s, hash of data verified" % (len(content), words[6]))


main(sys.argv[1:])
