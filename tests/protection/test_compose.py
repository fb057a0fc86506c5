"""What faults, switches, currents and assist make of the gates, exhaustively (campaign 3).

The oracle is written from the decisions: a gate is closed when the person wants it and no
fault opens it (I8, D23); a blocked one is closed as assist while real current flows the
other way (D24, I9), which a welded MOSFET allows too (D36).
"""

from boards.jk8s import board as jk8s
from firmware.snapshot import Snapshot
from protection import signals
from protection.arbiter import Arbiter
from protection.rule import BOTH, CHG, DSG
from tests.protection.rows import effects, word
from tests.rig import Rig, commission

# 2 % and 1 % of 200 A, one count to either side; nothing, a little, everything.
CURRENTS_MA = []
for _ma in (0, 1, 1999, 2000, 2001, 3999, 4000, 4001, 25_000, 200_000):
    CURRENTS_MA.append(_ma)
    if _ma:
        CURRENTS_MA.append(-_ma)

MASKS = (0, CHG, DSG, BOTH)


def assist_due(wanted, allowed, assist_ok, welded, before, current_ma):
    """The assist that D24 and D36 ask for."""
    closed = wanted & allowed
    due = 0
    for blocked, flowing_ma in ((CHG, -current_ma), (DSG, current_ma)):
        other = BOTH - blocked
        if closed & blocked or not (closed | welded) & other or not assist_ok:
            continue
        if flowing_ma > 4000 or before & blocked and flowing_ma >= 2000:
            due |= blocked
    return due


class Bench:
    """An arbiter on a snapshot that the guard's part is written into by hand."""

    def __init__(self, facts=jk8s):
        self.snap = Snapshot()
        self.arbiter = Arbiter(self.snap, facts)

    def switch(self, wanted):
        """Set both switches."""
        self.arbiter.load(
            {"chg_switch_on": 1 if wanted & CHG else 0, "dsg_switch_on": 1 if wanted & DSG else 0}
        )

    def step(self, allowed, assist_ok, welded, before, current_ma):
        """One decision; the mask that the gates are told."""
        snap = self.snap
        snap.allowed = allowed
        snap.assist_ok = assist_ok
        snap.assist = before
        snap.current_ma = current_ma
        self.arbiter.step(welded)
        return snap.gates_cmd


def test_gates_are_what_is_wanted_and_allowed_and_assist_for_every_combination():
    bench = Bench()
    tried = 0
    for wanted in MASKS:
        bench.switch(wanted)
        for allowed in MASKS:
            for assist_ok in (True, False):
                for welded in MASKS:
                    for before in (0, CHG, DSG):
                        for current_ma in CURRENTS_MA:
                            case = (allowed, assist_ok, welded, before, current_ma)
                            cmd = bench.step(*case)
                            due = assist_due(wanted, allowed, assist_ok, welded, before, current_ma)
                            assert bench.snap.wanted == wanted
                            assert bench.snap.assist == due, (wanted, case, bench.snap.assist)
                            assert cmd == wanted & allowed | due, (wanted, case, cmd)
                            tried += 1
    assert tried == 4 * 4 * 2 * 4 * 3 * 19


def test_a_board_can_switch_assist_off():
    class Facts:
        FULL_SCALE_MA = 200_000
        ASSIST = False

    bench = Bench(Facts)
    bench.switch(BOTH)
    for allowed in MASKS:
        for current_ma in CURRENTS_MA:
            assert bench.step(allowed, True, 0, 0, current_ma) == allowed


def test_assist_follows_the_current_up_and_down():
    # Charge blocked (OVP), a load draws more and less: closed above 4 A, until below 2 A.
    bench = Bench()
    bench.switch(BOTH)
    before = 0
    for current_ma, due in (
        (-1000, 0),
        (-4000, 0),
        (-4001, CHG),
        (-3000, CHG),
        (-2000, CHG),
        (-1999, 0),
        (-4000, 0),
        (-5000, CHG),
        (5000, 0),  # turned: at once, and the other way nothing is blocked
        (-3000, 0),
    ):
        assert bench.step(DSG, True, 0, before, current_ma) == DSG | due, current_ma
        before = bench.snap.assist
        assert before == due


def test_a_switch_alone_never_closes_what_a_fault_opens():
    bench = Bench()
    for wanted in MASKS:
        bench.switch(wanted)
        for allowed in MASKS:
            assert bench.step(allowed, True, 0, 0, 0) & ~(wanted & allowed) == 0


def classes():
    """One rule's name for each distinct (opens, stops balancing)."""
    found = {}
    for name, (opens, _, _, stops) in sorted(effects().items()):
        found.setdefault((opens, stops), name)
    return found


# Rules without a release time let go at the first calm step: their cause is put there.
def _tries(at):
    def hold(rig):
        rig.guard.retries[at].count = 4
        rig.guard.signals.count_tries()

    return hold


def _wire(rig):
    rig.snap.wire_bad = 1


def _unconfigured(rig):
    rig.guard.signals.values[signals.UNCONFIGURED] = 1


def _store(rig):
    rig.guard.signals.store_failed(True)


def _board(rig):
    rig.wrong = 1
    rig.guard.signals.tested()


def _low(rig):
    rig.snap.cell_max_mv = rig.snap.cell_min_mv = 2499


CAUSES = {
    "chg_tries": _tries(0),
    "dsg_tries": _tries(1),
    "scp_tries": _tries(2),
    "wire": _wire,
    "unconfigured": _unconfigured,
    "store_failed": _store,
    "self_test": _board,
    "power_off": _low,
    "deep_sleep": _low,
}


class Pack:
    """A started rig on which any set of rules can be made to hold for one step."""

    def __init__(self):
        self.rig = Rig()
        self.healthy = commission()

    def with_faults(self, names):
        """Step once with exactly these rules held; the snapshot."""
        rig = self.rig
        guard = rig.guard
        snap = rig.snap
        for rule in guard.all_rules:
            rule.reset()
        for retry in guard.retries:
            retry.clear()
        guard.signals.count_tries()
        guard.signals.store_failed(False)
        rig.wrong = 0
        snap.wire_bad = 0
        snap.cell_max_mv = snap.cell_min_mv = 3300
        rig.load(self.healthy)
        for name in names:
            if name in CAUSES:
                CAUSES[name](rig)
            guard.by_name[name].force()
        # Below the limit of power-off the supply rules are asked at all.
        if "power_off" in names or "deep_sleep" in names:
            _low(rig)
        snap.gates_on = snap.gates_cmd
        guard.step(50, 50)
        held = sorted([rule.name for rule in guard.all_rules if rule.tripped])
        assert held == sorted(names), (held, names)
        return snap


def check_composition(pack, names, table):
    """Allowed, assist, balance and both words are the sum of the parts, and no more."""
    snap = pack.with_faults(names)
    opens = jk = own = 0
    assist_ok = balance_ok = True
    for name in names:
        part = table[name]
        opens |= part[0]
        jk |= word(part[1])
        own |= word(part[2])
        assist_ok = assist_ok and part[0] != BOTH
        balance_ok = balance_ok and not part[3]
    assert snap.allowed == BOTH & ~opens, names
    assert snap.assist_ok == assist_ok, names
    assert snap.balance_ok == balance_ok, names
    assert snap.fault_word == jk, names
    assert snap.own_word & ~(1 << 10) == own, names
    return snap


def check_gates(pack, names, snap):
    """Every switch, current and assist state under this set of faults."""
    arbiter = pack.rig.arbiter
    allowed, assist_ok = snap.allowed, snap.assist_ok
    for wanted in MASKS:
        arbiter.wanted = wanted
        for before in (0, CHG, DSG):
            for current_ma in CURRENTS_MA:
                snap.assist = before
                snap.current_ma = current_ma
                arbiter.step(0)
                due = assist_due(wanted, allowed, assist_ok, 0, before, current_ma)
                if snap.gates_cmd != wanted & allowed | due:
                    raise AssertionError((names, wanted, before, current_ma, snap.gates_cmd))
    snap.assist = snap.current_ma = 0


def test_all_subsets_of_distinct_effects():
    found = classes()
    assert len(found) == 6, found
    names = sorted(found.values())
    table = effects()
    pack = Pack()
    for mask in range(1 << len(names)):
        chosen = [name for i, name in enumerate(names) if mask >> i & 1]
        snap = check_composition(pack, chosen, table)
        check_gates(pack, chosen, snap)


def test_all_single_faults_and_all_pairs():
    table = effects()
    names = sorted(table)
    pack = Pack()
    for i, first in enumerate(names):
        for second in names[i:]:
            chosen = [first] if first == second else [first, second]
            snap = check_composition(pack, chosen, table)
            check_gates(pack, chosen, snap)


def test_over_and_under_voltage_at_once_open_both_and_leave_balancing():
    # D25: with assist impossible, for neither direction may conduct.
    pack = Pack()
    snap = pack.with_faults(["cell_ovp", "cell_uvp"])
    assert snap.allowed == 0
    assert snap.balance_ok
    for current_ma in CURRENTS_MA:
        snap.current_ma = current_ma
        pack.rig.arbiter.step(0)
        assert snap.gates_cmd == 0


def test_a_welded_discharge_mosfet_keeps_the_charge_mosfet_closed_while_current_flows():
    # D36: the other one opens only by its own faults, and even then not under current.
    bench = Bench()
    bench.switch(BOTH)
    assert bench.step(CHG, True, DSG, 0, -50_000) == CHG
    assert bench.step(0, True, DSG, 0, -50_000) == CHG
    assert bench.step(0, True, DSG, 0, -3000) == 0
    assert bench.step(0, False, DSG, 0, -50_000) == 0
