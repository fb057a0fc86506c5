"""What the cells of the virtual pack do: charge, voltage, hysteresis, polarisation, heat."""

import math

from hal.virtual.board import VirtualBoard
from hal.virtual.cells import Cells
from hal.virtual.curves import CURVES
from hal.virtual.pack import Pack
from protection.rule import BOTH
from tests.each import each
from tests.hal.test_pack import BOARD_A, CELL_OHMS, close

# Charge.


def moved_ah(pack, seconds, channels=BOTH, piece_s=0.05):
    """Ah that left each cell of `pack` meanwhile."""
    before = list(pack.cells.soc)
    for _ in range(round(seconds / piece_s)):
        pack.advance(piece_s, channels)
    pack.flush()
    cells = pack.cells
    return [(a - b) * ah for a, b, ah in zip(before, cells.soc, cells.capacity_ah)]


def test_the_charge_through_the_shunt_and_the_boards_own_is_what_the_cells_lose():
    pack = Pack()
    pack.load.attach("amps", 36)
    for ah in moved_ah(pack, 100):
        assert close(ah, (36 + BOARD_A) * 100 / 3600)


def test_the_shunt_sees_the_load_and_not_the_board():
    pack = Pack()
    pack.load.attach("amps", 36)
    moved_ah(pack, 10)
    assert close(pack.take_mean(), -36.0)
    pack.load.detach()
    moved_ah(pack, 10)
    assert pack.take_mean() == 0.0


def test_charging_fills_by_the_current_less_the_boards_own():
    pack = Pack()
    pack.charger.attach(40.0, 36.0)
    for ah in moved_ah(pack, 100):
        assert close(ah, -(36 - BOARD_A) * 100 / 3600)


def test_cells_discharge_by_themselves():
    pack = Pack()
    pack.board_a = 0.0
    pack.cells.leak_a = [0.1 * i for i in range(8)]
    for i, ah in enumerate(moved_ah(pack, 360, piece_s=1.0)):
        assert abs(ah - 0.1 * i * 0.1) < 1e-9


def test_a_smaller_cell_loses_more_of_its_own():
    pack = Pack()
    pack.cells.capacity_ah[3] = 50.0
    pack.board_a = 0.0
    pack.load.attach("amps", 36)
    before = list(pack.cells.soc)
    moved_ah(pack, 100)
    assert close(before[3] - pack.cells.soc[3], 2 * (before[0] - pack.cells.soc[0]))


def test_the_balancer_takes_from_one_cell_alone():
    pack = Pack()
    pack.board_a = 0.0
    pack.move(2, -2.0)
    for i, ah in enumerate(moved_ah(pack, 36)):
        assert abs(ah - (0.02 if i == 2 else 0.0)) < 1e-9


def test_state_of_charge_of_the_pack_is_the_mean_of_its_cells_and_bounded():
    pack = Pack(soc=0.5)
    assert pack.soc_pm() == 500
    pack.cells.soc = [1.02] * 8
    assert pack.soc_pm() == 1000
    pack.cells.soc = [-0.02] * 8
    assert pack.soc_pm() == 0


def test_energy_that_is_taken_arrives_in_the_storage_less_a_part():
    board = VirtualBoard(Pack())
    transfer = board.transfer
    transfer.take(0, 1000)
    board.clock.advance(50)
    joules = 15 / 2 * (transfer.volts**2 - 1.0)
    # The lead's and the cell's own drop at 1 A lie between the cell and the converter.
    volts = board.pack.cells.ocv(0) - 1.0 * (0.1 + CELL_OHMS)
    assert close(joules, volts * 1.0 * 0.05 * 0.71, 0.01)


# Voltage.


@each([1, 2, 3])
def test_open_circuit_voltage_rises_with_charge_and_lies_between_the_branches(row):
    dis, chg = CURVES[row][:2]
    assert len(dis) == len(chg) == 101
    cells = Cells(row, 1, 100.0, 0.0)
    last = -1.0
    for percent in range(101):
        cells.soc[0] = percent / 100
        volts = cells.ocv(0)
        assert volts >= last  # the plateau of LiFePO4 is flat to a count
        last = volts
        assert dis[percent] / 1000 - 1e-9 <= volts <= chg[percent] / 1000 + 1e-9
        assert chg[percent] >= dis[percent]


@each([1, 2, 3])
def test_beyond_empty_and_full_the_voltage_runs_away_and_never_below_nothing(row):
    cells = Cells(row, 1, 100.0, 0.0)

    def at(soc):
        cells.soc[0] = soc
        return cells.ocv(0)

    assert at(1.01) - at(1.0) > 2 * (at(1.0) - at(0.99))
    assert at(0.0) - at(-0.01) > 2 * (at(0.01) - at(0.0))
    assert at(-1.0) == 0.0


def test_hysteresis_turns_to_the_branch_of_the_direction():
    for amps, branch in ((-10.0, 0), (10.0, 1)):
        cells = Cells(2, 1, 100.0, 0.5)
        for _ in range(3600):
            cells.flush(1.0, amps, None, 0.0)
        assert abs(cells.hysteresis[0] - branch) < 0.4
        rested = cells.ocv(0)
        cells.hysteresis[0] = branch
        assert abs(rested - cells.ocv(0)) < 0.02


@each([10.0, 100.0, 1000.0])
def test_polarisation_follows_its_time_constants(row):
    cells = Cells(2, 1, 100.0, 0.5)
    steps = 200
    for _ in range(steps):
        cells.flush(row / steps, -10.0 * row / steps, None, 0.0)
    due_v = 0.0
    for ohm_ah, tau_s in ((0.0220, 21.7), (0.0356, 424.0)):
        due_v -= 10.0 * ohm_ah / 100 * (1 - math.exp(-row / tau_s))
    assert close(cells.base_v[0] - cells.ocv(0), due_v, 0.02)


def test_cold_cells_resist_more():
    warm, cold = Cells(2, 1, 100.0, 0.5), Cells(2, 1, 100.0, 0.5, -10.0)
    factor = math.exp(1640.0 * (1 / 263.15 - 1 / 298.15))
    assert close(cold.r0[0] / warm.r0[0], factor, 1e-4)
    assert factor > 2


def test_aged_cells_resist_more():
    cells = Cells(2, 1, 100.0, 0.5)
    cells.aged[0] = 2.0
    cells.flush(1e-6, 0.0, None, 0.0)
    assert close(cells.r0[0], 2 * CELL_OHMS, 1e-4)


def test_a_cell_warms_by_its_losses_and_cools_to_its_surroundings():
    cells = Cells(2, 1, 100.0, 0.9)
    for _ in range(10):
        cells.flush(0.1, -10.0, None, 0.0)  # 100 A for a second
    # Ohmic heat of the second, a little polarisation on top; 20 J/K per Ah.
    joules = 100 * 100 * CELL_OHMS
    warmer_k = cells.temp_c[0] - 25.0
    assert joules / 2000 <= warmer_k <= 1.2 * joules / 2000
    cells = Cells(2, 1, 100.0, 0.5)
    cells.temp_c[0] = 45.0
    for _ in range(6000):  # one time constant: 2000 J/K times 3 K/W
        cells.flush(1.0, 0.0, None, 0.0)
    assert close(cells.temp_c[0] - 25.0, 20 / math.e, 0.01)
