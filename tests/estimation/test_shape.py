"""A curve is learned where it is seen, by as much as the look knows better."""

from firmware.estimation.shape import BINS, Shape


def test_it_learns_where_it_looks_and_nowhere_else():
    shape = Shape(0.02)
    for _ in range(200):
        known = 0.5 * (shape.volt[12] + shape.volt[13])
        shape.learn(0.5, 0.01 - known, 1e-5, 0.3)
    assert abs(0.5 * (shape.volt[12] + shape.volt[13]) - 0.01) < 1e-3
    assert shape.volt[5] == 0.0 and shape.volt[20] == 0.0


def test_one_look_teaches_little_to_a_bin_that_knows():
    new = Shape(0.02)
    old = Shape(0.001)
    new.learn(0.48, 0.01, 1e-5, 0.1)
    old.learn(0.48, 0.01, 1e-5, 0.1)
    assert new.volt[12] > 5 * old.volt[12] > 0.0


def test_doubt_falls_but_never_to_nothing():
    shape = Shape(0.02)
    before = shape.mean_square()
    for n in range(2000):
        shape.learn(n % 100 / 100.0, 0.0, 1e-6, 1.0)
    assert shape.mean_square() < before / 10
    assert min(shape.square) >= 9.9e-7


def test_the_ends_are_inside():
    shape = Shape(0.02)
    for z in (-0.02, 0.0, 1.0, 1.01):
        shape.learn(z, 0.01, 1e-5, 0.3)
    assert len(shape.volt) == BINS
    assert shape.volt[0] > 0.0 and shape.volt[25] > 0.0
