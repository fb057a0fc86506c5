"""What an authorised person may ask of the board, on the virtual one."""

from boards.jk8s import b1a
from boards.jk8s import board as jk8s
from boards.libresolar_bms_c1 import board as c1
from firmware.assembly import assemble
from firmware.settings import LFP, LI_ION, LTO, Refused, Settings
from hal.virtual.board import VirtualBoard
from hal.virtual.flash import VirtualFlash
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation, commissioned
from protection.rule import BOTH
from protection.table import NOT_CONFIGURED
from tests.each import each


def why_refused(verb, *arguments):
    try:
        verb(*arguments)
    except Refused as refused:
        return refused.key
    return None


def running(pack=None, settings=None):
    sim = Simulation(pack or Pack(soc=0.5), settings)
    sim.board.sampler.quiet = True
    sim.run(5)
    return sim


def test_an_unconfigured_board_stays_open_until_it_is_commissioned():
    sim = running(settings=Settings())
    assert sim.board.gates.line() == 0
    assert sim.bms.snap.own_word & NOT_CONFIGURED
    sim.bms.service.commission(LFP, 8, 3)
    sim.run(0.1)
    assert sim.board.gates.line() == 0, "every rule earns its release first"
    sim.run(4)
    assert sim.board.gates.line() == BOTH
    assert not sim.bms.snap.own_word & NOT_CONFIGURED


@each((jk8s, b1a, c1))
def test_a_new_board_of_any_kind_is_kept_over_a_restart_and_can_be_commissioned(row):
    flash = VirtualFlash()
    for _ in range(2):
        bms = assemble(VirtualBoard(Pack(soc=0.5), None, row, flash))
        assert bms.settings.get("chemistry") == 0 and not bms.keeper.is_bad
        assert bms.settings.get("balance_max_ma") == min(2000, row.BALANCE_MAX_MA)
        assert bms.settings.get("dsg_limit_ma") == row.DISCHARGE_MAX_MA
    bms.board.clock.advance(50)
    bms.step()
    bms.service.commission(LFP, 8, 3)
    assert bms.settings.get("chemistry") == LFP
    bms.board.gates.drive(0)
    bms.service.factory_reset()
    bms.service.commission(LFP, 7, 3)


def test_commissioning_is_refused_while_a_cell_lies_outside_the_new_limits():
    sim = running(settings=Settings())
    before = list(sim.bms.settings.values)
    # LiFePO4 at 3.3 V is far above an LTO's 2.7 V.
    assert why_refused(sim.bms.service.commission, LTO, 8, 3) == "chemistry"
    assert why_refused(sim.bms.service.commission, 4, 8, 3) == "chemistry"
    assert why_refused(sim.bms.service.commission, LFP, 9, 3) == "cell_count"
    assert why_refused(sim.bms.service.commission, LFP, 3, 3) == "cell_count"
    assert list(sim.bms.settings.values) == before


def test_another_chemistry_brings_its_preset_and_opens_both_meanwhile():
    pack = Pack(LI_ION, 8, 100.0, 0.3)
    sim = running(pack, commissioned(LFP, Simulation(Pack()).board.facts))
    sim.bms.service.commission(LI_ION, 8, 3)
    assert sim.board.gates.line() == 0
    assert sim.bms.settings.get("cell_ovp_mv") == 4200


def test_a_voltage_calibration_corrects_cells_and_stack_and_survives_a_reset():
    sim = running()
    true_mv = round(sim.pack.pack_v() * 1000)
    sim.board.sampler.cell_gain = [1.01] * 8
    sim.board.sampler.stack_gain = 1.01
    sim.run(3)
    assert abs(sim.bms.snap.pack_mv - true_mv) > 200
    sim.bms.service.calibrate_voltage(true_mv)
    sim.run(0.1)
    assert abs(sim.bms.snap.pack_mv - true_mv) <= 8
    sim.board.power.restarting = True
    sim.run(3)
    assert abs(sim.bms.snap.pack_mv - true_mv) <= 8


def test_a_voltage_calibration_is_refused_beyond_3_per_cent_and_under_a_fault():
    sim = running()
    pack_mv = sim.bms.snap.pack_mv
    assert why_refused(sim.bms.service.calibrate_voltage, pack_mv * 104 // 100) == "voltage"
    sim.board.faults.set("mos", "open")
    sim.run(2)
    assert why_refused(sim.bms.service.calibrate_voltage, pack_mv) == "voltage"


def test_current_gain_needs_5_per_cent_of_full_scale():
    sim = running()
    sim.pack.load.attach("amps", 9.9)
    sim.run(1)
    assert why_refused(sim.bms.service.calibrate_current, -9900) == "current"
    sim.pack.load.attach("amps", 50.0)
    sim.board.sampler.current_gain = 1.05
    sim.run(1)
    sim.bms.service.calibrate_current(-50_000)
    sim.run(0.2)
    assert abs(sim.bms.snap.current_ma + 50_000) <= 20


def test_a_current_sensor_that_does_not_answer_is_not_calibrated():
    sim = running()
    sim.pack.load.attach("amps", 50.0)
    sim.run(1)
    sim.pack.load.detach()
    sim.board.faults.set("current", "silent")
    sim.run(1)
    assert why_refused(sim.bms.service.calibrate_current, -51_000) == "current"
    assert why_refused(sim.bms.service.zero_current) == "current"


def test_the_zero_is_taken_at_rest_only():
    sim = running()
    sim.board.sampler.current_offset_ma = 900
    sim.pack.load.attach("amps", 1.0)
    sim.run(1)
    assert why_refused(sim.bms.service.zero_current) == "zero"
    sim.pack.load.detach()
    sim.run(1)
    sim.bms.service.zero_current()
    sim.run(0.2)
    assert sim.bms.snap.current_ma == 0


def test_soc_is_set_within_its_range():
    sim = running()
    assert why_refused(sim.bms.service.set_soc, 1001) == "soc_pm"
    assert why_refused(sim.bms.service.set_soc, -1) == "soc_pm"
    sim.bms.service.set_soc(731)
    assert sim.bms.snap.soc_pm == 731


def test_shutdown_opens_both_and_cuts_the_supply():
    sim = running()
    assert sim.board.gates.line() == BOTH
    sim.bms.service.shutdown()
    sim.run(0.2)
    assert sim.board.gates.line() == 0
    assert sim.bms is None


def test_restart_opens_both_and_counts_as_a_reset():
    sim = running()
    sim.bms.service.restart()
    assert sim.board.gates.line() == 0
    sim.run(1)
    assert sim.resets == 1
