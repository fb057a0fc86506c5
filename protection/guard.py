"""Guard: steps every rule and says what is allowed.

Theory of operation. Rules never know each other. They meet in one line,
`allowed &= ~rule.opens`, so every combination can be enumerated. For the first seconds
after a start (`STARTING`) the rules still hold what they assumed (see `rule`); their
alarms are kept back until each had time to release, then what still holds is reported.
"""

from protection import signals
from protection.retry import Retry
from protection.rule import BOTH, HOLDING, RELEASED, TRIPPED, Rule
from protection.signals import Signals
from protection.table import (
    COLD_CHARGING,
    NO_SENSORS,
    POWER_RULES,
    RULES,
    SINGLE,
    STARTING,
)

_SETTLE_MS = 200  # beyond the longest release delay of a level rule


class Guard:
    """Writes `allowed`, `fault_word`, `own_word`, `assist_ok`, `balance_ok`, `power_down`."""

    def __init__(self, snap, board, events):
        self.snap = snap
        self.events = events
        self.rules = tuple([Rule(row) for row in RULES])
        self.power_rules = tuple([Rule(row) for row in POWER_RULES])
        for rule in self.power_rules:
            rule.reset()
        self.all_rules = self.rules + self.power_rules
        self.by_name = {rule.name: rule for rule in self.all_rules}
        self.chg_retry = Retry(board.facts)
        self.dsg_retry = Retry(board.facts)
        self.scp_retry = Retry(board.facts)
        self.retries = (self.chg_retry, self.dsg_retry, self.scp_retry)
        self.signals = Signals(snap, board, self.retries)
        self.welded = 0  # mask of MOSFETs that conduct although open (D36)
        self.standing_word = 0  # alarms that others keep lit, such as the default password
        self._standing_own = 0
        self._starting_ms = 0
        self._started = False
        self._rearm = board.gates.rearm
        self._retry_of = {
            "chg_ocp": self.chg_retry,
            "chg_peak": self.chg_retry,
            "dsg_ocp": self.dsg_retry,
            "dsg_peak": self.dsg_retry,
            "chg_scp": self.scp_retry,
            "dsg_scp": self.scp_retry,
        }
        self._chg_limit_ma = self._dsg_limit_ma = 0

    def load(self, limits):
        """Resolve every row against new limits; trips and their timers stay."""
        self.signals.load(limits)
        settle_ms = 0
        for rule in self.power_rules:
            rule.load(limits)
        for rule in self.rules:
            rule.load(limits)
            if rule.clear_after_ms > settle_ms and not rule.is_timed():
                settle_ms = rule.clear_after_ms
        self._settle_ms = settle_ms + _SETTLE_MS
        self.chg_retry.load(self.by_name["chg_ocp"].trip_after_ms)
        self.dsg_retry.load(self.by_name["dsg_ocp"].trip_after_ms)
        self.scp_retry.load(0)
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
        self.scp_retry.trip()

    def clear_latches(self):
        """An authorised clear: the retry latches and the MOSFET latch, nothing else."""
        for retry in self.retries:
            retry.clear()
        for rule in self.all_rules:
            if rule.is_latched() and rule.tripped:
                rule.reset()
                self.welded &= ~rule.opens
                self.events.post(rule.code | 0x100, 0, 0)

    def step(self, dt_ms, release_ms):
        """Judge this sample: `dt_ms` counts towards trips, `release_ms` towards releases."""
        snap = self.snap
        self.signals.step(dt_ms)
        values = self.signals.values
        allowed = BOTH
        word = self.standing_word
        own = self._standing_own
        balance_ok = assist_ok = True
        for rule in self.rules:
            verdict = rule.step(values[rule.signal], dt_ms, release_ms)
            if verdict:
                if verdict >= HOLDING:
                    allowed &= ~rule.opens
                    word |= rule.bit
                    own |= rule.own
                    if rule.opens == BOTH:
                        assist_ok = False
                    if rule.stops_balance:
                        balance_ok = False
                if verdict != HOLDING:
                    self._edge(rule, verdict, values[rule.signal])
        power_down = False
        for rule in self.power_rules:
            verdict = rule.step(values[rule.signal], release_ms, release_ms)
            if verdict >= HOLDING:
                power_down = True
                allowed = 0
                own |= rule.own
            if verdict and verdict != HOLDING:
                self._edge(rule, verdict, values[rule.signal])
        self._retry(values, release_ms)
        if not self._started:
            own |= STARTING
            balance_ok = False
            if self._starting_ms < self._settle_ms:
                self._starting_ms += release_ms
                word = self.standing_word
                own = STARTING
            else:
                self._report()
        snap.allowed = allowed
        snap.fault_word = word
        snap.own_word = own
        snap.assist_ok = assist_ok
        snap.balance_ok = balance_ok
        snap.power_down = power_down

    def _edge(self, rule, verdict, value):
        retry = self._retry_of.get(rule.name)
        if verdict == TRIPPED and retry:
            retry.trip()
        if verdict == RELEASED and rule.name in ("chg_scp", "dsg_scp"):
            self._rearm()
        if verdict == TRIPPED and rule.name in ("chg_welded", "dsg_welded"):
            self.welded |= rule.opens
        if self._started:
            self.post(rule, verdict == TRIPPED, value)

    def post(self, rule, tripped, value):
        """Queue the edge of a rule for the journal."""
        code = rule.code
        if not tripped:
            code = code | 0x100 if code in SINGLE else code + 1
        self.events.post(code, value, self._limit(rule, tripped))

    def _limit(self, rule, tripped):
        limit = rule.trip if tripped or rule.is_timed() else rule.clear
        return limit * rule.sense

    def _retry(self, values, dt_ms):
        snap = self.snap
        chg_ma = values[signals.CHG_MA]
        dsg_ma = values[signals.DSG_MA]
        self.chg_retry.step(chg_ma, self._chg_limit_ma, snap.charger_present, dt_ms)
        self.dsg_retry.step(dsg_ma, self._dsg_limit_ma, snap.load_present, dt_ms)
        self.scp_retry.step(
            chg_ma + dsg_ma, self._dsg_limit_ma, snap.load_present or snap.charger_present, dt_ms
        )

    def _report(self):
        self._started = True
        values = self.signals.values
        for rule in self.rules:
            if rule.tripped:
                self.post(rule, True, values[rule.signal])
