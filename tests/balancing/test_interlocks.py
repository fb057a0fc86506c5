"""Random hours of faults, switches and voltages: no interlock is ever broken (I13, I14, I15)."""

from balancing.scheduler import DIRECT, GIVE, PROBE, TAKE
from tests.balancing.fakes import Chance, Converter, settings
from tests.balancing.rig import STEP_MS, Rig
from tests.each import each

OVP_MV, UVP_MV = 3600, 2600


def check(rig, was_allowed, open_before, ran_ms):
    """Everything that must hold after a step, from the converter's side."""
    snap, board = rig.snap, rig.board
    if not board.is_open():
        assert was_allowed and rig.values["balance_switch_on"]
        assert not (snap.wire_bad or snap.wire_open) and snap.mos_dc <= 700
        assert snap.cells_age_ms <= 600
        assert board.ma <= 2000
        if board.pair:
            assert board.pair[0] != board.pair[1]
        if open_before and snap.bal_stage in (TAKE, GIVE, DIRECT):
            # it was chosen on this very scan, with every tap open
            assert snap.cells_age_ms == 0
            if snap.bal_stage != GIVE:
                assert snap.cell_mv[board.cell] > UVP_MV
            if snap.bal_stage != TAKE:
                sink = board.pair[1] if board.pair else board.cell
                assert snap.cell_mv[sink] < OVP_MV
        assert ran_ms <= 500


@each([(kind, seed) for kind in ("direct", "storage", "bleed") for seed in range(6)])
def test_no_sequence_breaks_an_interlock(row):
    kind, seed = row
    chance = Chance(seed * 3 + len(kind))
    rig = Rig(kind, bool(seed % 2), balance_mode=seed % 3 == 2)
    rig.board.leads_mohm = [50] * 5
    ran_ms, allowed = 0, True
    for _ in range(3000):
        roll = chance.below(200)
        if roll == 0:
            allowed = not allowed
        elif roll == 1:
            rig.snap.mos_dc = chance.between(600, 750)
        elif roll == 2:
            rig.snap.wire_bad = chance.below(3) == 0
        elif roll == 3:
            rig.snap.wire_open = chance.below(3) == 0
        elif roll == 4:
            rig.values = settings(
                balance_switch_on=chance.below(4) > 0, balance_mode=chance.below(2)
            )
            rig.scheduler.load(rig.values)
        elif roll == 5:
            rig.owe(chance.below(2), 2 + chance.below(2), chance.between(1, 3))
        elif roll == 6:
            rig.board.flow_pm = chance.between(0, 1000)
        elif roll == 7:
            rig.scheduler.probe()
        elif roll < 20:
            rig.snap.cell_mv[chance.below(4)] = chance.between(UVP_MV - 20, OVP_MV + 20)
        if rig.board.cell is not None and kind == "storage":
            rig.board.volts_mv += 15 if rig.board.way < 0 else -25
        open_before = rig.board.is_open()
        lost = chance.below(300) == 0
        rig.snap.cells_age_ms = 0 if open_before and not lost else rig.snap.cells_age_ms + STEP_MS
        if lost:
            rig.snap.cells_age_ms += 5000
        rig.scheduler.step(STEP_MS, allowed)
        ran_ms = 0 if rig.board.is_open() else ran_ms + STEP_MS
        if open_before and not rig.board.is_open():
            ran_ms = 0
        check(rig, allowed, open_before, ran_ms)
        assert (rig.snap.bal_stage in (TAKE, GIVE, DIRECT, PROBE)) or rig.board.cell is None


def test_the_fake_converter_refuses_a_second_tap():
    board = Converter()
    board.take(0, 100)
    try:
        board.give(1, 100)
    except AssertionError:
        return
    raise RuntimeError("two taps closed")
