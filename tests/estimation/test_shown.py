"""The shown value departs from the counted charge by at most 1 % a minute."""

from firmware.estimation.shown import Shown
from tests.each import each


def follow(shown, counted, estimate, seconds, full=False, empty=False):
    for _ in range(seconds):
        shown.follow(counted, estimate, 1.0, full, empty)


@each((0.9, 0.1))
def test_a_wrong_estimate_is_reached_at_one_per_cent_a_minute(row):
    shown = Shown(0.5)
    follow(shown, 0.0, row, 600)
    assert abs(abs(shown.soc - 0.5) - 0.1) < 1e-5


def test_counted_charge_passes_at_once():
    shown = Shown(0.5)
    for n in range(1, 11):
        shown.follow(0.01, 0.5 + 0.01 * n, 1.0, False, False)
    assert abs(shown.soc - 0.6) < 1e-6


def test_only_a_full_charge_shows_100():
    shown = Shown(0.99)
    follow(shown, 0.0, 1.0, 6000)
    assert shown.soc == 0.995
    follow(shown, 0.0, 1.0, 1, full=True)
    assert shown.soc == 1.0
    follow(shown, 0.0, 1.0, 10)
    assert shown.soc == 1.0


def test_after_discharging_100_needs_a_new_full_charge():
    shown = Shown(1.0)
    follow(shown, 0.0, 1.0, 1, full=True)
    follow(shown, -0.001, 0.99, 10)
    assert shown.soc < 0.995
    follow(shown, 0.0, 1.0, 6000)
    assert shown.soc == 0.995


def test_100_stays_until_charge_is_used():
    shown = Shown(0.99)
    follow(shown, 0.0, 0.985, 1, full=True)
    follow(shown, 0.0, 0.985, 6000)
    assert shown.soc == 1.0
    follow(shown, -0.0001, 0.98, 20)
    assert abs(shown.soc - 0.996) < 1e-6


def test_only_the_empty_anchor_shows_0():
    shown = Shown(0.01)
    follow(shown, 0.0, 0.0, 6000)
    assert shown.soc == 0.005
    follow(shown, 0.0, 0.0, 1, empty=True)
    assert shown.soc == 0.0


def test_a_person_sets_it_at_once():
    shown = Shown(0.2)
    shown.soc = 0.8
    assert shown.soc == 0.8
