"""Cycles, charges, complete cycles and health."""

from firmware.estimation.capacity import Capacity
from tests.each import each


@each(((99_999, 0), (100_000, 1), (100_001, 1), (250_000, 2), (300_000, 3)))
def test_a_cycle_is_one_capacity_taken_in(row):
    capacity = Capacity(100_000)
    capacity.count(row[0], 0)
    assert capacity.cycle_count == row[1]


def test_cycles_follow_the_learned_capacity():
    capacity = Capacity(100_000)
    capacity.learn(2.0)
    assert capacity.full_mah == 50_000
    capacity.count(100_000, 0)
    assert capacity.cycle_count == 2


def test_health_is_learned_over_design():
    capacity = Capacity(100_000)
    capacity.learn(1.25)
    assert capacity.soh_pm() == 800
    capacity.set(90_000)
    assert capacity.soh_pm() == 900 and capacity.believed_mah == 90_000


def test_charges_are_counted_when_they_begin():
    capacity = Capacity(100_000)
    capacity.count(999, 0)
    assert capacity.charge_count == 0
    capacity.count(1000, 0)
    assert capacity.charge_count == 1
    capacity.count(30_000, 0)
    capacity.count(30_000, 999)
    capacity.count(31_500, 999)
    assert capacity.charge_count == 1
    capacity.count(31_500, 2500)
    capacity.count(31_500, 20_000)
    capacity.count(32_499, 20_000)
    assert capacity.charge_count == 1
    capacity.count(32_500, 20_000)
    assert capacity.charge_count == 2


def test_a_complete_charge_is_what_was_counted_from_empty_to_full():
    capacity = Capacity(100_000)
    assert not capacity.anchor(True, False, 5.0, 1.0)
    assert capacity.complete_mah == 0
    assert not capacity.anchor(False, True, -90_000.0, 1.0)
    assert not capacity.anchor(False, False, 60_000.0, 1.0)
    assert capacity.anchor(True, False, 37_000.0, 1.0)
    assert capacity.complete_mah == 97_000
    assert not capacity.anchor(True, False, 9_000.0, 1.0)
    assert capacity.complete_mah == 97_000


def test_what_the_tail_still_misses_belongs_to_the_capacity():
    capacity = Capacity(100_000)
    capacity.anchor(False, True, 0.0, 1.0)
    assert capacity.anchor(True, False, 98_000.0, 0.98)
    assert abs(capacity.complete_mah - 100_000) <= 1


@each(((-9_000.0, False), (50_000.0, False), (50_001.0, True)))
def test_half_a_capacity_is_no_complete_charge(row):
    capacity = Capacity(100_000)
    capacity.anchor(False, True, 0.0, 1.0)
    assert capacity.anchor(True, False, row[0], 1.0) == row[1]
    assert capacity.complete_mah == (50_001 if row[1] else 0)
