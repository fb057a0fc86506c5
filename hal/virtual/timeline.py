"""Timeline: what happened on the board, seen from outside, as (ms, what, why)."""

from protection.rule import CHG, DSG, SIGNAL
from protection.table import STARTING

_GATES = {0: "both off", CHG: "charge only", DSG: "discharge only", CHG | DSG: "both on"}


class Timeline:
    """Watches rules and gate lines; `lines` grows, `say` (if given) hears every line."""

    def __init__(self, board, say=None):
        self.board = board
        self.lines = []
        self.say = say
        self._bms = None
        self._seen = None
        self._held = []
        self._gates = 0

    def note(self, what, why=""):
        """Add a line."""
        line = (self.board.clock.now_ms, what, why)
        self.lines.append(line)
        if self.say:
            self.say(line)

    def watch(self, bms):
        """Compare with the last look; call it after every step."""
        snap = bms.snap
        if bms is not self._bms:
            self._bms = bms
            self._seen = None
            self._held = []
        seen = (snap.fault_word, snap.own_word, snap.allowed)
        if seen != self._seen:
            self._seen = seen
            self._rules(bms)
        gates = self.board.gates.line()
        if gates != self._gates:
            self._gates = gates
            why = "assist" if snap.assist else ", ".join(held(bms)) or "clear"
            self.note("gates " + _GATES[gates], why)

    def gates_fell(self):
        """The supply or the processor went away, and the gates with it."""
        self._gates = 0

    def _rules(self, bms):
        now = [] if bms.snap.own_word & STARTING else held(bms)
        for rule in bms.guard.all_rules:
            value = bms.guard.signals.values[rule.row[SIGNAL]]
            if rule.name in now and rule.name not in self._held:
                self.note(rule.name, "%d past %d" % (value, rule.trip * rule.sense))
            elif rule.name in self._held and rule.name not in now:
                self.note(rule.name + " released", "%d" % value)
        self._held = now


def held(bms):
    """Names of the rules that hold now."""
    return [rule.name for rule in bms.guard.all_rules if rule.tripped]


def clock_text(ms):
    """Milliseconds as h:mm:ss.mmm."""
    s = ms // 1000
    return "%d:%02d:%02d.%03d" % (s // 3600, s // 60 % 60, s % 60, ms % 1000)
