"""The scheduler's sequences: slices, settling, and everything that must stop them within a step."""

from balancing.chemistry import LI_ION, LIFEPO4
from balancing.scheduler import DIRECT, GIVE, NO_CELL, OFF, REST, SETTLE, TAKE, Scheduler
from tests.balancing.fakes import settings
from tests.balancing.rig import STEP_MS, Rig
from tests.each import each


def test_it_rests_while_nothing_is_known():
    rig = Rig()
    assert rig.step(100) == REST and rig.board.is_open()
    assert (rig.snap.bal_state, rig.snap.bal_ma) == (0, 0)
    assert (rig.snap.bal_from, rig.snap.bal_to) == (NO_CELL, NO_CELL)


def test_a_known_debt_moves_at_once_and_is_shown():
    rig = Rig().owe()
    assert rig.step() == DIRECT
    assert rig.board.pair == (1, 3)
    snap = rig.snap
    assert (snap.bal_from, snap.bal_to, snap.bal_ma, snap.bal_state) == (1, 3, -2000, 2)


@each((("direct", 50), ("direct", 100), ("storage", 50), ("bleed", 50)))
def test_a_slice_is_at_most_half_a_second_and_duty_at_least_85_per_cent(row):
    kind, dt_ms = row
    rig, run_ms, longest, busy = Rig(kind).owe(), 0, 0, 0
    rig.board.volts_mv = 1500
    for _ in range(1000):
        rig.step(1, True, dt_ms)
        run_ms = 0 if rig.board.is_open() else run_ms + dt_ms
        busy += not rig.board.is_open()
        longest = max(longest, run_ms)
    assert 400 <= longest <= 500
    assert busy >= 800 if dt_ms == 100 else busy >= 850


def test_one_step_as_long_as_a_slice_ends_it():
    rig = Rig().owe()
    rig.step()
    rig.snap.cells_age_ms = 1
    rig.scheduler.step(1000, True)
    assert rig.snap.bal_stage == SETTLE and rig.board.is_open()
    rig.snap.cells_age_ms = 0
    rig.scheduler.step(0, True)
    assert rig.snap.bal_stage == DIRECT


def test_settling_waits_for_a_fresh_scan():
    rig = Rig().owe()
    while rig.step() != SETTLE:
        pass
    assert (rig.snap.bal_from, rig.snap.bal_to, rig.snap.bal_ma) == (1, 3, 0)
    rig.snap.cells_age_ms = 50
    rig.scheduler.step(STEP_MS, True)
    assert rig.snap.bal_stage == SETTLE and rig.board.is_open()


def test_what_flowed_is_booked_and_the_debt_ends():
    rig = Rig().owe(1, 3, 1)
    rig.step(60_000)
    ledger = rig.scheduler.ledger
    assert rig.snap.bal_stage == REST
    gap = max(ledger.offset_mas) - min(ledger.offset_mas)
    assert 19 * ledger.unit_mas <= gap <= 21 * ledger.unit_mas
    # a tenth of about 0.9 Ah is lost on the way
    assert -340_000 <= sum(ledger.offset_mas) <= -280_000


@each(((50, 7), (500, 7), (1000, 3), (3999, 1), (4000, 0), (20_000, 0)))
def test_a_pair_goes_on_for_four_seconds_of_transfer(row):
    dt_ms, stays = row
    rig = Rig().owe(1, 3, 5)
    ledger = rig.scheduler.ledger
    assert rig.step() == DIRECT
    ledger.offset_mas[0] = 2 * ledger.offset_mas[1]
    givers = []
    for _ in range(stays + 1):
        rig.snap.cells_age_ms = 1
        for _ in range(10):
            if rig.snap.bal_stage == DIRECT:
                rig.scheduler.step(dt_ms, True)
        rig.snap.cells_age_ms = 0
        rig.scheduler.step(0, True)
        givers.append(rig.board.pair[0])
    assert givers == stays * [1] + [0]


def test_a_small_difference_neither_starts_nor_restarts():
    rig = Rig()
    rig.owe()
    unit = rig.scheduler.ledger.unit_mas
    rig.scheduler.ledger.offset_mas[1], rig.scheduler.ledger.offset_mas[3] = 25 * unit, -25 * unit
    assert rig.step() == REST
    rig.scheduler.ledger.offset_mas[1] = 26 * unit
    assert rig.step() == DIRECT
    rig.scheduler.ledger.offset_mas[1] = 10 * unit
    assert rig.step(20) in (DIRECT, SETTLE)
    rig.scheduler.ledger.offset_mas[1], rig.scheduler.ledger.offset_mas[3] = 5 * unit, -14 * unit
    rig.step(12)
    assert rig.snap.bal_stage == REST


def test_a_ripe_ledger_is_followed_closer():
    rig = Rig().owe()
    ledger = rig.scheduler.ledger
    unit = ledger.unit_mas
    for ripe, start in ((0, 51), (1, 26), (2, 13)):
        ledger.ripe = ripe
        for gap, stage in ((start - 1, REST), (start, DIRECT)):
            rig.scheduler.load(rig.values)
            ledger.offset_mas[1], ledger.offset_mas[3] = (gap - 10) * unit, -10 * unit
            ledger.offset_mas[0] = ledger.offset_mas[2] = ledger.level_mas = 0
            assert rig.step() == stage
            rig.board.stop()


# doubt of 1 %: 25, 12 and 6 tenths of it and the floor start, 20, 8 and 3 tenths go on
@each(((0, 300, 220), (1, 145, 100), (2, 72, 38)))
def test_doubt_makes_it_start_later_and_stop_sooner(row):
    ripe, start, stop = row
    rig = Rig().owe()
    ledger = rig.scheduler.ledger
    unit, ledger.ripe = ledger.unit_mas, ripe
    ledger.sigma_mas[1] = 100 * unit
    for gap, stages in ((start, (REST,)), (start + 1, (DIRECT,)), (stop, (REST,))):
        ledger.offset_mas[1], ledger.offset_mas[3] = (gap - 9) * unit, -9 * unit
        ledger.level_mas = 0
        assert rig.step(1 if gap != stop else 12) in stages
    rig.scheduler.load(rig.values)
    ledger.offset_mas[1] = start * unit
    assert rig.step() == DIRECT
    ledger.offset_mas[1] = (stop - 6) * unit
    assert rig.step(12) in (DIRECT, SETTLE)


@each(((LI_ION, 57, REST), (LI_ION, 58, REST), (LI_ION, 59, DIRECT), (LIFEPO4, 58, DIRECT)))
def test_a_full_cell_without_a_knee_gives_only_if_its_side_is_known_or_much_is_owed(row):
    chemistry, gap, stage = row
    rig = Rig(chemistry=chemistry).owe()
    ledger = rig.scheduler.ledger
    unit, ledger.ripe = ledger.unit_mas, 2
    for i in range(ledger.cells):
        ledger.sigma_mas[i] = 10 * unit
    # 0.2 per mille above the level, known to 1 per mille
    ledger.offset_mas[1], ledger.offset_mas[3] = 2 * unit, (2 - gap) * unit
    ledger.level_mas = 0
    assert rig.step() == stage


def test_the_last_of_a_debt_whose_sign_is_in_doubt_is_left():
    rig = Rig().owe()
    ledger = rig.scheduler.ledger
    unit = ledger.unit_mas
    for ripe, stop in ((0, 20), (1, 20), (2, 8)):
        rig.owe()
        rig.scheduler.load(rig.values)
        ledger.ripe = ripe
        assert rig.step() == DIRECT
        for gap, stages in ((stop + 3, (DIRECT, SETTLE)), (stop, (REST,))):
            ledger.offset_mas[1], ledger.offset_mas[3] = 5 * unit, (5 - gap) * unit
            assert rig.step(12) in stages


def take_away_permission(rig):
    return False


def heat_the_mosfet(rig):
    rig.snap.mos_dc = 701
    return True


def find_a_bad_lead(rig):
    rig.snap.wire_bad = 2
    return True


def find_an_open_lead(rig):
    rig.snap.wire_open = 1
    return True


def lose_the_cells(rig):
    rig.snap.cells_age_ms = 601
    return True


def switch_off(rig):
    rig.scheduler.load(settings(balance_switch_on=0))
    return True


@each(
    [
        (kind, cause)
        for kind in ("direct", "storage", "bleed")
        for cause in (
            take_away_permission,
            heat_the_mosfet,
            find_a_bad_lead,
            find_an_open_lead,
            lose_the_cells,
            switch_off,
        )
    ]
)
def test_it_stops_within_a_step(row):
    kind, cause = row
    rig = Rig(kind).owe()
    rig.step(3)
    assert not rig.board.is_open()
    allowed = cause(rig)
    rig.scheduler.step(STEP_MS, allowed)
    assert rig.board.is_open() and rig.snap.bal_stage == OFF
    assert (rig.snap.bal_state, rig.snap.bal_ma, rig.snap.bal_from) == (0, 0, NO_CELL)


def test_a_hot_mosfet_must_cool_before_it_goes_on():
    rig = Rig().owe()
    for dc, stage in ((700, DIRECT), (701, OFF), (651, OFF), (650, DIRECT)):
        rig.snap.mos_dc = dc
        rig.snap.cells_age_ms = 0
        rig.scheduler.step(STEP_MS, True)
        assert rig.snap.bal_stage == stage
        if stage == DIRECT:
            rig.board.stop()
            rig.scheduler.stage = REST


@each((("storage", TAKE, 1500), ("storage", GIVE, 2600), ("direct", DIRECT, 0)))
def test_every_transfer_has_a_time_limit(row):
    kind, stage, volts_mv = row
    rig = Rig(kind).owe(1, 3, 50)
    rig.board.volts_mv = volts_mv
    rig.step()
    assert rig.snap.bal_stage == stage
    ms = 0
    while rig.scheduler.phase == stage:
        rig.step()
        ms += STEP_MS
        assert ms <= 140_000
    assert ms >= 115_000 and rig.board.is_open()


@each(((250, True), (150, False)))
def test_a_converter_that_does_not_deliver_is_left_alone_for_a_minute(row):
    flow_pm, works = row
    rig = Rig().owe()
    rig.board.flow_pm = flow_pm if works else 50
    rig.step(80)
    if works:
        assert not rig.scheduler.banned_ms
        return
    assert rig.board.is_open() and rig.snap.bal_stage == REST
    quiet_ms = 0
    while rig.step() == REST:
        quiet_ms += STEP_MS
    assert 55_000 <= quiet_ms <= 61_000


@each((("balance_max_ma", 700, 700), ("capacity_mah", 5000, 500), ("balance_max_ma", 9000, 2000)))
def test_the_current_keeps_to_setting_capacity_and_board(row):
    rig = Rig(**{row[0]: row[1]}).owe()
    rig.step()
    assert rig.board.ma == row[2]


def test_only_a_changed_pack_is_learned_anew():
    rig = Rig()
    ledger = rig.scheduler.ledger
    rig.scheduler.load(settings(balance_trigger_mv=20))
    assert rig.scheduler.ledger is ledger
    rig.scheduler.load(settings(capacity_mah=50_000))
    assert rig.scheduler.ledger is not ledger
    rig.scheduler.work()


def test_at_rest_a_look_every_two_seconds_is_enough_and_no_charge_is_lost():
    rig = Rig()
    rig.scheduler = Scheduler(rig.snap, rig.board)
    rig.scheduler.load(rig.values)
    rig.snap.current_ma = 1000
    rig.step(2)
    rig.owe()
    looks = 0
    while rig.step() != DIRECT:
        looks += 1
        assert looks < 41
    assert looks >= 30
    observer = rig.scheduler.observer
    assert observer.charge_mas * 1000 + observer.carry == 1000 * STEP_MS * (looks + 3)


@each(((200, DIRECT), (201, SETTLE), (-200, DIRECT), (-201, SETTLE)))
def test_a_jump_of_the_stack_ends_a_slice_at_once(row):
    rig = Rig().owe()
    rig.snap.stack_mv = 26_000
    assert rig.step() == DIRECT
    rig.snap.stack_mv += row[0]
    assert rig.step() == row[1]
    assert rig.board.is_open() == (row[1] == SETTLE)


def test_a_pair_goes_on_while_it_is_worth_it_and_allowed():
    rig = Rig().owe(1, 3, 2)
    rig.step()
    ledger = rig.scheduler.ledger
    ledger.offset_mas[0] = ledger.offset_mas[1] + 1000
    seen = []
    while len(seen) < 9:
        if rig.step() == DIRECT and rig.scheduler.slice_ms == 0:
            seen.append(rig.board.pair)
    assert seen[:6] == [(1, 3)] * 6 and (0, 3) in seen


@each(((1, 2600, (0, 3)), (3, 3600, (1, 2)), (1, 3300, (1, 3))))
def test_a_pair_that_is_not_allowed_any_more_is_left_at_once(row):
    cell, mv, pair = row
    rig = Rig().owe(1, 3, 2)
    ledger = rig.scheduler.ledger
    ledger.offset_mas[0], ledger.offset_mas[2] = 3_600_000, -3_600_000
    rig.step()
    rig.snap.cell_mv[cell] = mv
    while rig.step() != SETTLE:
        pass
    rig.step()
    assert rig.board.pair == pair


def test_what_was_under_way_when_it_had_to_stop_is_booked():
    rig = Rig().owe(1, 3, 2)
    before = rig.scheduler.ledger.offset_mas[1]
    rig.step(4)
    rig.step(1, False)
    assert rig.snap.bal_stage == OFF
    assert rig.scheduler.ledger.offset_mas[1] == before - 400
    assert rig.scheduler.ledger.offset_mas[3] == -7_200_000 + 360


class Told:
    def __init__(self):
        self.posted = []

    def post(self, code, first, second):
        self.posted.append((code, first, second))


@each((("direct", 0x0103), ("bleed", 0xFFFF)))
def test_a_session_that_ended_is_told_with_what_it_moved(row):
    kind, who = row
    told = Told()
    rig = Rig(kind, False, told).owe(1, 3, 1)
    rig.step(400)
    assert told.posted == []
    moved = rig.scheduler.session_mas
    rig.scheduler.ledger.forget()
    rig.step(12)
    assert rig.snap.bal_stage == REST and rig.scheduler.session_mas == 0
    (event,) = told.posted
    assert event[:2] == (0xA9, who) and abs(event[2] - moved // 3600) <= 1 and event[2] >= 9


def test_a_short_session_is_not_told():
    told = Told()
    rig = Rig("direct", False, told).owe()
    rig.step(20)
    rig.step(1, False)
    assert told.posted == [] and rig.scheduler.session_mas == 0
