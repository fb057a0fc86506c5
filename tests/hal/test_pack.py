"""The virtual pack against hand calculation: Ohm, charger, diodes, short, heat, charge."""

import math

from hal.virtual.board import VirtualBoard
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


# Wake.


@each([(4.99, False), (5.01, True)])
def test_a_charger_five_volts_above_the_pack_wakes_the_board(row):
    above_v, wakes = row
    board = VirtualBoard(Pack())
    board.pack.charger.attach(board.pack.pack_v() + above_v, 10.0)
    assert board.power.charger_wakes() == wakes
    board.pack.charger.detach()
    assert not board.power.charger_wakes()
