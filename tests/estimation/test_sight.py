"""What a look expects between the nodes and beyond the ends."""

from firmware.estimation.sight import Sight
from tests.each import each


@each(((0.5, 3.25, 0.5), (0.505, 3.25505, 0.5), (0.0, 3.0, 0.0), (1.0, 4.0, 0.99),
       (1.01, 4.0199, 0.99), (-0.02, 2.9998, 0.0)))  # fmt: skip
def test_between_nodes_it_is_straight_and_beyond_the_ends_as_steep_as_there(row):
    sight = Sight([q / 50.0 for q in range(101)], 95)
    sight.apart = 0.5
    for q in range(101):
        sight.volt[q] = 3.0 + (q / 100.0) ** 2
        sight.square[q] = q / 100.0
    volt_v, square, haste_v = sight.at(row[0])
    assert abs(volt_v - row[1]) < 1e-5
    assert abs(square - row[2]) < 1e-6
    assert abs(haste_v - (row[2] if row[0] < 0.95 else 0.0)) < 1e-6
