"""The journal as text: `python -m hal.virtual.logbook FILE [MOST]`.

FILE is a state file of `make run STATE=…`, or the raw image of a board's partition.
"""

import sys

from firmware import events as e
from firmware.journal import Journal
from firmware.records import RECORDS
from firmware.settings import PARAMS
from firmware.store import FLASH_BYTES, RECORD_BLOCKS
from hal.virtual import state
from hal.virtual.flash import VirtualFlash
from protection.rule import CODE
from protection.table import POWER_RULES, RULES, SINGLE

_RECORD_NAMES = {row[0]: row[1] for row in RECORDS}
_WAKE = ("charger", "button", "reset", "watchdog")
_DAYS_TO_2020 = 18_262  # from 1970-01-01

# code: text with its two values
_TEXTS = {
    e.SHUTDOWN: "shut down, highest cell %d mV, lowest %d mV",
    e.APP_CHARGE_OFF: "charge switched off over the air (%d, %d)",
    e.APP_CHARGE_OFF + 1: "charge switched on over the air (%d, %d)",
    e.APP_DISCHARGE_OFF: "discharge switched off over the air (%d, %d)",
    e.APP_DISCHARGE_OFF + 1: "discharge switched on over the air (%d, %d)",
    e.WATCHDOG_RESET: "the watchdog had reset the processor (%d, %d)",
    e.WRITE_FAILED: "the flash refused writes: %d since start (%d)",
    e.EVENTS_LOST: "events lost because the queue was full: %d since start (%d)",
    e.FACTORY_RESET: "factory reset (%d, %d)",
    e.BALANCED: "balanced, cells 0x%04x (giver, taker), %d mAh",
}


def what(code, first, second):
    """One event in words."""
    if code == e.BOOT:
        woken = _WAKE[first] if 0 <= first < len(_WAKE) else str(first)
        return "start number %d, woken by %s" % (second, woken)
    if code == e.CLOCK_SET:
        return "clock set from %s to %s" % (date(first), date(second))
    if code in (e.COPY_REFUSED, e.RECORD_LOST):
        name = _RECORD_NAMES.get(first, str(first))
        if code == e.COPY_REFUSED:
            return "a stored copy of %s was not believed, another was used" % name
        return "stored %s cannot be read: commission the board again" % name
    if code >= e.CHANGED:
        at = code & 0xFF
        name = PARAMS[at][0] if at < len(PARAMS) else "an unknown parameter"
        if code < e.REFUSED:
            return "%s changed from %d to %d" % (name, first, second)
        return "%s stays %d, %d was refused" % (name, first, second)
    if code in _TEXTS:
        return _TEXTS[code] % (first, second)
    return _rule(code, first, second)


def _rule(code, first, second):
    names = []
    verb = ""
    for row in RULES + POWER_RULES:
        if code == row[CODE]:
            verb = "tripped"
        elif code == (row[CODE] | e.RELEASE if row[CODE] in SINGLE else row[CODE] + 1):
            verb = "released"
        else:
            continue
        names.append(row[0])
    if names:
        return "%s %s at %d, limit %d" % (" or ".join(names), verb, first, second)
    return "event 0x%02x (%d, %d)" % (code, first, second)


def date(date_s):
    """Seconds since 2020-01-01 as a date; `-` when none is known."""
    if not date_s:
        return "-"
    days, rest = divmod(date_s, 86_400)
    # Civil from days, with years that begin in March (Howard Hinnant, public domain).
    days += _DAYS_TO_2020 + 719_468
    era, day = divmod(days, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month <= 2)
    return "%04d-%02d-%02d %02d:%02d:%02d" % (
        year,
        month,
        day,
        rest // 3600,
        rest // 60 % 60,
        rest % 60,
    )


def line(entry):
    """One entry of `Journal.entries` as a line."""
    sequence, run_s, date_s, code, first, second = entry
    return "%6d  %4d d %02d:%02d:%02d  %-19s  %s" % (
        sequence,
        run_s // 86_400,
        run_s // 3600 % 24,
        run_s // 60 % 60,
        run_s % 60,
        date(date_s),
        what(code, first, second),
    )


def lines(journal, most):
    """The newest `most` entries of a journal as lines, oldest first."""
    found = [line(entry) for entry in journal.entries(most)]
    found.reverse()
    return found


def journal_of(path):
    """The journal in a state file or in a raw image; raises ValueError."""
    with open(path, "rb") as file:
        image = file.read()
    if len(image) > FLASH_BYTES:
        image = state.parse(image, FLASH_BYTES)[0]
    elif len(image) != FLASH_BYTES:
        raise ValueError("%s: %d bytes are neither a state file nor an image" % (path, len(image)))
    return journal_on(VirtualFlash(image=bytearray(image)))


def journal_on(flash):
    """The journal that a flash holds."""
    journal = Journal(flash, RECORD_BLOCKS, flash.blocks - RECORD_BLOCKS)
    journal.open()
    return journal


def run(words):
    """The command line; the exit status."""
    try:
        journal = journal_of(words[0])
        most = int(words[1]) if len(words) > 1 else journal.sequence
    except (OSError, ValueError, IndexError) as error:
        print("usage: python -m hal.virtual.logbook FILE [MOST]: %s" % error)
        return 2
    for text in lines(journal, most):
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
