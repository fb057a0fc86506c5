"""What hal/api.py promises of gates and transfers, for every board.

`row` is a class of tests/hal/rigs.py.
"""

from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.hal.contract import SETTLE, sample, started
from tests.hal.rigs import RIGS

# Gates.


@each(RIGS)
def test_every_mask_reads_back_as_it_was_driven(row):
    rig, snap = started(row)
    assert rig.gates.line() == 0
    for mask in (CHG, DSG, BOTH, 0, BOTH, 0):
        rig.board.gates.drive(mask)
        assert rig.gates.line() == mask
        sample(rig, snap)
        assert snap.gates_on == mask


@each(RIGS)
def test_open_gates_carry_nothing(row):
    for flow_ma in (20_000, -20_000):
        rig, snap = started(row)
        rig.board.gates.drive(0)
        rig.flow(flow_ma)
        sample(rig, snap)
        assert abs(snap.current_ma) < 500


@each(RIGS)
def test_each_gate_lets_its_own_direction_through(row):
    for mask, flow_ma, due_ma in (
        (CHG, 20_000, 20_000),
        (CHG, -20_000, 0),
        (DSG, -20_000, -20_000),
        (DSG, 20_000, 0),
    ):
        rig, snap = started(row)
        rig.board.gates.drive(mask)
        rig.flow(flow_ma)
        sample(rig, snap, times=SETTLE)
        assert abs(snap.current_ma - due_ma) < 1000, (mask, flow_ma)


@each(RIGS)
def test_without_the_firmware_the_gates_fall_at_the_end_of_the_lease(row):
    rig, snap = started(row)
    rig.board.gates.drive(BOTH)
    sample(rig, snap)
    assert snap.gates_on == BOTH and snap.lease_alive
    rig.advance(rig.board.facts.LEASE_MS - 1)
    assert rig.gates.line() == BOTH
    rig.advance(1)
    assert rig.gates.line() == 0


@each(RIGS)
def test_a_pulse_every_step_keeps_them_closed(row):
    rig, snap = started(row)
    rig.board.gates.drive(BOTH)
    for _ in range(60):
        sample(rig, snap)
        assert snap.gates_on == BOTH and snap.lease_alive


@each(RIGS)
def test_a_latched_short_opens_both_until_it_is_rearmed_and_says_which(row):
    rig, snap = started(row)
    gates = rig.board.gates
    gates.drive(BOTH)
    rig.short()
    for _ in range(2000 // 50):  # the shortest SCPR time
        gates.drive(BOTH)  # the latch wins over the command
        sample(rig, snap)
        assert snap.short_mask == DSG
        assert snap.gates_on == 0
    gates.rearm()
    gates.drive(BOTH)
    sample(rig, snap)
    assert snap.short_mask == 0
    assert snap.gates_on == BOTH


@each(RIGS)
def test_a_short_is_cut_without_the_firmware_and_seen_afterwards(row):
    rig, snap = started(row)
    gates = rig.board.gates
    gates.arm(100)
    gates.drive(BOTH)
    sample(rig, snap, times=SETTLE)  # some chips are programmed anew by arm()
    gates.drive(BOTH)
    sample(rig, snap)
    rig.pack.load.attach("short", 0.01, 5e-6)
    rig.advance(2)
    assert rig.gates.line() == 0
    sample(rig, snap, 48)
    assert snap.short_mask == DSG


@each(RIGS)
def test_arming_returns_the_delay_that_the_hardware_has(row):
    rig, _ = started(row)
    gates = rig.board.gates
    facts = rig.board.facts
    last_us = 0
    for wanted_us in (0, 1, 99, 100, 101, 1500, 1501, 3000, 3001, 1_000_000):
        real_us = gates.arm(wanted_us)
        assert isinstance(real_us, int)
        assert facts.SCP_MIN_US <= real_us <= facts.SCP_MAX_US
        assert real_us % facts.SCP_STEP_US == 0
        assert gates.arm(real_us) == real_us  # it can be had, so it is had
        assert real_us >= last_us
        last_us = real_us


# Transfer.


def storage(rig_class):
    """A started rig if its balancer stores, else None."""
    rig, snap = started(rig_class)
    return (rig, snap) if rig.board.transfer.kind == "storage" else (None, None)


@each(RIGS)
def test_the_balancer_says_what_it_is(row):
    transfer = row().board.transfer
    assert transfer.kind in ("storage", "direct", "bleed", "none")
    assert 0 <= transfer.kappa_pm <= 1000
    assert transfer.max_ma >= 0


@each(RIGS)
def test_after_stop_nothing_moves_and_stop_may_be_repeated(row):
    rig, snap = started(row)
    transfer = rig.board.transfer
    transfer.stop()
    if transfer.kind == "storage":
        transfer.take(0, 1000)
    transfer.stop()
    transfer.stop()
    assert transfer.current_ma() == 0
    assert transfer.cell_mv_under_transfer() == 0
    sample(rig, snap)
    assert snap.cells_age_ms <= rig.late_ms


@each(RIGS)
def test_taking_is_negative_fills_the_storage_and_hides_the_cells(row):
    rig, snap = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    before_mv = transfer.storage_mv()
    transfer.take(1, 1000)
    sample(rig, snap)
    assert -1000 <= transfer.current_ma() < 0
    assert transfer.storage_mv() > before_mv
    assert 1000 < transfer.cell_mv_under_transfer() < 5000
    assert snap.cells_age_ms == 50
    sample(rig, snap)
    assert snap.cells_age_ms == 100


@each(RIGS)
def test_giving_is_positive_and_empties_the_storage(row):
    rig, snap = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    transfer.take(1, 1000)
    sample(rig, snap, 200)
    full_mv = transfer.storage_mv()
    transfer.give(2, 1000)
    sample(rig, snap)
    assert 0 < transfer.current_ma() <= 1000
    assert transfer.storage_mv() < full_mv


@each(RIGS)
def test_no_more_than_the_boards_current_is_moved(row):
    rig, _ = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    transfer.take(0, 100_000)
    rig.advance(10)
    assert -transfer.max_ma <= transfer.current_ma() < 0


@each(RIGS)
def test_the_storage_stays_between_empty_and_full(row):
    rig, _ = storage(row)
    if not rig:
        return
    transfer = rig.board.transfer
    transfer.take(0, transfer.max_ma)
    for _ in range(1000):
        rig.advance(50)
    assert abs(transfer.storage_mv() - transfer.storage_full_mv) < 200
    assert transfer.current_ma() == 0
    transfer.give(0, transfer.max_ma)
    for _ in range(1000):
        rig.advance(50)
    assert abs(transfer.storage_mv() - transfer.storage_empty_mv) < 200
    assert transfer.current_ma() == 0
