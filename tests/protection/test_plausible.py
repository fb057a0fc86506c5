"""Readings that came in time and cannot be true: range, rate, frozen; and that service resumes."""

from protection.rule import BOTH
from tests.each import each
from tests.protection.plausible_pack import Pack
from tests.rig import Rig

# Range.


def test_a_cell_at_the_converters_end_is_believed_and_beyond_it_not():
    pack = Pack()
    pack.snap.cell_max_mv = 5000
    pack.step()
    assert not pack.odd()
    pack.snap.cell_max_mv = 5001
    pack.step()
    assert pack.odd()
    pack.snap.cell_max_mv = 5000
    pack.step()
    assert not pack.odd()


@each([+1, -1])
def test_a_current_at_the_amplifiers_end_is_not_believed(row):
    pack = Pack()
    pack.step(row * 499_999)
    assert not pack.plausible.current_odd
    pack.step(row * 500_000)
    assert pack.plausible.current_odd
    pack.step(row * 499_999)
    assert not pack.plausible.current_odd


# Rate.


@each([300, -300])
def test_three_jumps_at_a_steady_current_are_a_sensor_and_two_are_not(row):
    pack = Pack()
    for _ in range(2):
        pack.jump(row)
        assert not pack.odd()
    pack.step()
    assert not pack.odd()
    pack = Pack()
    for _ in range(3):
        pack.jump(row)
        assert not pack.odd()
    pack.step()
    assert pack.odd()


@each([(3, True), (4, False)])
def test_a_third_jump_counts_soon_after_two_and_not_later(row):
    quiet, odd = row
    pack = Pack()
    pack.jump(300)
    pack.jump(300)
    for _ in range(1 + quiet):
        pack.step()
    pack.jump(300)
    pack.step()
    assert pack.odd() == odd


@each([299, -299])
def test_a_smaller_jump_is_the_packs_own(row):
    pack = Pack()
    for _ in range(100):
        pack.jump(row)
        pack.jump(-row)
        assert not pack.odd()


def test_one_glitch_now_and_then_is_never_a_fault():
    # There and back every 16 scans: a glitch, and not three jumps within a second.
    pack = Pack()
    for _ in range(100):
        pack.jump(2000)
        pack.jump(-2000)
        for _ in range(14):
            pack.step()
            assert not pack.odd()


def test_a_jump_with_the_current_is_a_load_and_not_a_fault():
    pack = Pack()
    for _ in range(50):
        pack.step(-50_000, 25_000, 25_000)
        pack.step()
        pack.step(0, 26_400, 26_400)
        pack.step()
        assert not pack.odd()


def test_a_jump_one_step_before_its_current_is_a_load_too():
    # The cells are sampled at an instant, the current is the mean of the step.
    pack = Pack()
    for _ in range(50):
        pack.step(0, 25_000, 25_000)
        pack.step(-50_000)
        pack.step()
        pack.step(-50_000, 26_400, 26_400)
        pack.step(0)
        pack.step()
        assert not pack.odd()


@each([1999, -1999])
def test_a_current_that_moves_by_less_than_two_amperes_stands(row):
    pack = Pack()
    for i in range(5):
        pack.step(row if i % 2 else 0, 26_400 + 300 * (i % 2))
    assert pack.odd()


@each([2000, -2000])
def test_a_current_that_moves_by_two_amperes_excuses_the_jump(row):
    pack = Pack()
    for i in range(40):
        pack.step(row if i % 2 else 0, 26_400 + 300 * (i % 2))
        assert not pack.odd()


def test_a_sensor_that_calms_down_is_believed_within_two_seconds():
    pack = Pack()
    for _ in range(200):
        pack.jump(1000)
        pack.jump(-1000)
    assert pack.odd()
    for _ in range(40):
        pack.step()
    assert not pack.odd()


def test_without_a_scan_the_cells_are_not_judged():
    pack = Pack()
    pack.snap.cells_age_ms = 50
    pack.snap.cell_max_mv = 8000
    for _ in range(10):
        pack.jump(1000)
    assert not pack.odd()


# Frozen.


def settle(pack):
    """The first swings of all: after them each swing has one before it to compare with."""
    for i in range(4):
        pack.swing(25_000 if i % 2 == 0 else 0, range(8))
    assert not pack.odd()


def test_a_cell_that_followed_none_of_four_swings_is_frozen():
    pack = Pack()
    settle(pack)
    for i in range(3):
        pack.swing(25_000 if i % 2 == 0 else 0, (0, 1, 2, 3, 4, 6, 7))
        assert not pack.odd()
    pack.swing(0, (0, 1, 2, 3, 4, 6, 7))
    assert pack.odd()


@each([0, 1, 2, 3])
def test_a_cell_that_followed_one_of_four_swings_by_one_count_is_not(row):
    pack = Pack()
    settle(pack)
    for i in range(4):
        moving = range(8) if i == row else (0, 1, 2, 3, 4, 6, 7)
        pack.swing(25_000 if i % 2 == 0 else 0, moving)
        assert not pack.odd()


def test_a_swing_is_twenty_amperes():
    pack = Pack()
    settle(pack)
    for i in range(100):
        pack.swing(19_999 if i % 2 == 0 else 0, ())
        assert not pack.odd()
    for i in range(4):
        pack.swing(20_000 if i % 2 == 0 else 0, ())
    assert pack.odd()


def test_taps_beyond_the_cell_count_may_stand_still():
    pack = Pack(cells=4)
    settle(pack)
    for i in range(20):
        pack.swing(25_000 if i % 2 == 0 else 0, range(4))
        assert not pack.odd()


def test_new_settings_forget_the_suspicion():
    pack = Pack()
    settle(pack)
    for i in range(4):
        pack.swing(25_000 if i % 2 == 0 else 0, ())
    assert pack.odd()
    pack.plausible.load({"cell_count": 8})
    pack.step()
    assert not pack.odd()


def test_a_cell_that_stays_frozen_is_doubted_for_as_long():
    pack = Pack()
    settle(pack)
    for i in range(4):
        pack.swing(45_000 if i % 2 == 0 else 10_000, range(1, 8))
    for i in range(10_000):
        for k in range(1, 8):
            pack.snap.cell_mv[k] = 3300 + i % 3
        pack.step()
        assert pack.odd()


def test_a_cell_that_moves_again_is_believed_though_no_current_swings():
    # The doubt opens both gates, so no swing will ever come to lift it (I23).
    pack = Pack()
    settle(pack)
    for i in range(4):
        pack.swing(45_000 if i % 2 == 0 else 10_000, range(2, 8))
    assert pack.odd()
    pack.snap.current_ma = 0
    pack.step()
    pack.snap.cell_mv[0] += 1
    pack.step()
    assert pack.odd()
    pack.snap.cell_mv[1] += 1
    pack.step()
    assert not pack.odd()


# Service resumes (I23).


def test_service_resumes_after_a_frozen_cell_was_healed():
    rig = Rig()
    rig.frozen = True
    for i in range(8):
        for k in range(1, 8):
            rig.snap.cell_mv[k] = 3300 - i
        rig.snap.current_ma = -45_000 if i % 2 == 0 else -10_000
        rig.run(1000)
    assert rig.tripped() == ["cells_odd"]
    rig.snap.current_ma = 0
    rig.run(10_000)
    assert rig.snap.allowed == 0
    rig.snap.cell_mv[0] = 3310
    rig.run(2050)
    assert rig.snap.allowed == BOTH


def test_service_resumes_after_a_pack_that_jumped_at_rest():
    rig = Rig()
    for i in range(4):
        rig.snap.pack_mv = rig.snap.stack_mv = 26_400 + (250 if i % 2 == 0 else 0)
        rig.step()
    rig.run(150)
    assert rig.tripped() == ["current_odd"]
    rig.run(12_000)
    assert rig.snap.allowed == BOTH
