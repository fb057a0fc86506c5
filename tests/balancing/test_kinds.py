"""The scheduler on boards with storage and on passive ones, and the manual's rule of voltages."""

from balancing.scheduler import BLEED, DIRECT, GIVE, REST, SETTLE, TAKE
from tests.balancing.rig import Rig
from tests.each import each


def test_a_storage_board_takes_until_full_and_gives_until_empty():
    rig = Rig("storage").owe()
    stages = []
    for _ in range(600):
        stage = rig.step()
        if rig.board.cell is not None:
            rig.board.volts_mv += 20 if rig.board.way < 0 else -40
        if stage != SETTLE and (not stages or stages[-1] != stage):
            stages.append(stage)
        if stage == TAKE:
            assert (rig.snap.bal_state, rig.snap.bal_ma, rig.board.cell) == (2, -2000, 1)
        if stage == GIVE:
            assert (rig.snap.bal_state, rig.snap.bal_ma, rig.board.cell) == (1, 2000, 3)
    assert stages[:4] == [TAKE, GIVE, TAKE, GIVE]
    assert 900 <= rig.board.volts_mv <= 2700


def test_full_storage_is_given_away_first():
    rig = Rig("storage").owe()
    rig.board.volts_mv = 2600
    assert rig.step() == GIVE


def test_what_is_stored_when_the_debt_ends_still_goes_to_the_poor_cell():
    rig = Rig("storage").owe()
    rig.board.volts_mv = 1500
    rig.step(3)
    rig.scheduler.ledger.forget()
    while rig.step() != GIVE:
        assert rig.snap.bal_stage in (TAKE, SETTLE)
    assert rig.board.cell == 3
    rig.board.volts_mv = 1000
    rig.step(3)
    assert rig.snap.bal_stage == REST


def test_stored_charge_waits_where_the_receiver_is_near_ovp():
    rig = Rig("storage").owe()
    rig.board.volts_mv = 1500
    rig.step(3)
    rig.scheduler.ledger.forget()
    rig.snap.cell_mv[3] = 3590
    for _ in range(30):
        assert rig.step() != GIVE
    assert rig.snap.bal_stage == REST


def test_voltage_mode_is_the_manuals_rule_with_hysteresis():
    rig = Rig(balance_mode=1)
    mv = rig.snap.cell_mv
    mv[0] = 3310
    assert rig.step() == REST
    mv[0] = 3311
    assert rig.step() == DIRECT and rig.board.pair == (0, 1)
    mv[0] = 3306
    rig.step(12)
    assert rig.snap.bal_stage in (DIRECT, SETTLE)
    mv[0] = 3305
    rig.step(12)
    assert rig.snap.bal_stage == REST


def test_without_hysteresis_stop_equals_start():
    rig = Rig(balance_mode=1, balance_hysteresis_on=0)
    rig.snap.cell_mv[0] = 3311
    assert rig.step() == DIRECT
    rig.snap.cell_mv[0] = 3310
    rig.step(12)
    assert rig.snap.bal_stage == REST


@each(((3000, REST), (3001, DIRECT)))
def test_a_knee_lead_needs_the_start_voltage(row):
    rig = Rig()
    rig.scheduler.ledger.leader, rig.scheduler.ledger.followers = 2, 0b1011
    rig.snap.cell_mv[2] = row[0]
    assert rig.step() == row[1]


def test_a_passive_board_bleeds_the_rich():
    rig = Rig("bleed").owe()
    assert rig.step() == BLEED
    assert rig.board.mask == 0b0011  # two at most
    assert rig.snap.bal_state == 2


def test_a_passive_board_books_what_it_burns():
    rig = Rig("bleed").owe()
    before = rig.scheduler.ledger.offset_mas[1]
    while rig.step() != SETTLE:
        pass
    assert rig.scheduler.ledger.offset_mas[1] == before - 1000
    rig.scheduler.ledger.forget()
    rig.step(12)
    assert rig.snap.bal_stage == REST


def test_a_passive_board_follows_the_manual_in_voltage_mode():
    rig = Rig("bleed", balance_mode=1)
    rig.snap.cell_mv[2] = 3320
    assert rig.step() == BLEED and rig.board.mask == 0b0100
    rig.snap.cell_mv[2] = 3306
    rig.step(12)
    assert rig.board.mask in (0, 0b0100) and rig.scheduler.is_running
    rig.snap.cell_mv[2] = 3300
    rig.step(12)
    assert rig.snap.bal_stage == REST


def test_a_storage_that_is_full_gives_only_to_whom_it_may():
    rig = Rig("storage").owe()
    rig.board.volts_mv = 2600
    rig.step()
    assert rig.snap.bal_stage == GIVE
    rig.snap.cell_mv[3] = 3570
    while rig.step() == GIVE:
        pass
    rig.step()
    assert rig.snap.bal_stage == REST and rig.board.is_open()
    rig.scheduler.phase = GIVE
    rig.board.volts_mv = 1000
    rig.snap.cell_mv[3] = 3300
    rig.scheduler.ledger.forget()
    assert rig.step() == REST
