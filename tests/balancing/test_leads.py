"""The scheduler's measurement of the balance leads."""

from balancing.scheduler import DIRECT, OFF, PROBE, REST
from tests.balancing.rig import Rig
from tests.each import each


def test_leads_are_measured_at_every_session_and_a_bad_one_inhibits():
    rig = Rig("direct", True)
    rig.board.leads_mohm = [50, 50, 300, 50, 50]
    rig.owe()
    assert rig.step() == PROBE
    while rig.step() == PROBE:
        assert not rig.snap.wire_bad
    assert rig.snap.wire_bad == 0b00100 and rig.board.is_open()
    assert rig.step(20) == OFF
    rig.board.leads_mohm = [50] * 5
    rig.scheduler.probe()
    assert rig.step() == PROBE
    while rig.step() == PROBE:
        pass
    assert rig.step(2) == DIRECT
    rig.scheduler.ledger.forget()
    rig.step(12)
    rig.owe()
    assert rig.step() == PROBE


def test_probing_is_booked():
    rig = Rig("direct", True).owe()
    before = sum(rig.scheduler.ledger.offset_mas)
    rig.board.leads_mohm = [50] * 5
    rig.step()
    while rig.step() == PROBE:
        pass
    assert sum(rig.scheduler.ledger.offset_mas) <= before - 4 * 90


def test_on_command_leads_are_measured_with_nothing_owed():
    rig = Rig("direct", True)
    rig.board.leads_mohm = [50, 50, 300, 50, 50]
    assert rig.step(3) == REST
    assert rig.scheduler.probe()
    assert rig.step() == PROBE
    while rig.step() == PROBE:
        pass
    assert rig.snap.wire_bad == 0b00100 and rig.snap.wire_mohm[1] == 50
    assert rig.step(20) == OFF


@each((("bleed", False, 1), ("direct", False, 1), ("none", True, 1), ("direct", True, 0)))
def test_leads_that_cannot_be_measured_are_said_so(row):
    kind, senses_leads, switch = row
    rig = Rig(kind, senses_leads, balance_switch_on=switch)
    rig.snap.wire_bad = 2
    assert not rig.scheduler.probe()
    assert rig.snap.wire_bad == 2 and rig.step(3) != PROBE
