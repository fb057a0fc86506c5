"""The swarm keeps its bounds, its means, and its weights when it is copied."""

from firmware.estimation.profiles import LFP, Profile
from firmware.estimation.swarm import Swarm

TUNE = Profile(LFP).tune


def scattered(z=0.6):
    swarm = Swarm(300)
    swarm.scatter(z, TUNE, 2.0)
    return swarm


def weighed(swarm):
    total = sum(swarm.w)
    return sum(w * z for w, z in zip(swarm.w, swarm.z)) / total


def test_it_starts_around_the_belief():
    swarm = scattered()
    assert abs(swarm.z_mean - 0.6) < 0.02
    assert 0.08 < swarm.z_sd < 0.16
    assert abs(swarm.k_mean - 1.0) < 0.02
    assert abs(swarm.z_mean - weighed(swarm)) < 1e-5
    assert min(swarm.z) >= 0.0 and max(swarm.z) <= 1.0


def test_charge_moves_all_by_their_own_arithmetic():
    swarm = scattered()
    before = list(swarm.z)
    swarm.look(0, 300, -0.1, 1.0, 0.0, None)
    for z, old, b, k in zip(swarm.z, before, swarm.b, swarm.k):
        assert abs(z - max(old + k * (-0.1 - b), -0.02)) < 1e-6


def test_slices_equal_the_whole():
    whole, sliced = scattered(), scattered()
    whole.look(0, 300, -0.1, 0.1, 0.0, None)
    for first in range(0, 300, 7):
        sliced.look(first, min(first + 7, 300), -0.1, 0.1, 0.0, None)
    whole.settle()
    sliced.settle()
    assert whole.z_mean == sliced.z_mean and whole.z_sd == sliced.z_sd


def test_it_never_leaves_the_cell():
    swarm = scattered()
    swarm.look(0, 300, 5.0, 1.0, 0.0, None)
    assert max(swarm.z) < 1.0101
    swarm.look(0, 300, -9.0, 1.0, 0.0, None)
    assert min(swarm.z) > -0.0201


def test_resampling_keeps_the_mean_and_evens_the_weights():
    swarm = scattered()
    for i in range(300):
        swarm.w[i] = 0.01 / 300 if swarm.z[i] < 0.6 else 2.0 / 300
    swarm.look(0, 300, 0.0, 0.0, 0.0, None)
    swarm.settle()
    swarm.measure(0, 300)
    swarm.settle_rest()
    mean = swarm.z_mean
    swarm.count(0, 300)
    assert abs(sum(swarm.copies) - 300) <= 1
    swarm.copy(0, 300, TUNE.shake)
    assert abs(weighed(swarm) - mean) < 0.01
    assert max(swarm.w) - min(swarm.w) < 1e-6


def test_it_is_thin_only_when_few_carry_the_weight():
    swarm = scattered()
    assert not swarm.is_thin()
    for i in range(300):
        swarm.w[i] = 1.0 if i < 20 else 0.0
    swarm.look(0, 300, 0.0, 0.0, 0.0, None)
    assert swarm.is_thin()


def test_unseen_charge_spreads_it():
    swarm = scattered()
    before = swarm.z_sd
    for _ in range(20):
        swarm.look(0, 300, 0.0, 0.0, 0.03, None)
    swarm.settle()
    assert swarm.z_sd > before + 0.03


def test_fresh_ones_are_light():
    swarm = scattered()
    swarm.freshen(TUNE, 2.0)
    light = [w for w in swarm.w if w < 0.9 / 300]
    assert 10 <= len(light) <= 24


def test_gathering_takes_the_stored_means():
    swarm = Swarm(300)
    swarm.gather((0.4, 0.01), (0.002, 0.0001), (1.1, 0.01), 0.001, 0.05)
    assert abs(swarm.z_mean - 0.4) < 0.002
    assert abs(swarm.b_mean - 0.002) < 1e-4
    assert abs(swarm.k_mean - 1.1) < 0.002
    assert abs(swarm.v_mean - 0.001) < 1e-6
    assert abs(swarm.r_mean - 0.05) < 1e-6


def test_half_of_another_witness_of_the_scale_is_taken():
    swarm = scattered()
    before = swarm.k_mean
    swarm.lean(1.1)
    swarm.measure(0, 300)
    swarm.settle_rest()
    assert abs(swarm.k_mean - 0.5 * (before + 1.1)) < 1e-4
