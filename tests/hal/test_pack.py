"""The virtual pack against hand calculation: Ohm, charger, diodes, short, heat, charge."""

import math

from hal.virtual.board import VirtualBoard
from hal.virtual.cells import Cells
from hal.virtual.curves import CURVES
from hal.virtual.pack import Pack
from protection.rule import BOTH, CHG, DSG
from tests.each import each

# LiFePO4 of 100 Ah at 25 degC: resistance times capacity over capacity; path, charger.
CELL_OHMS = 0.0207 / 100
OHMS = 8 * CELL_OHMS + 0.0003
CHARGER_OHMS = 0.02
DIODE_V = 0.8
BOARD_A = 0.020
TINY_S = 1e-3  # too short for any state to move


def close(value, due, relative=1e-6):
    return abs(value - due) <= relative * max(abs(due), 1e-9)


def rest_v(pack):
    """Open-circuit voltage of the whole pack, which rested so far."""
    return sum([pack.cells.ocv(i) for i in range(pack.cells.count)])


# Current.


@each([(0.5,), (0.1,), (10.0,)])
def test_a_resistor_draws_by_ohms_law(row):
    pack = Pack()
    pack.load.attach("ohms", row[0])
    pack.advance(TINY_S, BOTH)
    assert close(pack.current_a, -rest_v(pack) / (OHMS + row[0]))
    assert close(pack.pack_v() + pack.current_a * 0.0003, -pack.current_a * row[0])


def test_each_cell_sags_by_its_own_resistance_and_the_pack_is_their_sum():
    pack = Pack()
    pack.load.attach("amps", 100)
    pack.advance(TINY_S, BOTH)
    for i in range(8):
        assert close(pack.cell_v(i), pack.cells.ocv(i) - 100 * CELL_OHMS)
    assert close(pack.pack_v(), sum([pack.cell_v(i) for i in range(8)]))


def test_constant_power_is_what_the_load_gets():
    pack = Pack()
    pack.load.attach("watts", 2000)
    pack.advance(TINY_S, BOTH)
    assert close(-pack.current_a * (rest_v(pack) + pack.current_a * OHMS), 2000)


def test_more_power_than_the_pack_has_collapses_the_voltage_to_half():
    pack = Pack()
    pack.load.attach("watts", 1e9)
    assert close(pack.solve(BOTH), -rest_v(pack) / (2 * OHMS))


def test_a_load_that_is_none_is_refused():
    try:
        Pack().load.attach("volts", 3)
    except ValueError as error:
        assert "volts" in str(error)
    else:
        raise AssertionError("accepted")


def test_the_charger_gives_its_current_until_its_voltage():
    pack = Pack()
    pack.charger.attach(40.0, 20.0)
    pack.advance(TINY_S, BOTH)
    assert close(pack.current_a, 20.0)
    pack = Pack()
    volts = rest_v(pack) + 0.1
    pack.charger.attach(volts, 20.0)
    pack.advance(TINY_S, BOTH)
    assert close(pack.current_a, 0.1 / (OHMS + CHARGER_OHMS))
    # The charger's voltage less its own drop stands at the board.
    assert close(volts - pack.current_a * CHARGER_OHMS, pack.pack_v() + pack.current_a * 0.0003)


def test_a_charger_below_the_pack_takes_nothing_out():
    pack = Pack()
    pack.charger.attach(rest_v(pack) - 5, 20.0)
    assert pack.solve(BOTH) == 0.0


def test_charger_and_load_add_up():
    pack = Pack()
    pack.charger.attach(40.0, 20.0)
    pack.load.attach("amps", 50)
    assert close(pack.solve(BOTH), -30.0)
    pack.load.detach()
    assert close(pack.solve(BOTH), 20.0)
    pack.charger.detach()
    assert pack.solve(BOTH) == 0.0


# MOSFETs.


@each(
    [
        (BOTH, 20, True),
        (CHG, 20, True),
        (DSG, 20, False),
        (0, 20, False),
        (BOTH, -20, True),
        (CHG, -20, False),
        (DSG, -20, True),
        (0, -20, False),
    ]
)
def test_an_open_mosfet_blocks_its_direction_and_its_diode_carries_the_other(row):
    channels, amps, flows = row
    pack = Pack()
    if amps > 0:
        pack.charger.attach(40.0, amps)
    else:
        pack.load.attach("amps", -amps)
    pack.advance(TINY_S, channels)
    assert close(pack.current_a, amps if flows else 0.0)


@each([(BOTH, 0.0), (CHG, DIODE_V)])
def test_the_pair_heats_by_its_resistance_and_by_a_diode(row):
    channels, diode_v = row
    pack = Pack()
    pack.charger.attach(40.0, 50.0)
    for _ in range(20):
        pack.advance(0.05, channels)
    pack.flush()
    watts = 50 * 50 * 0.0003 + 50 * diode_v
    joules = watts * 1.0
    assert close(pack.mos_c - 25.0, joules / 150, 0.01)


def test_the_load_current_heats_the_diode_of_an_open_charge_mosfet():
    pack = Pack()
    pack.load.attach("amps", 50.0)
    for _ in range(20):
        pack.advance(0.05, DSG)
    pack.flush()
    assert close(pack.mos_c - 25.0, (50 * 50 * 0.0003 + 50 * DIODE_V) / 150, 0.01)


@each([(0, 100), (100, 100), (101, 200), (1500, 1500), (1501, 1600), (3001, 3000)])
def test_the_comparators_delay_is_a_ladder_of_100_us(row):
    wanted_us, real_us = row
    assert VirtualBoard(Pack()).gates.arm(wanted_us) == real_us


def test_the_pair_ends_as_hot_as_its_losses_and_its_cooling_say():
    pack = Pack(soc=0.3)
    pack.charger.attach(40.0, 50.0)
    for _ in range(1500):
        pack.advance(1.0, CHG)
    watts = 50 * 50 * 0.0003 + 50 * DIODE_V
    assert close(pack.mos_c - 25.0, watts * 1.0, 0.01)


# Short circuit.


def test_an_inductive_short_is_cut_when_it_crossed_the_threshold_and_the_delay_passed():
    pack = Pack(soc=0.9)
    pack.scp_delay_s = 0.0015
    pack.load.attach("short", 0.01, 5e-6)
    final_a = rest_v(pack) / (OHMS + 0.01)
    tau_s = 5e-6 / (OHMS + 0.01)
    # i(t) = final · (1 - exp(-t/tau)) reaches 600 A
    cross_s = -tau_s * math.log(1 - 600.0 / final_a)
    rest_s = pack.advance(0.05, BOTH)
    assert pack.shorted == DSG
    assert close(0.05 - rest_s, cross_s + 0.0015)
    assert pack.current_a == 0.0


def test_without_inductance_only_the_delay_passes():
    pack = Pack(soc=0.9)
    pack.scp_delay_s = 0.0015
    pack.load.attach("short", 0.01)
    assert close(0.05 - pack.advance(0.05, BOTH), 0.0015)


@each([(599.0, 0), (601.0, DSG)])
def test_the_comparators_threshold(row):
    amps, mask = row
    pack = Pack(soc=0.9)
    pack.load.attach("amps", amps)
    for _ in range(10):
        pack.advance(0.05, BOTH)
        if pack.shorted:
            break
    assert pack.shorted == mask


def test_a_dead_comparator_cuts_nothing():
    pack = Pack(soc=0.9)
    pack.scp_works = False
    pack.load.attach("short", 0.01)
    assert pack.advance(0.05, BOTH) == 0.0
    assert pack.shorted == 0
    assert pack.current_a < -2000


def test_on_the_board_the_latch_opens_both_and_time_goes_on():
    board = VirtualBoard(Pack(soc=0.9))
    board.gates.arm(1500)
    board.gates.renew()
    board.gates.drive(BOTH)
    board.pack.load.attach("short", 0.01)
    board.clock.advance(50)
    assert board.gates.latched == DSG
    assert board.gates.line() == 0
    assert board.pack.current_a == 0.0
    assert board.clock.now_ms == 50
    assert close(board.pack.mean_s, 0.05)


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


# Wake.


@each([(4.99, False), (5.01, True)])
def test_a_charger_five_volts_above_the_pack_wakes_the_board(row):
    above_v, wakes = row
    board = VirtualBoard(Pack())
    board.pack.charger.attach(board.pack.pack_v() + above_v, 10.0)
    assert board.power.charger_wakes() == wakes
    board.pack.charger.detach()
    assert not board.power.charger_wakes()
