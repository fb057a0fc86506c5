"""Cycles, charges and health."""

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


@each((0.1, 0.05, 0.0, -1.0))
def test_no_scale_learns_more_than_ten_times_the_capacity(row):
    capacity = Capacity(100_000)
    capacity.learn(row)
    assert capacity.full_mah == 1_000_000


def test_what_is_learned_and_what_a_person_states_is_the_capacity():
    capacity = Capacity(100_000)
    capacity.learn(1.25)
    assert capacity.full_mah == 80_000
    capacity.set(90_000)
    assert capacity.full_mah == capacity.believed_mah == 90_000


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
