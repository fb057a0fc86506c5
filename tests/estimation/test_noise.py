"""Chance is the same on every Python, and spread as it says."""

from firmware.estimation.noise import Noise


def test_the_period_is_whole():
    noise = Noise(1)
    first = noise.state
    length = 0
    while True:
        assert 0.0 < noise.uniform() < 1.0
        length += 1
        if noise.state == first:
            break
    assert length == 65536


def test_normal_has_mean_0_and_deviation_1():
    noise = Noise(7)
    values = [noise.normal() for _ in range(16384)]
    mean = sum(values) / len(values)
    square = sum(v * v for v in values) / len(values)
    assert abs(mean) < 0.03
    assert abs(square - 1.0) < 0.03
    assert max(values) < 3.5 and min(values) > -3.5


def test_normal_goes_on_where_uniform_would():
    a, b = Noise(5), Noise(5)
    total = sum(a.uniform() for _ in range(4))
    assert abs(b.normal() - (total - 2.0) * 1.7320508) < 1e-9
    assert a.state == b.state
