"""Readings that came in time and cannot be true: range, rate, frozen, deaf, sum."""

from boards.jk8s import board as jk8s
from firmware.snapshot import Snapshot
from protection.plausible import Plausible
from protection.rule import BOTH
from tests.each import each
from tests.rig import Rig, calm


class Pack:
    """A snapshot whose eight cells and current are set by hand, step by step."""

    def __init__(self, cells=8):
        self.snap = calm(Snapshot())
        self.plausible = Plausible(self.snap, jk8s)
        self.plausible.load({"cell_count": cells})
        for _ in range(300):  # the first reading of all is a jump from nothing
            self.plausible.step()
        assert not self.odd()

    def odd(self):
        return self.plausible.cells_odd

    def step(self, current_ma=None, pack_mv=None, stack_mv=None):
        snap = self.snap
        if current_ma is not None:
            snap.current_ma = current_ma
            self.follow(range(8))
        if pack_mv is not None:
            snap.pack_mv = pack_mv
        if stack_mv is not None:
            snap.stack_mv = stack_mv
        self.plausible.step()

    def jump(self, mv):
        """Pack and stack jump together, once."""
        self.step(pack_mv=self.snap.pack_mv + mv, stack_mv=self.snap.stack_mv + mv)

    def swing(self, current_ma, moving):
        """The current goes there and stands; the cells in `moving` follow by 1 mV."""
        self.follow(moving)
        self.snap.current_ma = current_ma
        self.step()
        self.step()

    def follow(self, moving):
        """These cells move by one count."""
        for i in moving:
            self.snap.cell_mv[i] += 1


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


# A current that does not move while the whole pack jumps.

TEN_S = 200  # steps, after which a jump is forgotten


def jumps(pack, count, mv=200):
    """The whole pack jumps there and back, so many times in all."""
    for i in range(count):
        pack.jump(mv if i % 2 == 0 else -mv)


@each([200, -200])
def test_four_jumps_that_the_current_did_not_see_are_a_deaf_sensor_and_three_are_not(row):
    pack = Pack()
    jumps(pack, 3, row)
    pack.step()
    assert not pack.plausible.current_odd
    pack.jump(row)
    pack.step()
    assert pack.plausible.current_odd


@each([199, -199])
def test_smaller_jumps_are_none(row):
    pack = Pack()
    for _ in range(100):
        jumps(pack, 2, row)
        assert not pack.plausible.current_odd


def test_cells_or_stack_alone_say_nothing_about_the_current():
    pack = Pack()
    for i in range(100):
        pack.step(stack_mv=26_400 + (2000 if i % 2 == 0 else 0))
        assert not pack.plausible.current_odd
    for i in range(100):
        pack.step(pack_mv=26_400 + (2000 if i % 2 == 0 else 0))
        assert not pack.plausible.current_odd


def test_a_current_that_moves_by_two_amperes_hears():
    pack = Pack()
    jumps(pack, 3)
    pack.step(2000)
    pack.step()
    jumps(pack, 3)
    pack.step()
    assert not pack.plausible.current_odd
    pack.jump(200)
    pack.step()
    assert pack.plausible.current_odd
    pack.step(0)
    assert not pack.plausible.current_odd


def test_a_jump_is_forgotten_after_ten_seconds():
    # Both gates are open, so no current can move to prove the sensor alive (I23).
    pack = Pack()
    jumps(pack, 4)
    for _ in range(TEN_S - 4):
        pack.step()
        assert pack.plausible.current_odd
    pack.step()
    assert not pack.plausible.current_odd


@each([(65, True), (66, False)])
def test_four_jumps_within_ten_seconds_count_and_over_more_do_not(row):
    steps, odd = row
    pack = Pack()
    for _ in range(3):
        pack.jump(200)
        for _ in range(steps):
            pack.step()
    pack.jump(200)
    pack.step()
    assert pack.plausible.current_odd == odd


def test_a_pack_that_jumps_on_keeps_the_doubt_but_no_longer_than_it_jumps():
    pack = Pack()
    jumps(pack, 100)
    assert pack.plausible.current_odd
    for _ in range(TEN_S):
        pack.step()
    assert not pack.plausible.current_odd


# Cells against the stack.


@each([(26_400, 26_400, 0), (26_928, 26_400, 20), (26_955, 26_400, 21), (25_845, 26_400, 21)])
def test_the_sum_is_compared_in_per_mille_of_the_stack(row):
    pack_mv, stack_mv, due = row
    pack = Pack()
    pack.step(0, pack_mv, stack_mv)
    pack.step()
    assert pack.plausible.sum_off_pm == due


def test_the_sum_is_compared_at_a_steady_current_with_a_fresh_stack_only():
    pack = Pack()
    pack.step(0, 20_000, 26_400)
    assert pack.plausible.sum_off_pm > 200
    pack.step(2000)
    assert pack.plausible.sum_off_pm == 0
    pack.step()
    assert pack.plausible.sum_off_pm > 200
    pack.snap.stack_age_ms = 50
    pack.step()
    assert pack.plausible.sum_off_pm == 0
    pack.snap.stack_age_ms = 0
    pack.step(stack_mv=0)
    assert pack.plausible.sum_off_pm == 0


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
