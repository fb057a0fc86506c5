"""A current that does not move while the pack jumps, and cells against the stack."""

from tests.each import each
from tests.protection.plausible_pack import Pack

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
