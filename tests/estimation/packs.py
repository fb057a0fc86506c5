"""The gauge on simulated packs that its model was not made from.

    python -m tests.estimation.packs [KIND …] [--seeds N] [--first S] [--from-h H] [--to-h H]

Each kind is a row of KINDS: chemistry, temperature, how it is used. The cell differs from the
firmware's model in structure (Butler-Volmer kinetics, a surface that runs ahead by another
lead, other branches and resistances by a few per cent, in `quick` hysteresis at another pace
and at the levels that the A123 recordings ask for at that pace, in `loops` play operators
between the branches as they were swept), every seed is another cell, another course and the
next row of the fault table of tests/soc.py. Prints RMSE and worst error in % SOC after 30
minutes of grace (a day under the sun), for how much of that time the truth lay outside the
published confidence, and the error of the learned capacity, in %.
"""

import math
import random
import sys

from firmware.estimation.profiles import LFP, LI_ION
from tests.estimation.rig import owner_table
from tests.make_profiles import line
from tests.parser import Parser
from tests.replay import GRACE_S, ReplayGauge
from tests.soc import FAULTS, FULL_SCALE_A, PACK_AH

_NODES = 500
_DT_S = 1.0
_SUN_DT_S = 10.0
_REST_S = 1800
_CHARGE_C = 0.35
_TAIL_C = 0.04
_FULL_V = {"lfp": 3.60, "li_ion": 4.20}
_CV_V = {"lfp": 3.50, "li_ion": 4.15}
_EMPTY_V = {"lfp": 2.5, "li_ion": 3.0}
_QUICK = 4.0  # times the table's pace
_LOOPS = (0.01, 0.04, 0.12)  # SOC, half widths
# Where the discharged branch ends, half gaps above the swept one: a sweep still drops a little;
# a state that turns quickly never ends in a drive, so its end lies lower.
_END = {"loops": (0.1, 0.4), "quick": (-0.5, -0.35)}
_TABLE = {"lfp": LFP, "li_ion": LI_ION}

# kind: chemistry, degrees while used and while charged (None: the same), course, belief,
# hysteresis
KINDS = {
    "lfp_cycles": ("lfp", (5, 25, 45), 25, "whole", (1.0,), "state"),
    "lfp_cycles_loops": ("lfp", (5, 25, 45), 25, "whole", (1.0,), "loops"),
    "lfp_windows": ("lfp", (5, 25, 45), None, "window", (1.0,), "state"),
    "lfp_cold": ("lfp", (-5,), 25, "whole", (1.0,), "state"),
    "lfp_solar": ("lfp", (25,), None, "sun", (1.0,), "state"),
    "lfp_solar_quick": ("lfp", (25,), None, "sun", (1.0,), "quick"),
    "lfp_solar_loops": ("lfp", (25,), None, "sun", (1.0,), "loops"),
    "lfp_capacity": ("lfp", (25,), None, "three", (0.85, 1.15), "state"),
    "li_ion_cycles": ("li_ion", (0, 10, 25, 40), 25, "whole", (1.0,), "state"),
    "li_ion_windows": ("li_ion", (0, 10, 25, 40), None, "window", (1.0,), "state"),
    "li_ion_cold": ("li_ion", (-10, -20), 22, "whole", (1.0,), "state"),
    "li_ion_solar": ("li_ion", (25,), None, "sun", (1.0,), "state"),
    "li_ion_capacity": ("li_ion", (25,), None, "three", (0.85, 1.15), "state"),
}


class Curve:
    """Both branches of a table over SOC, bent by a few millivolts and tenths of a per cent.

    end: half gaps from the swept discharge branch up to where the cell's own ends; None: where
    the table's state does.
    """

    def __init__(self, table, chance, end):
        waves = [(chance.gauss(0, 1), chance.uniform(0, 2 * math.pi)) for _ in range(7)]
        self.dis, self.chg = [], []
        for n in range(_NODES + 1):
            z = n / _NODES
            shift = sum(a * math.sin((k + 1) * math.pi * z) for k, (a, _) in enumerate(waves[:3]))
            volt = sum(
                a * math.sin((k + 2) * math.pi * z + phase)
                for k, (a, phase) in enumerate(waves[3:])
            )
            at = min(max(z + 0.02 * z * (1.0 - z) * shift, 0.0), 1.0)
            low = line(table["soc"], table["dis"], at)
            half = min(0.5 * (line(table["soc"], table["chg"], at) - low), table["half_max"])
            middle = low + 2.0 * table["w_mid"] * half + 0.0014 * volt
            down = table["m_h"] if end is None else 2.0 * table["w_mid"] - end
            self.dis.append(middle - down * half)
            self.chg.append(middle + table["m_h"] * half)

    def at(self, z, h):
        """Open circuit at z for hysteresis h, -1..1; beyond the ends as steep as there."""
        n = min(max(int(z * _NODES), 0), _NODES - 1)
        f = z * _NODES - n
        low = self.dis[n] + f * (self.dis[n + 1] - self.dis[n])
        high = self.chg[n] + f * (self.chg[n + 1] - self.chg[n])
        return 0.5 * (low + high + h * (high - low))


class State:
    """Hysteresis as one state that follows the charge at a pace, per C hour."""

    def __init__(self, pace, h):
        self.pace, self.h = pace, h

    def at(self, z, rate_c, moved):
        """-1 discharged to here .. 1 charged to here, after `moved` C hours."""
        if abs(rate_c) > 0.001:
            k = math.exp(-self.pace * abs(moved))
            self.h = k * self.h + (1.0 - k) * (1.0 if rate_c > 0 else -1.0)
        return self.h


class Loops:
    """Hysteresis as play operators: a small loop closes where it began (Preisach)."""

    def __init__(self, z, h, chance):
        weights = [chance.uniform(0.2, 1.0) for _ in _LOOPS]
        self.parts = [weight / sum(weights) for weight in weights]
        self.middles = [z - h * width for width in _LOOPS]

    def at(self, z, rate_c, moved):
        """As State's."""
        h = 0.0
        for n, width in enumerate(_LOOPS):
            self.middles[n] = min(max(self.middles[n], z - width), z + width)
            h += self.parts[n] * (z - self.middles[n]) / width
        return h


class Cell:
    """z is the truth; step() returns the terminal voltage."""

    def __init__(self, table, z, chance, hysteresis):
        self.table, self.z = table, z
        end = _END.get(hysteresis)
        self.curve = Curve(table, chance, end and chance.uniform(*end))
        h = chance.choice((-1.0, 1.0))
        self.scale = [chance.lognormvariate(0, 0.06) for _ in range(3)]
        self.taus = [table["tau1"] * chance.uniform(0.8, 1.2), table["tau2"]]
        self.heats = [table[key] * chance.uniform(0.85, 1.15) for key in ("e0", "e1", "e2")]
        pace = table["gamma"] * chance.uniform(0.8, 1.3)
        self.lead = chance.uniform(0.03, 0.07) if table["half_max"] > 0.03 else 0.0
        self.u = [0.0, 0.0, 0.0]
        if hysteresis == "loops":
            self.hysteresis = Loops(z, h, chance)
        else:
            self.hysteresis = State(pace * (_QUICK if hysteresis == "quick" else 1.0), h)

    def step(self, dt_s, rate_c, temp_c):
        """Let dt_s pass at rate_c (+ charges)."""
        table = self.table
        moved = rate_c * dt_s / 3600.0
        self.z += moved
        for n, tau in enumerate((*self.taus, 900.0)):
            self.u[n] += (1.0 - math.exp(-dt_s / tau)) * (rate_c - self.u[n])
        h = self.hysteresis.at(self.z, rate_c, moved)
        x = 1.0 / (temp_c + 273.15) - 1.0 / 298.15
        r0, r1, r2 = [
            table[key] * scale * math.exp(heat * x)
            for key, scale, heat in zip(("R0", "R1", "R2"), self.scale, self.heats)
        ]
        low = math.exp(-min(max(self.z, 0.0), 1.0) / table["b"])
        slow = self.u[1] * r2 * (0.8 if self.lead else 1.0)
        # Butler and Volmer: in the cold a great current needs less than it should.
        drop = 0.06 * math.asinh(self.u[0] * r1 * (1.0 + min(table["a1"], 5.0) * low) / 0.06)
        self.rest_v = self.curve.at(self.z + self.lead * self.u[2], h) + drop + slow
        self.ohm = r0 * (1.0 + table["a0"] * low)
        return self.rest_v + rate_c * self.ohm


def drive(chance):
    """C rates of a drive, a second each, for ever."""
    while True:
        kind = chance.random()
        if kind < 0.15:
            rate = 0.0
        elif kind < 0.3:
            rate = chance.uniform(0.1, 0.8)
        else:
            rate = max(-chance.expovariate(1.9), -3.0)
        for _ in range(chance.randint(3, 40)):
            yield rate


def cycles(cell, chance, chemistry, count, temp_c, charge_c, window):
    """Rows (dt s, C rate, V, degC, SOC) of drives and charges, whole or within a window."""
    rows = []
    charge_temp = temp_c if charge_c is None else charge_c

    def go(rate, temp):
        volt_v = cell.step(_DT_S, rate, temp)
        rows.append((_DT_S, rate, volt_v, temp, cell.z))
        return volt_v

    low, high = (chance.uniform(0.15, 0.3), chance.uniform(0.75, 0.9)) if window else (-1, 2)
    for _ in range(600):
        go(0.0, temp_c)
    for _ in range(count):
        for rate in drive(chance):
            if go(rate, temp_c) < _EMPTY_V[chemistry] and rate < 0 or cell.z < low:
                break
        for _ in range(_REST_S):
            go(0.0, charge_temp)
        rate = _CHARGE_C
        while rate >= _TAIL_C and cell.z < high:
            room = (_FULL_V[chemistry] - go(rate, charge_temp)) / cell.ohm
            rate = min(rate + 0.3 * room, _CHARGE_C)
        for _ in range(_REST_S):
            go(0.0, temp_c)
    return rows


def sun(cell, chance, chemistry, days, temp_c):
    """Rows of days of partial charging: clouds, bursts of load, one day in five reaches full."""
    rows = []
    load = chance.uniform(0.015, 0.03)
    for _ in range(days):
        peak = chance.uniform(0.12, 0.25) * (1.0 if chance.random() < 0.8 else 0.4)
        stop = 1.1 if chance.random() < 0.2 else chance.uniform(0.75, 0.92)
        cloud, use, is_done = 1.0, load, False
        for n in range(int(86400 / _SUN_DT_S)):
            hour = n * _SUN_DT_S / 3600.0
            if n % 30 == 0:
                cloud = min(max(cloud + chance.gauss(0, 0.25), 0.2), 1.0)
                use = load * (chance.expovariate(1.0) if chance.random() < 0.3 else 0.7)
                use += chance.uniform(0.1, 0.5) if chance.random() < 0.02 else 0.0
            rate = peak * cloud * max(math.sin((hour - 7) / 11 * math.pi), 0.0)
            rate = (rate if 7 < hour < 18 else 0.0) - use
            if rate < 0.0 and cell.z < 0.12:
                rate = -0.002
            elif rate > 0.0 and (is_done or cell.z > stop):
                rate = -use
            elif rate > 0.0 and rows:
                rate = min(rate, max((_CV_V[chemistry] - cell.rest_v) / cell.ohm, 0.0))
                is_done = rate < 0.03 and cell.z > 0.9
            volt_v = cell.step(_SUN_DT_S, rate, temp_c)
            rows.append((_SUN_DT_S, rate, volt_v, temp_c, cell.z))
    return rows


def run(kind, seed, from_h=None, to_h=None):
    """(RMSE, worst error in % SOC, outside the confidence in %, capacity error in %) of one pack.

    It is judged from from_h to to_h hours (None: after its grace, to the end), the capacity
    then; ValueError when the pack has no such time.
    """
    chemistry, temps, charge_c, course, beliefs, hysteresis = KINDS[kind]
    chance = random.Random("%s %d" % (kind, seed))
    table = owner_table(_TABLE[chemistry])
    temp_c = chance.choice(temps)
    start = 0.95 if course in ("whole", "three") else chance.uniform(0.5, 0.8)
    cell = Cell(table, start, chance, hysteresis)
    if course == "sun":
        rows = sun(cell, chance, chemistry, 14, temp_c)
    else:
        count = {"whole": 2, "window": 3, "three": 3}[course]
        rows = cycles(cell, chance, chemistry, count, temp_c, charge_c, course == "window")
    _, wrong, offset_a, gain, cell_mv, belief, noise = FAULTS[seed % len(FAULTS)]
    belief *= chance.choice(beliefs)
    soc0 = min(max(rows[0][4] + wrong, 0.0), 1.0)
    gauge = ReplayGauge(chemistry, PACK_AH * belief, soc0, FULL_SCALE_A, 4, table)
    grace_s = 86400.0 if course == "sun" else GRACE_S
    from_s = grace_s if from_h is None else 3600.0 * from_h
    to_s = math.inf if to_h is None else 3600.0 * to_h
    t_s = seconds = square = worst = outside = 0.0
    for dt_s, rate, volt_v, temp, z in rows:
        volt_v += cell_mv / 1000.0
        if noise:
            volt_v = round(volt_v + chance.gauss(0.0, 0.001), 3)
        soc = gauge.step(dt_s, rate * PACK_AH * gain + offset_a, [volt_v] * 4, [temp])
        t_s += dt_s
        if t_s > to_s:
            break
        if t_s > from_s:
            away = 100.0 * abs(soc - z)
            seconds += dt_s
            square += away * away * dt_s
            worst = max(worst, away)
            outside += dt_s * (away > 100.0 * gauge.gauge.conf())
    if not seconds:
        raise ValueError("%s has nothing from %g to %g h" % (kind, from_s / 3600, to_s / 3600))
    capacity = abs(100.0 * gauge.capacity_ah / (PACK_AH * gain) - 100.0)
    return math.sqrt(square / seconds), worst, 100.0 * outside / seconds, capacity


def main(argv=None):
    """Print a line for every kind."""
    p = Parser(prog="python -m tests.estimation.packs")
    p.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    p.add_argument("--seeds", type=int, default=22)
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--from-h", type=float, help="judge from this hour on, not after the grace")
    p.add_argument("--to-h", type=float, help="judge to this hour, not to the end")
    args = p.parse_args(argv)
    for kind in args.kinds:
        if kind not in KINDS:
            p.error("no kind %r; there are %s" % (kind, ", ".join(KINDS)))
    if args.seeds < 1:
        p.error("--seeds %d: at least 1" % args.seeds)
    names = "RMSE", "worst", "outside the confidence", "capacity error"
    head = "| packs | %s |\n" % " | ".join(name + " mean | highest" for name in names)
    head += "|---" + "|---:" * 2 * len(names) + "|\n"
    seeds = range(args.first, args.first + args.seeds)
    for kind in args.kinds or KINDS:
        try:
            columns = zip(*[run(kind, seed, args.from_h, args.to_h) for seed in seeds])
        except ValueError as error:
            p.error("--from-h, --to-h: %s" % error)
        cells = ["%.2f | %.2f" % (sum(c) / len(c), max(c)) for c in columns]
        print("%s| %s | %s |" % (head, kind, " | ".join(cells)), flush=True)
        head = ""
    return 0


if __name__ == "__main__":
    sys.exit(main())
