"""D1 and the idle mode: what the board does about whether somebody is there."""

from boards.jk8s import board as facts
from firmware.presence import Presence
from firmware.snapshot import Snapshot
from protection.table import NOT_CONFIGURED, SELF_TEST
from tests.each import each

FULL_PM_MA = facts.FULL_SCALE_MA // 1000


class Bms:
    """A snapshot, and a power supply that remembers what it was told."""

    def __init__(self, own_word=0):
        self.board = self.power = self
        self.facts = facts
        self.snap = Snapshot()
        self.snap.own_word = own_word
        self.lit = []
        self.idled = []
        self.led = self.lit.append
        self.idle = self.idled.append


def flashes(own_word, connected=False):
    """How long D1 is on each time, ms, within one round of two seconds."""
    bms = Bms(own_word)
    presence = Presence(bms)
    presence.tick(1990, connected)
    bms.lit.clear()
    for _ in range(200):
        presence.tick(10, connected)
    found = [0]
    for on in bms.lit:
        if on:
            found[-1] += 10
        elif found[-1]:
            found.append(0)
    return [ms for ms in found if ms]


@each(
    (
        (0, [500, 500]),
        (NOT_CONFIGURED, [150, 150]),
        (SELF_TEST, [150, 150, 150]),
        (SELF_TEST | NOT_CONFIGURED, [150, 150, 150]),
    )
)
def test_d1_tells_what_is_the_matter_until_somebody_is_connected(row):
    own_word, expected = row
    assert flashes(own_word) == expected
    assert flashes(own_word, True) == [2000]


def test_a_board_idles_after_a_minute_of_nothing_and_says_so_once():
    bms = Bms()
    presence = Presence(bms)
    for _ in range(2999):
        presence.tick(20, False)
    assert not presence.is_idle and bms.idled == []
    for _ in range(3000):
        presence.tick(20, False)
        assert presence.is_idle and bms.idled == [True]


# field of the snapshot, what lets the board idle, what does not
BUSY = (
    ("current_ma", FULL_PM_MA, FULL_PM_MA + 1),
    ("current_ma", -FULL_PM_MA, -FULL_PM_MA - 1),
    ("charger_present", False, True),
    ("bal_stage", 1, 2),
)


@each(BUSY)
def test_whatever_moves_ends_idling_at_once_and_keeps_the_board_awake(row):
    field, calm, busy = row
    bms = Bms()
    presence = Presence(bms)
    setattr(bms.snap, field, calm)
    presence.tick(60_000, False)
    assert presence.is_idle
    setattr(bms.snap, field, busy)
    presence.tick(20, False)
    assert not presence.is_idle and bms.idled == [True, False]
    presence.tick(3_600_000, False)
    assert not presence.is_idle
    setattr(bms.snap, field, calm)
    presence.tick(59_980, False)
    assert not presence.is_idle, "the minute begins anew"
    presence.tick(20, False)
    assert presence.is_idle


def test_a_central_ends_idling_at_once():
    bms = Bms()
    presence = Presence(bms)
    presence.tick(60_000, False)
    presence.tick(20, True)
    assert bms.idled == [True, False]
