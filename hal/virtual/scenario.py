"""Scenarios: what is done to the pack, and what must follow, as data.

A scenario is a module of `tests/scenarios` with TITLE, optional PACK (arguments of
`Pack`), SETTINGS (changes of parameters), SENSORS (fitted), DO (second, action,
arguments …), UNTIL_S and EXPECT (second, ± seconds, what). The verdict is strict: the
timeline must hold the expected lines in that order and nothing else.
"""

from firmware.settings import Refused
from hal.virtual.board import VirtualBoard
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation, commissioned
from hal.virtual.timeline import clock_text


class Scenario:
    """One scenario, ready to be played on a simulation."""

    def __init__(self, name, module):
        self.name = name
        self.title = module.TITLE
        self.pack_facts = getattr(module, "PACK", {})
        self.changes = getattr(module, "SETTINGS", {})
        self.sensors = getattr(module, "SENSORS", 3)
        self.actions = module.DO
        self.until_s = module.UNTIL_S
        self.expect = module.EXPECT

    def pack(self):
        """A new pack as the scenario wants it."""
        return Pack(**self.pack_facts)

    def settings(self, facts):
        """The settings as a person has set them up for this scenario."""
        chemistry = self.pack_facts.get("chemistry", 2)
        count = self.changes.get("cell_count", self.pack_facts.get("count", 8))
        capacity_mah = int(self.pack_facts.get("capacity_ah", 100) * 1000)
        return commissioned(chemistry, facts, count, capacity_mah, self.sensors, self.changes)

    def verdict(self, lines):
        """Differences between the timeline and what was expected; empty when it passed."""
        wrong = []
        happened = [line for line in lines if not line[1].startswith("> ")]
        for i in range(max(len(happened), len(self.expect))):
            if i >= len(self.expect):
                ms, what, _ = happened[i]
                wrong.append("%s: unexpected: %s" % (clock_text(ms), what))
            elif i >= len(happened):
                wrong.append("missing: %s at %s s" % (self.expect[i][2], self.expect[i][0]))
            else:
                ms, what, _ = happened[i]
                at_s, within_s, expected = self.expect[i]
                if what != expected:
                    wrong.append("%s: %s where %s was due" % (clock_text(ms), what, expected))
                elif abs(ms / 1000 - at_s) > within_s:
                    wrong.append(
                        "%s: %s is not within %s s of %s s" % (clock_text(ms), what, within_s, at_s)
                    )
        return wrong


def load(name):
    """The scenario of that name; raises ValueError that lists the names."""
    if name not in names():
        raise ValueError("SCENARIO: no %r; there are %s" % (name, ", ".join(names())))
    module = __import__("tests.scenarios." + name, None, None, ("TITLE",))
    return Scenario(name, module)


def names():
    """Names of all scenarios: the files of tests/scenarios."""
    import os

    here = __file__.replace("\\", "/").rsplit("/hal/", 1)[0] if "/hal/" in __file__ else "."
    files = os.listdir(here + "/tests/scenarios")
    return sorted([f[:-3] for f in files if f.endswith(".py") and f[0] != "_" and f[:5] != "test_"])


def do(board, bms, timeline, action):
    """Carry out one action of a scenario."""
    verb, rest = action[1], action[2:]
    pack = board.pack
    timeline.note("> " + " ".join([str(part) for part in action[1:]]))
    if verb == "charger":
        pack.charger.attach(*rest)
    elif verb == "unplug":
        pack.charger.detach()
    elif verb == "load":
        pack.load.attach(*rest)
    elif verb == "unload":
        pack.load.detach()
    elif verb == "fault":
        board.faults.set(*rest)
    elif verb == "heal":
        board.faults.clear(*rest)
    elif verb == "ambient":
        pack.cells.ambient_c = rest[0]
    elif verb == "temperature":
        pack.cells.temp_c = [rest[0]] * pack.cells.count
    elif verb == "drain":
        pack.cells.leak_a = [rest[0]] * pack.cells.count
    elif verb == "mos":
        pack.mos_c = rest[0]
    elif verb == "soc":
        pack.cells.soc[rest[0] - 1] = rest[1]
        pack.touch()
    elif verb == "press":
        board.power.pressed = rest[0]
    elif verb == "set":
        try:
            bms.change({rest[0]: rest[1]})
        except Refused as refused:
            timeline.note("refused " + refused.key, refused.reason)
    elif verb == "clear":
        bms.guard.clear_latches()
    else:
        raise ValueError("scenario: no action %r" % (verb,))


def play(scenario, say=None, observers=(), board=None):
    """Play at full speed; the simulation afterwards, and the list of differences."""
    board = board or VirtualBoard(scenario.pack())
    sim = Simulation(settings=scenario.settings(board.facts), board=board)
    sim.timeline.say = say
    sim.observers.extend(observers)
    for action in scenario.actions:
        sim.run(action[0] - sim.clock.now_ms / 1000)
        do(sim.board, sim.bms, sim.timeline, action)
    sim.run(scenario.until_s - sim.clock.now_ms / 1000)
    return sim, scenario.verdict(sim.timeline.lines)
