"""The cell model equals the equations it promises."""

from math import exp

from firmware.estimation.cell import NODES, CellModel
from firmware.estimation.profiles import LFP, LI_ION, LTO, Profile
from tests.each import each
from tests.estimation.rig import TABLES, Cell, at, owner_table


@each((LFP, LI_ION))
def test_the_tables_are_the_profile(row):
    cell = CellModel(Profile(row))
    for q in (0, 1, 35, 50, 77, 100):
        low_v = at(TABLES[row], "dis_dmv", q / 100)
        high_v = at(TABLES[row], "chg_dmv", q / 100)
        half = min(0.5 * (high_v - low_v), TABLES[row]["half_max"])
        assert abs(cell.half[q] - half) < 1e-5
        assert abs(cell.mid[q] - low_v - 2 * TABLES[row]["w_mid"] * half) < 1e-5


@each((LFP, LI_ION, LTO))
def test_open_circuit_rises_with_charge(row):
    cell = CellModel(Profile(row))
    for h in (-1.0, 0.0, 1.0):
        last = 0.0
        for q in range(NODES):
            volt = cell.open_v(q, cell.p.m_h * h, cell.quick(h))
            assert volt > last - 0.002
            last = volt


@each((LFP, LI_ION))
def test_a_node_predicts_the_simulated_cell(row):
    z = 0.6
    plant = Cell(row, z, h=-1.0)
    cell = CellModel(Profile(row))
    cell.h = cell.h_quick = -1.0
    seconds = (0.0,) + ((-0.5,) * 30 + (0.2,) * 10 + (0.0,) * 20) * 10
    for rate in seconds:
        cell.clear()
        volt = plant.step(1.0, rate)
        cell.step(1.0, rate, rate, volt)
    p = cell.p
    low = exp(-plant.z / p.b)
    at_surface = plant.z + p.lag * cell.u3
    branch = p.m_h * cell.h
    model = cell.open_v(int(at_surface * 100 + 0.5), branch, branch)
    model += cell.u1 * cell.r1 * (1 + p.a1 * low) + cell.u2 * cell.r2
    assert abs(model - volt) < 0.004


def test_cold_raises_resistance_and_hysteresis():
    cell = CellModel(Profile(LFP))
    warm = (cell.r0, cell.r1, cell.r2)
    low_v, high_v = cell.open_v(50, -1.0, -1.0), cell.open_v(50, 1.0, 1.0)
    cell.heat(-10.0)
    assert all(a > 1.2 * b for a, b in zip((cell.r0, cell.r1, cell.r2), warm))
    cold_low_v, cold_high_v = cell.open_v(50, -1.0, -1.0), cell.open_v(50, 1.0, 1.0)
    assert cold_low_v < low_v - 0.01
    assert cold_high_v - cold_low_v > 1.3 * (high_v - low_v)
    before = cell.r0
    cell.heat(-10.1)
    assert cell.r0 == before


def test_hysteresis_rests_while_nothing_flows():
    cell = CellModel(Profile(LFP))
    cell.h = 0.4
    for _ in range(1000):
        cell.step(1.0, 0.001, 0.001, 3.3)
    assert cell.h == 0.4 and cell.unknown == 1.0


def test_hysteresis_follows_the_charge_that_flows():
    cell = CellModel(Profile(LFP))
    for _ in range(3600):
        cell.step(1.0, -0.5, -0.5, 3.3)
    assert cell.h < -0.95 and cell.h_quick < -0.95
    assert cell.unknown < 0.05
    cell.charged()
    assert cell.h == 1.0 and cell.unknown == 0.0


@each(
    (
        (LFP, 0.25, -1.0, -0.97),
        (LFP, 0.38, -1.0, -0.97),
        (LI_ION, 0.0, -1.0, -0.97),
        (LI_ION, 0.38, -0.7, 0.0),
    )
)
def test_small_loops_turn_a_quick_state_and_no_play(row):
    chemistry, part, low, high = row  # part of the charge goes back, a tenth of a per cent a time
    cell = CellModel(Profile(chemistry))
    for _ in range(200):
        for rate, seconds in ((-0.5, 12), (0.5 * part, 12)):
            for _ in range(seconds):
                cell.step(1.0, rate, rate, 3.3)
    assert low <= cell.h_quick < high


def test_the_quick_state_discharged_lies_where_the_branch_was_swept():
    for w_mid, m_h, low in (
        (0.2, 1.1, -0.15),
        (0.5, 0.5, -0.5),
        (0.5, 1.0, -0.75),
        (0.0, 0.5, 0.0),
    ):
        cell = CellModel(Profile(LFP, dict(owner_table(LFP), w_mid=w_mid, m_h=m_h)))
        assert abs(cell.quick(-1.0) - low) < 1e-6
        assert abs(cell.quick(0.0) - 0.5 * (low + m_h)) < 1e-6
        assert abs(cell.quick(1.0) - m_h) < 1e-6


def test_the_sums_count_offset_and_loss():
    cell = CellModel(Profile(LFP))
    cell.step(2.0, 0.5, 0.4, 3.3)
    assert abs(cell.sum_q - (1.0 - 0.8 * cell.p.loss)) < 1e-6
    cell.step(1.0, -0.5, -0.6, 3.3)
    assert abs(cell.sum_q - (0.5 - 0.8 * cell.p.loss)) < 1e-6


@each(((0.1, 1), (-0.1, -1), (0.099, 0)))
def test_what_flows_in_the_first_second_flowed_before(row):
    first_c, flowed = row
    cell = CellModel(Profile(LFP))
    cell.step(1.0, first_c, first_c, 3.3)
    assert all(abs(u - 0.1 * flowed) < 0.005 for u in (cell.u1, cell.u2, cell.u3))
    # The hysteresis has gone some way with it, and is known a little.
    assert abs(cell.h - 0.3 * flowed) < 0.001
    assert abs(cell.unknown - (1.0 - 0.15 * abs(flowed))) < 0.001
    cell.clear()
    cell.step(3.0, -3.0 * first_c, -3.0 * first_c, 3.3)
    if flowed:  # seen so far: a second one way, three seconds thrice as strong the other
        assert abs(cell.u3 + 0.2 * flowed) < 1e-6


@each((0.0, 0.999))
def test_hysteresis_of_which_something_is_known_is_not_guessed(row):
    cell = CellModel(Profile(LFP))
    cell.h, cell.unknown = 0.6, row
    cell.step(1.0, -0.5, -0.5, 3.3)
    assert 0.59 < cell.h < 0.6
    assert row - 0.002 < cell.unknown <= row
    assert cell.sum_h == cell.h
    assert abs(cell.u1 + 0.5) < 1e-6
