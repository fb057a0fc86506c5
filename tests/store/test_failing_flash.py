"""Keeper: a flash that is silent, refuses, loses records, stalls or is cut."""

import tests  # noqa: F401
from boards.jk8s import board as facts
from firmware import events as e
from firmware import records
from firmware.store import RECORD_BLOCKS
from hal.virtual.flash import PowerLost, VirtualFlash
from hal.virtual.sim import commissioned
from protection.rule import BOTH
from protection.table import NOT_CONFIGURED, STORE_FAILED
from tests.each import each
from tests.recorded import quiet_frames
from tests.store.rig import Rig, refused, working
from tests.store.test_store import fill


def test_a_silent_flash_changes_nothing_about_protection():
    rig = working()
    rig.flash.silent = True
    rig.run(200)
    assert rig.bms.snap.gates_cmd == BOTH and rig.bms.snap.fault_word == 0
    rig.flash.silent = False
    rig.run(60)
    assert e.WRITE_FAILED in rig.codes()
    run_s = rig.bms.snap.run_s
    rig.start()
    assert run_s - rig.bms.snap.run_s <= 60


def test_a_latch_that_the_flash_refuses_does_not_hold_up_the_rest():
    rig = working()
    rig.bms.guard.retries[0].count = 2
    put = rig.bms.keeper.store.put
    tried = []

    def no_latch(number, content):
        if number == records.LATCH:
            tried.append(rig.bms.snap.run_s)
            return False
        return put(number, content)

    rig.bms.keeper.store.put = no_latch
    rig.bms.events.post(e.CLOCK_SET, 1, 2)
    rig.run(30)
    assert 2 <= len(tried) <= 4 and (e.CLOCK_SET, 1, 2) in rig.journal()
    rig.bms.keeper.store.put = put
    rig.run(12)
    rig.start()
    assert rig.bms.guard.retries[0].count == 2


@each([row[0] for row in records.RECORDS])
def test_an_unreadable_record_opens_both_gates_until_commissioned_again(row):
    rig = working()
    fill(rig.flash, row, 0x00)
    for _ in range(2):
        rig.start()
        rig.run(70)
        snap = rig.bms.snap
        assert snap.gates_cmd == 0 and snap.own_word & STORE_FAILED
        assert snap.own_word & NOT_CONFIGURED
        assert (e.RECORD_LOST, row, 0) in rig.journal()
    if row == records.SETTINGS:
        assert "commission" in refused(rig.bms.change, {"capacity_mah": 33_000}).reason
    else:
        rig.bms.change({"capacity_mah": 33_000})
    rig.run(5)
    assert rig.bms.snap.gates_cmd == 0 and rig.bms.snap.own_word & STORE_FAILED
    rig.bms.change({"chemistry": 2, "cell_count": 8, "sensors_fitted": 3})
    rig.run(5)
    assert rig.bms.snap.gates_cmd == BOTH and not rig.bms.snap.own_word & STORE_FAILED
    rig.start()
    rig.run(5)
    assert rig.bms.snap.gates_cmd == BOTH


def test_a_damaged_copy_is_told_and_the_pack_goes_on():
    rig = working()
    first = RECORD_BLOCKS - 2  # the first block of the settings
    start = first * rig.flash.block_bytes
    rig.flash.image[start : start + 512] = bytes(512)
    rig.start()
    rig.run(8)
    assert rig.bms.snap.gates_cmd == BOTH
    assert (e.COPY_REFUSED, records.SETTINGS, 0) in rig.journal()


def test_a_dead_flash_at_the_first_start_leaves_both_gates_open():
    flash = VirtualFlash()
    flash.silent = True
    rig = Rig(commissioned(2, facts), flash)
    rig.run(5)
    assert rig.bms.snap.gates_cmd == 0 and rig.bms.snap.own_word & STORE_FAILED


def test_commissioning_onto_a_dead_flash_is_refused():
    rig = working()
    fill(rig.flash, records.LATCH, 0)
    rig.start()
    rig.flash.silent = True
    no = refused(rig.bms.change, {"chemistry": 2})
    assert no.key == "store" and rig.bms.settings.get("chemistry") == 0


def test_a_cut_at_any_moment_of_work_leaves_a_board_that_starts():
    rig = working()
    image = bytes(rig.flash.image)
    for cut in range(0, 9000, 257):
        rig.flash.image[:] = image
        rig.start()
        rig.flash.cut_after(cut)
        try:
            for n in range(70):
                rig.run(1)
                if n % 9 == 0:
                    rig.bms.change({"capacity_mah": 50_000 + n})
        except PowerLost:
            pass
        run_s = rig.bms.snap.run_s
        rig.start()
        assert 0 <= run_s - rig.bms.snap.run_s <= 60
        assert rig.bms.settings.get("chemistry") == 2 and not rig.bms.keeper.is_bad


def test_a_stalled_flash_counts_towards_the_trip():
    rig = working()
    frames = [frame[:1] + (-201_000,) + frame[2:] for frame in quiet_frames()]
    rig.board.frames = frames
    rig.run(20)
    assert not rig.bms.guard.by_name["dsg_ocp"].tripped
    rig.board.now_ms += 10_000  # what an operation that hangs would cost
    rig.board.now_ms += 50
    rig.bms.step()
    assert rig.bms.guard.by_name["dsg_ocp"].tripped
