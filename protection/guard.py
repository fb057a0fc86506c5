"""Guard: steps every rule and says what is allowed.

Theory of operation. Rules never know each other. They meet in one line,
`allowed &= ~rule.opens`, so every combination can be enumerated. A quiet rule that counts
no time and whose signal lies inside its band would only stay quiet, so a signal's rules are
stepped when the signal leaves its band and until they are at rest again. A new reading
costs one comparison a signal, and the table may grow. For the first seconds after a start
(`STARTING`) the rules still hold what they assumed (see `rule`); their alarms are kept
back until each had time to release, then what still holds is reported.
"""

from array import array

from micropython import const

from firmware.snapshot import NEVER_MS
from protection import signals
from protection.retry import Retry
from protection.rule import (
    BIT,
    BOTH,
    CODE,
    HOLDING,
    OPENS,
    OWN,
    RELEASED,
    SIGNAL,
    STOPS_BALANCE,
    TRIPPED,
    Rule,
)
from protection.signals import Signals
from protection.table import (
    COLD_CHARGING,
    NO_SENSORS,
    POWER_RULES,
    RULES,
    SINGLE,
    STARTING,
)

_FAR = const(0x1FFFFFFF)
_SETTLE_MS = const(200)  # beyond the longest release delay of a level rule
_WELDS = ("chg_welded", "dsg_welded")
_SHORTS = ("chg_scp", "dsg_scp")


class Guard:
    """Writes `allowed`, `assist_ok`, `balance_ok`, `power_down` and both alarm words."""

    def __init__(self, snap, board, events):
        self.snap = snap
        self.events = events
        self.rules = tuple([Rule(row) for row in RULES])
        self.power_rules = tuple([Rule(row) for row in POWER_RULES])
        for rule in self.power_rules:
            rule.reset()
        self.all_rules = self.rules + self.power_rules
        self.by_name = {rule.name: rule for rule in self.all_rules}
        self.retries = (Retry(board.facts), Retry(board.facts), Retry(board.facts))
        self.signals = Signals(snap, board, self.retries)
        self.welded = 0  # mask of MOSFETs that conduct although open (D36)
        self.standing_word = 0  # alarms that others keep lit, such as the default password
        self._standing_own = 0
        # What belongs to each signal: its rules, all of one sense, and the edge of the band in
        # which they stay at rest. While one of them does not, no value is within the edge.
        self._rules_of = tuple(
            [tuple([r for r in self.rules if r.row[SIGNAL] == i]) for i in range(signals.COUNT)]
        )
        self._rest_ends = array("i", [0] * signals.COUNT)
        self._ends = array("i", self._rest_ends)
        self._alarms_rest_ends = memoryview(self._rest_ends)[signals.ALARMS :]
        self._alarms_ends = memoryview(self._ends)[signals.ALARMS :]
        self._lows = signals.LOWS
        self._highs = signals.HIGHS
        self._every = self._highs + tuple(range(signals.ALARMS, signals.COUNT))
        self._power_busy = False
        self._power_off_mv = 0
        self._starting_ms = 0
        self._settle_ms = 0
        self._started = False
        self._rearm = board.gates.rearm
        chg, dsg, scp = self.retries
        self._retry_of = {
            "chg_ocp": chg,
            "chg_peak": chg,
            "dsg_ocp": dsg,
            "dsg_peak": dsg,
            "chg_scp": scp,
            "dsg_scp": scp,
        }
        self._chg_limit_ma = self._dsg_limit_ma = 0

    def load(self, limits):
        """Resolve every row against new limits; trips and their timers stay."""
        self.signals.load(limits)
        settle_ms = 0
        for rule in self.all_rules:
            rule.load(limits)
            if rule.clear_after_ms > settle_ms and not rule.is_timed():
                settle_ms = rule.clear_after_ms
        self._settle_ms = settle_ms + _SETTLE_MS
        self._bands()
        self._power_off_mv = limits.get("power_off_mv")
        chg, dsg, scp = self.retries
        chg.load(self.by_name["chg_ocp"].trip_after_ms)
        dsg.load(self.by_name["dsg_ocp"].trip_after_ms)
        scp.load(0)
        self._chg_limit_ma = limits.get("chg_limit_ma")
        self._dsg_limit_ma = limits.get("dsg_limit_ma")
        own = 0
        if not limits.get("sensors_fitted"):
            own |= NO_SENSORS
        if limits.get("plates_lithium"):
            own |= COLD_CHARGING
        self._standing_own = own

    def hold_after_restart(self):
        """A reset that nobody asked for counts as one retry and waits the SCPR time (D11)."""
        self.by_name["restart_hold"].force()
        self._wake(signals.NOTHING)
        self.retries[2].trip()
        self.signals.count_tries()

    def restore(self, tries, latched):
        """Take over what outlives a reset: counts of retries (D11), latched rules (D36)."""
        for retry, count in zip(self.retries, tries):
            retry.count = count
        self.signals.count_tries()
        for name in latched:
            rule = self.by_name[name]
            rule.force()
            self._wake(rule.row[SIGNAL])
            if name in _WELDS:
                self.welded |= rule.row[OPENS]

    def begin_again(self):
        """As after a start: every level rule earns its release anew."""
        for rule in self.rules:
            if not (rule.is_timed() or rule.is_latched()):
                rule.force()
        for i in range(signals.COUNT):
            self._wake(i)
        self._started = False
        self._starting_ms = 0

    def clear_latches(self):
        """An authorised clear: the retry latches and the MOSFET latch, nothing else."""
        for retry in self.retries:
            retry.clear()
        self.signals.count_tries()
        for rule in self.rules:
            if rule.is_latched() and rule.tripped:
                rule.reset()
                self.welded &= ~rule.row[OPENS]
                self._post(rule, False, 0)

    def due_ms(self):
        """Time until the next trip, should nothing change; very long when none is near."""
        due_ms = NEVER_MS
        for rule in self.all_rules:
            if rule.held_ms and not rule.tripped:
                due_ms = min(due_ms, rule.trip_after_ms - rule.held_ms)
        return due_ms

    def step(self, dt_ms, release_ms):
        """Judge this sample: `dt_ms` counts towards trips, `release_ms` towards releases."""
        snap = self.snap
        judged = self.signals
        judged.step()
        values = judged.values
        snap.allowed = BOTH
        snap.fault_word = self.standing_word
        snap.own_word = self._standing_own
        snap.assist_ok = snap.balance_ok = True
        ends = self._ends
        alarmed = judged.alarms != judged.calm or self._alarms_ends != self._alarms_rest_ends
        for i in self._lows:
            if values[i] < ends[i]:
                self._judge(i, values[i], dt_ms, release_ms)
        for i in self._every if alarmed else self._highs:
            if values[i] > ends[i]:
                self._judge(i, values[i], dt_ms, release_ms)
        if alarmed:
            self._retry(values, release_ms)
        snap.power_down = False
        if self._power_busy or snap.cell_min_mv < self._power_off_mv:
            snap.power_down = self._power(values, release_ms)
        if not self._started:
            self._start(values, release_ms)

    def _judge(self, i, value, dt_ms, release_ms):
        busy = False
        for rule in self._rules_of[i]:
            verdict = rule.step(value, dt_ms, release_ms)
            if verdict >= HOLDING:
                self._hold(rule)
            if verdict == TRIPPED or verdict == RELEASED:
                self._edge(rule, verdict, value)
            if rule.tripped or rule.held_ms:
                busy = True
        if busy:
            self._wake(i)
        else:
            self._ends[i] = self._rest_ends[i]

    def _hold(self, rule):
        row = rule.row
        snap = self.snap
        snap.allowed &= ~row[OPENS]
        snap.fault_word |= row[BIT]
        snap.own_word |= row[OWN]
        if row[OPENS] == BOTH:
            snap.assist_ok = False
        if row[STOPS_BALANCE]:
            snap.balance_ok = False

    def _bands(self):
        for i in range(signals.COUNT):
            rules = self._rules_of[i]
            if rules:
                self._rest_ends[i] = min([rule.trip for rule in rules]) * rules[0].sense
            self._wake(i)

    def _wake(self, i):
        self._ends[i] = _FAR if i in self._lows else -_FAR

    def _power(self, values, release_ms):
        # Lost time hurries a power-off no more than it hurries a release (D7).
        self.signals.rest()
        self._power_busy = down = False
        for rule in self.power_rules:
            value = values[rule.row[SIGNAL]]
            verdict = rule.step(value, release_ms, release_ms)
            if verdict >= HOLDING:
                self._hold(rule)
                down = True
            if verdict == TRIPPED or verdict == RELEASED:
                self._edge(rule, verdict, value)
            if rule.tripped or rule.held_ms:
                self._power_busy = True
        return down

    def _start(self, values, release_ms):
        snap = self.snap
        snap.balance_ok = False
        if self._starting_ms < self._settle_ms:
            self._starting_ms += release_ms
            snap.fault_word = self.standing_word
            snap.own_word = STARTING
            return
        self._started = True
        for rule in self.rules:
            if rule.tripped:
                self._post(rule, True, values[rule.row[SIGNAL]])

    def _edge(self, rule, verdict, value):
        if verdict == TRIPPED:
            retry = self._retry_of.get(rule.name)
            if retry:
                retry.trip()
                self.signals.count_tries()
            if rule.name in _WELDS:
                self.welded |= rule.row[OPENS]
        elif rule.name in _SHORTS:
            # The gates follow one step later, when the latch is seen to have let go.
            self._rearm()
            self.snap.allowed = 0
            self.snap.assist_ok = False
        if self._started:
            self._post(rule, verdict == TRIPPED, value)

    def _post(self, rule, tripped, value):
        code = rule.row[CODE]
        if not tripped:
            code = code | 0x100 if code in SINGLE else code + 1
        limit = rule.trip if tripped or rule.is_timed() or rule.is_latched() else rule.clear
        self.events.post(code, value, limit * rule.sense)

    def _retry(self, values, dt_ms):
        snap = self.snap
        chg_ma = values[signals.CHG_MA]
        dsg_ma = values[signals.DSG_MA]
        chg, dsg, scp = self.retries
        attached = snap.load_present or snap.charger_present
        before = chg.count + dsg.count + scp.count
        chg.step(chg_ma, self._chg_limit_ma, snap.charger_present, dt_ms)
        dsg.step(dsg_ma, self._dsg_limit_ma, snap.load_present, dt_ms)
        scp.step(chg_ma + dsg_ma, self._dsg_limit_ma, attached, dt_ms)
        if chg.count + dsg.count + scp.count != before:
            self.signals.count_tries()
