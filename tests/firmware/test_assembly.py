"""What is put together: the protected pack alone, and the gauge of a whole board."""

from firmware.assembly import assemble
from firmware.settings import LFP, Settings, preset
from protection.rule import BOTH, CHG
from tests.plain import alone
from tests.recorded import RecordedBoard, quiet_frames

CELL_1 = 7  # its place in a frame


def protected(frames):
    board = RecordedBoard(frames, object())
    wanted = preset(LFP)
    wanted.update({"chemistry": LFP, "sensors_fitted": 3})
    bms = alone(board, Settings().changed(wanted, board.facts))
    return board, bms


def run(board, bms, steps):
    for _ in range(steps):
        board.now_ms += 50
        bms.step()


def test_a_quiet_pack_is_connected_and_counted():
    board, bms = protected(quiet_frames(4))
    run(board, bms, 200)
    counted = bms.gauge.meter
    assert bms.snap.gates_cmd == BOTH
    assert counted.chg_carry + counted.dsg_carry > 0
    assert bms.service is None


def test_a_cell_that_is_too_low_opens_the_discharge_mosfet():
    frames = [list(frame) for frame in quiet_frames(4)]
    board, bms = protected(frames)
    run(board, bms, 200)
    low_mv = bms.settings.get("cell_uvp_mv") - 1
    for frame in frames:
        frame[2] += low_mv - frame[CELL_1]
        frame[CELL_1] = low_mv
    run(board, bms, 60)
    assert bms.snap.gates_cmd == CHG


def test_the_gauge_counts_what_the_board_itself_draws():
    board = RecordedBoard(quiet_frames(4))
    assert assemble(board).gauge.own_ma == board.facts.OWN_MA == 20
