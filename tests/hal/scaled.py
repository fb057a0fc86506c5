"""Scenarios for boards of another size than the reference board.

Currents and capacities scale with the board's full scale, so that the same C rates, the
same times and the same timeline follow.
"""

from hal.virtual import scenario
from hal.virtual.pack import Pack
from hal.virtual.scenario import Scenario
from hal.virtual.sim import commissioned

_REFERENCE_MA = 200_000


class Scaled(Scenario):
    """A scenario as a board of `facts` can play it."""

    def __init__(self, name, facts):
        module = __import__("tests.scenarios." + name, None, None, ("TITLE",))
        super().__init__(name, module)
        self.scale = facts.FULL_SCALE_MA / _REFERENCE_MA
        self.pack_facts = dict(self.pack_facts)
        self.pack_facts["capacity_ah"] = self.pack_facts.get("capacity_ah", 100.0) * self.scale
        self.actions = [self._action(action) for action in self.actions]
        self.changes = {key: self._setting(key, value) for key, value in self.changes.items()}
        self._facts = facts

    def settings(self, facts):
        """The settings of the reference board, scaled and within this board's limits."""
        most = {
            "balance_max_ma": facts.BALANCE_MAX_MA,
            "dsg_limit_ma": facts.DISCHARGE_MAX_MA,
            "chg_limit_ma": int(25_000 * self.scale),
        }
        most.update(self.changes)
        count = self.changes.get("cell_count", self.pack_facts.get("count", 8))
        return commissioned(
            self.pack_facts.get("chemistry", 2),
            facts,
            count,
            int(self.pack_facts["capacity_ah"] * 1000),
            self.sensors,
            most,
        )

    def verdict(self, lines):
        """As ever, with the board's own latency on top."""
        late_s = self._facts.LATENCY_MS / 1000
        self.expect = [(at_s, within_s + late_s, what) for at_s, within_s, what in self.expect]
        return super().verdict(lines)

    def _setting(self, key, value):
        return int(value * self.scale) if key.endswith("_ma") else value

    def _action(self, action):
        at_s, verb, rest = action[0], action[1], list(action[2:])
        if verb == "charger":
            rest[1] = rest[1] * self.scale
        elif verb == "load" and rest[0] in ("amps", "watts"):
            rest[1] = rest[1] * self.scale
        elif verb == "drain":
            rest[0] = rest[0] * self.scale
        elif verb == "set":
            rest[1] = self._setting(rest[0], rest[1])
        return (at_s, verb) + tuple(rest)


def pack_of(scaled):
    """A new pack for it."""
    return Pack(**scaled.pack_facts)


def play(name, build, facts, observers=()):
    """Play `name` on the board that `build(pack)` makes; differences and the simulation."""
    chosen = Scaled(name, facts)
    board = build(chosen.pack())
    return scenario.play(chosen, observers=observers, board=board)
