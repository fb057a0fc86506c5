"""A MOSFET that does not obey: read-back for two steps, current for two seconds (D36)."""

from protection import signals
from protection.rule import BOTH, CHG, DSG
from tests.each import each
from tests.rig import Rig

# bit, name of the rule on its read-back, on its current, its switch, sign of its current, alarm
SIDES = (
    (CHG, "chg_disobeys", "chg_welded", "chg_switch_on", +1, 16),
    (DSG, "dsg_disobeys", "dsg_welded", "dsg_switch_on", -1, 17),
)


def run_to_weld(rig, name):
    """Two seconds of leak, in the last step of which `name` trips."""
    rig.run(1950)
    assert not rig.rule(name).tripped
    rig.step()
    assert rig.rule(name).tripped


def step_misread(rig, mask):
    """One step in which the lines of `mask` read back wrong."""
    rig.snap.gates_on ^= mask
    rig.step()


@each(SIDES)
def test_two_steps_of_wrong_read_back_latch_and_one_does_not(row):
    bit, name, _, _, _, alarm = row
    rig = Rig()
    step_misread(rig, bit)
    assert not rig.rule(name).tripped
    rig.step()
    step_misread(rig, bit)
    assert not rig.rule(name).tripped
    step_misread(rig, bit)
    assert rig.tripped() == [name]
    assert rig.snap.fault_word == 1 << alarm
    assert rig.snap.allowed == BOTH - bit
    rig.run(10_000)
    assert rig.rule(name).tripped


@each(SIDES)
def test_an_open_gate_that_reads_closed_disobeys_too(row):
    bit, name, _, switch, _, _ = row
    rig = Rig({switch: 0})
    step_misread(rig, bit)
    step_misread(rig, bit)
    assert rig.tripped() == [name]


def test_both_at_once_are_two_faults():
    rig = Rig()
    step_misread(rig, BOTH)
    step_misread(rig, BOTH)
    assert rig.tripped() == ["chg_disobeys", "dsg_disobeys"]
    assert rig.snap.allowed == 0


def test_read_back_is_not_asked_while_hardware_says_no():
    # The lease has lapsed or the short latch has cut: the lines are low and must be.
    rig = Rig()
    rig.snap.lease_alive = False
    for _ in range(10):
        rig.snap.gates_on = 0
        rig.step()
    assert rig.tripped() == []
    rig.snap.lease_alive = True
    rig.latched = DSG
    for _ in range(10):
        rig.snap.gates_on = 0
        rig.step()
        assert rig.guard.signals.values[signals.DSG_DISOBEYS] == 0
    assert rig.tripped() == ["dsg_scp"]


@each(SIDES)
def test_current_through_an_open_mosfet_for_two_seconds_is_a_weld(row):
    bit, _, name, switch, sign, alarm = row
    rig = Rig({switch: 0})
    rig.snap.current_ma = sign * 3001
    rig.run(1950)
    assert rig.tripped() == []
    rig.run(50)
    assert rig.tripped() == [name]
    assert rig.guard.welded == bit
    assert rig.snap.fault_word == 1 << alarm


@each(SIDES)
def test_three_amperes_or_the_other_direction_are_no_weld(row):
    _, _, _, switch, sign, _ = row
    for current_ma in (3000 * sign, -4000 * sign, -100_000 * sign):
        rig = Rig({switch: 0})
        rig.snap.current_ma = current_ma
        rig.run(10_000)
        assert rig.tripped() == [], current_ma


@each(SIDES)
def test_the_step_in_which_a_gate_opened_proves_nothing(row):
    # The current is a mean over the step before: 2 s are counted from the second one.
    bit, _, name, switch, sign, _ = row
    rig = Rig()
    rig.snap.current_ma = sign * 20_000
    rig.run(1000)
    rig.arbiter.wanted = BOTH - bit
    rig.step()  # commands it open
    rig.step()  # its mean is of a step that began closed
    run_to_weld(rig, name)


def test_a_welded_discharge_mosfet_leaves_the_other_closed_under_current():
    rig = Rig({"dsg_switch_on": 0})
    rig.snap.current_ma = -50_000
    rig.run(2100)
    assert rig.rule("dsg_welded").tripped
    assert rig.snap.gates_cmd == CHG
    # Over-voltage opens the charge MOSFET; its diode would carry 50 A, so assist closes it.
    rig.snap.cell_max_mv = 3700
    rig.run(1100)
    assert rig.snap.allowed == 0
    assert rig.snap.gates_cmd == CHG and rig.snap.assist == CHG
    rig.snap.current_ma = -1999
    rig.step()
    assert rig.snap.gates_cmd == 0


@each(SIDES)
def test_a_clear_forgets_the_weld_and_posts_it_and_a_weld_that_is_there_comes_back(row):
    bit, _, name, switch, sign, _ = row
    rig = Rig({switch: 0})
    rig.snap.current_ma = sign * 5000
    rig.run(2000)
    code = 0x39 if bit == CHG else 0x3A
    assert rig.codes() == [code]
    rig.guard.clear_latches()
    assert rig.codes() == [code | 0x100]
    assert rig.guard.welded == 0
    rig.run(1950)
    assert rig.tripped() == []
    rig.run(50)
    assert rig.tripped() == [name]
    assert rig.guard.welded == bit


def test_a_clear_leaves_every_other_fault_alone():
    rig = Rig()
    rig.snap.cell_max_mv = 3700
    rig.run(1000)
    rig.snap.current_ma = -200_001
    rig.run(30_000)
    rig.snap.current_ma = 0
    held = rig.tripped()
    assert held == ["cell_ovp", "dsg_ocp"]
    rig.guard.clear_latches()
    assert rig.tripped() == held


@each(SIDES)
def test_the_last_word_of_a_sensor_that_fell_silent_is_no_weld(row):
    bit, _, name, _, sign, _ = row
    rig = Rig()
    rig.snap.current_ma = sign * 20_000
    rig.snap.current_age_ms = 301
    rig.run(60_000)
    assert rig.tripped() == ["current_stale"]
    rig.snap.current_age_ms = 0  # it speaks again, and what it says is a leak
    rig.arbiter.wanted = BOTH - bit
    run_to_weld(rig, name)


@each(SIDES)
def test_a_sensor_that_falls_silent_as_a_gate_opens_tells_no_weld(row):
    bit, _, name, _, sign, _ = row
    rig = Rig()
    rig.snap.current_ma = sign * 20_000
    rig.run(1000)
    rig.arbiter.wanted = BOTH - bit
    for age_ms in range(50, 60_000, 50):
        rig.snap.current_age_ms = age_ms
        rig.step()
    assert name not in rig.tripped()


@each(SIDES)
def test_a_leak_that_was_seen_stands_while_the_sensor_is_silent(row):
    bit, _, name, switch, sign, _ = row
    rig = Rig({switch: 0})
    rig.snap.current_ma = sign * 20_000
    for _ in range(20):
        rig.snap.current_age_ms = 0
        rig.run(50)
        rig.snap.current_age_ms = 350
        rig.run(50)
    assert name in rig.tripped()
    assert rig.guard.welded == bit


@each(SIDES)
def test_a_gate_that_is_closed_again_leaks_no_more_though_the_sensor_is_silent(row):
    bit, _, name, _, sign, _ = row
    rig = Rig()
    rig.arbiter.wanted = BOTH - bit
    rig.snap.current_ma = sign * 20_000
    rig.run(1000)
    leak = signals.CHG_LEAK_MA if name == "chg_welded" else signals.DSG_LEAK_MA
    assert rig.guard.signals.values[leak] == 20_000
    rig.snap.current_age_ms = 50
    rig.snap.gates_cmd = bit
    rig.guard.signals.step()
    assert rig.guard.signals.values[leak] == 0
