"""Offset and part of the drop are learned as a Kalman filter would."""

from math import log

from firmware.estimation.profiles import LI_ION, Profile
from firmware.estimation.sight import Sight

TUNE = Profile(LI_ION).tune


def looked(sight, pol_v, times, square=1e-4, weight=0.5):
    for _ in range(times):
        sight.weight = weight
        sight.aim(pol_v)
        sight.node(50, 3.6, square)
        sight.learned(50)


def test_without_a_drop_only_the_offset_is_learned():
    sight = Sight(TUNE)
    before_v, before_r = sight.vv, sight.rr
    looked(sight, 0.0, 1)
    assert abs(sight.vv - 1.0 / (1.0 / before_v + 0.5 / 1e-4)) < 1e-12
    assert sight.rr == before_r and sight.vr == 0.0


def test_a_drop_confuses_the_two_until_it_changes_sign():
    one_way = Sight(TUNE)
    looked(one_way, 0.1, 200)
    assert one_way.vr < 0.0
    both = Sight(TUNE)
    looked(both, 0.1, 100)
    looked(both, -0.1, 100)
    assert both.vv < 0.5 * one_way.vv
    assert both.rr < 0.5 * one_way.rr
    assert both.vv * both.rr > both.vr * both.vr


def test_what_was_learned_fades_with_the_charge_that_moves():
    sight = Sight(TUNE)
    looked(sight, 0.1, 200)
    known = sight.vv
    sight.wander(0.0)
    assert sight.vv == known
    for _ in range(2000):
        sight.wander(0.02)
    assert abs(sight.vv - TUNE.volt * TUNE.volt) < 1e-7
    assert abs(sight.rr - TUNE.ohm * TUNE.ohm) < 1e-4


def test_to_forget_is_to_know_as_little_as_at_first():
    sight = Sight(TUNE)
    looked(sight, 0.1, 200)
    sight.forget(0.002)
    assert sight.vv == 0.002 * 0.002 and sight.rr == TUNE.ohm * TUNE.ohm and sight.vr == 0.0


def test_a_node_tells_a_part_of_what_a_whole_witness_would():
    sight = Sight(TUNE)
    sight.weight = 0.25
    sight.aim(0.0)
    sight.node(7, 3.6, 4e-4)
    assert abs(sight.volt[7] - 3.6) < 1e-6
    assert abs(1.0 / sight.inverse[7] - (16e-4 + sight.vv)) < 1e-8
    expected = 0.25 * log(4e-4) + log(1.0 + sight.vv / 16e-4)
    assert abs(sight.log_square[7] - expected) < 1e-6
