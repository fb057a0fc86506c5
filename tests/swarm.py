"""Seeded simulation with a swarm of faults: anything may happen, the invariants hold (campaign 7).

`python -m tests.swarm SEED [HOURS]` replays one seed and prints its timeline.
"""

import random
import sys

import tests  # noqa: F401
from firmware.settings import CHEMISTRIES, Refused
from hal.virtual import faults
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation, commissioned
from hal.virtual.timeline import clock_text
from tests.invariants import Invariants
from tests.parser import Parser

SENSOR_TARGETS = ["cell1", "cell4", "cell6", "tap0", "tap3", "tap6"] + list(faults.SENSORS)
# What no firmware can see through is kept out: see tests/README.md.
ACTUATORS = [("chg", "welded"), ("dsg", "welded"), ("chg", "slow"), ("dsg", "slow")] + [
    ("readback", "stuck"),
    ("charger_detect", "stuck"),
    ("load_detect", "stuck"),
    ("clock", "stall"),
]


class Swarm:
    """One seed: a random pack, and a random life."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        r = self.random
        chemistry = r.choice(sorted(CHEMISTRIES))
        fewest, most = CHEMISTRIES[chemistry][3:5]
        count = r.randint(fewest, most)
        capacity_ah = r.choice([20.0, 100.0, 280.0])
        pack = Pack(chemistry, count, capacity_ah, r.uniform(0.02, 0.99), r.uniform(-15, 40))
        for i in range(count):
            pack.cells.capacity_ah[i] *= r.uniform(0.97, 1.03)
            pack.cells.soc[i] += r.uniform(-0.03, 0.03)
        pack.touch()
        self.sim = Simulation(pack)
        facts = self.sim.board.facts
        settings = commissioned(chemistry, facts, count, int(capacity_ah * 1000))
        self.sim.settings = settings
        self.sim.bms.apply(settings)
        self.sim.observers.append(Invariants())
        self.sim.jitter = lambda step: r.choice((0, 0, 0, 0, 1, 3, 40))
        self.full_v = CHEMISTRIES[chemistry][0] / 1000 * count

    def live(self, hours):
        """Live through `hours`; an invariant that breaks raises."""
        sim, r = self.sim, self.random
        end_ms = sim.clock.now_ms + hours * 3_600_000
        while sim.clock.now_ms < end_ms:
            sim.run(r.choice((0.5, 3, 10, 30, 90)))
            self._happen(r, sim)

    def _happen(self, r, sim):
        pack, board = sim.pack, sim.board
        what = r.randrange(18)
        if what == 0:
            pack.charger.attach(r.uniform(0.8, 1.15) * self.full_v, r.choice((5, 20, 60, 210)))
        elif what in (1, 2):
            pack.charger.detach()
        elif what == 3:
            pack.load.attach("amps", r.choice((0.5, 5, 40, 150, 260, 380)))
        elif what == 4:
            pack.load.attach("ohms", r.uniform(0.1, 3))
        elif what == 5:
            pack.load.attach("short", r.uniform(0.001, 0.02), r.uniform(0, 2e-5))
        elif what in (6, 7, 8):
            pack.load.detach()
        elif what == 9:
            pack.cells.ambient_c = r.uniform(-30, 65)
        elif what == 10:
            pack.mos_c = r.uniform(20, 100)
        elif what == 11:
            kind = r.choice(sorted(faults.SENSOR_KINDS))
            board.faults.set(r.choice(SENSOR_TARGETS), kind)
        elif what == 12:
            board.faults.set(*r.choice(ACTUATORS))
        elif what == 13:
            for target in list(board.faults.sensors) + list(board.faults.actuators):
                board.faults.clear(target)
        elif what == 14:
            board.power.pressed = r.random() < 0.5
        elif what == 15:
            pack.cells.temp_c = [r.uniform(-30, 70)] * pack.cells.count
        elif what == 16:
            pack.cells.soc[r.randrange(pack.cells.count)] = r.choice((-0.005, 0.02, 0.99, 1.01))
            pack.touch()
        elif sim.bms:
            self._person(r, sim)

    def _person(self, r, sim):
        key = r.choice(("chg_switch_on", "dsg_switch_on", "cell_ovp_mv", "chg_limit_ma", "clear"))
        if key == "clear":
            sim.bms.guard.clear_latches()
            return
        value = r.randint(0, 1) if key.endswith("_on") else r.randint(-10, 60_000)
        before = list(sim.bms.settings.values)
        try:
            sim.bms.change({key: value})
        except Refused as refused:
            assert refused.key and refused.reason
            assert list(sim.bms.settings.values) == before


def main(argv):
    parser = Parser(prog="python -m tests.swarm")
    parser.add_argument("seed", type=int)
    parser.add_argument("hours", type=float, nargs="?", default=0.5)
    args = parser.parse_args(argv)
    swarm = Swarm(args.seed)
    try:
        swarm.live(args.hours)
    finally:
        for ms, what, why in swarm.sim.timeline.lines:
            print(clock_text(ms), what, why)
        print("errors:", swarm.sim.errors, "faults:", sorted(swarm.sim.board.faults.sensors))


if __name__ == "__main__":
    main(sys.argv[1:])
