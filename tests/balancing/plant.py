"""A pack of real-looking cells for the balancing benchmark: physics only, no device code.

Each cell has its own capacity, charge, resistances and hysteresis state:

    v = ocv_mid(soc) + h * half_gap(soc) + R0 i + v1 + v2,   dh = gamma |dsoc| (sign(i) - h)

Sensors see it with a fixed offset per cell and in steps of 1 mV. Currents are in
ampere (+ charges), charge in Ah, voltages in volt, SOC 0..1.
"""

import math

NODES = 400


class Curve:
    """Open-circuit voltage of one cell type, resampled to a uniform grid of SOC."""

    def __init__(self, profile):
        soc, low, high = profile["soc"], profile["dis"], profile["chg"]
        self.mid, self.gap = [], []
        j = 0
        for node in range(NODES + 1):
            s = node / NODES
            while j < len(soc) - 2 and soc[j + 1] < s:
                j += 1
            f = (s - soc[j]) / (soc[j + 1] - soc[j])
            a = low[j] + f * (low[j + 1] - low[j])
            b = high[j] + f * (high[j + 1] - high[j])
            self.mid.append((a + b) / 2)
            self.gap.append((b - a) / 2)
        self.gamma = profile["gamma"]
        self.r0, self.r1, self.r2 = profile["R0"], profile["R1"], profile["R2"]
        self.tau1, self.tau2 = profile["tau1"], profile["tau2"]

    def ocv(self, soc, h):
        """Voltage at rest; beyond full and empty the last slope goes on, steeper."""
        x = soc * NODES
        if x >= NODES:
            return self.mid[NODES] + h * self.gap[NODES] + (x - NODES) * 0.03
        if x <= 0:
            return self.mid[0] + h * self.gap[0] + x * 0.1
        j = int(x)
        f = x - j
        mid, gap = self.mid, self.gap
        return mid[j] + f * (mid[j + 1] - mid[j]) + h * (gap[j] + f * (gap[j + 1] - gap[j]))


class Cell:
    """One cell; `missing_ah` is the charge that it lacks to full, the truth of the benchmark."""

    def __init__(self, curve, capacity_ah, soc, r_factor=1.0, offset_mv=0.0, h=0.0):
        self.curve, self.capacity_ah = curve, capacity_ah
        self.missing_ah = (1 - soc) * capacity_ah
        scale = r_factor / capacity_ah
        self.r0_ohm, self.r1_ohm = curve.r0 * scale, curve.r1 * scale
        self.r2_ohm = curve.r2 * scale
        self.turn = curve.gamma / capacity_ah
        self.offset_mv, self.h = offset_mv, h
        self.v1 = self.v2 = 0.0
        self.look()

    def look(self):
        """Work out `emf_v`, the voltage without the drop over R0, from the state."""
        soc = 1 - self.missing_ah / self.capacity_ah
        self.emf_v = self.curve.ocv(soc, self.h) + self.v1 + self.v2

    def voltage(self, amps):
        return self.emf_v + amps * self.r0_ohm

    def step(self, amps, decay1, decay2, dt_s):
        ah = amps * dt_s / 3600
        if ah:
            self.missing_ah -= ah
            goal = 1.0 if ah > 0 else -1.0
            self.h = goal + (self.h - goal) * math.exp(-self.turn * abs(ah))
        self.v1 += (amps * self.r1_ohm - self.v1) * (1 - decay1)
        self.v2 += (amps * self.r2_ohm - self.v2) * (1 - decay2)
        self.look()

    def seen_v(self, amps):
        """What the board measures: its offset, 1 mV steps."""
        return round(self.voltage(amps) * 1000 + self.offset_mv) / 1000


class Pack:
    """Cells in series with one shuttle of charge between two of them."""

    def __init__(self, cells, dt_s, i_take_a=2.0, kappa=0.9):
        self.cells, self.dt_s = cells, dt_s
        curve = cells[0].curve
        self.decay1 = math.exp(-dt_s / curve.tau1)
        self.decay2 = math.exp(-dt_s / curve.tau2)
        self.i_take_a, self.kappa = i_take_a, kappa
        self.r0_ohm = sum([c.r0_ohm for c in cells])

    def emf(self):
        return sum([c.emf_v for c in self.cells])

    def seen_v(self, amps):
        return [c.seen_v(amps) for c in self.cells]

    def step(self, amps, pair, share=1.0):
        """Advance by dt; `pair` = (from, to) or None; `share` of the time the shuttle runs."""
        source, sink = pair if pair else (-1, -1)
        for i, cell in enumerate(self.cells):
            own = amps
            if i == source:
                own -= self.i_take_a * share
            elif i == sink:
                own += self.i_take_a * self.kappa * share
            cell.step(own, self.decay1, self.decay2, self.dt_s)

    def missing_ah(self):
        return [c.missing_ah for c in self.cells]

    def spread_ah(self):
        missing = self.missing_ah()
        return max(missing) - min(missing)


def bound_ah(missing_ah, kappa):
    """Charge that one shuttle must take at least: the level q* by bisection, in Ah."""
    charge = [-m for m in missing_ah]
    low, high = min(charge), max(charge)
    for _ in range(60):
        level = (low + high) / 2
        taken = sum(max(q - level, 0) for q in charge)
        needed = sum(max(level - q, 0) for q in charge)
        if kappa * taken > needed:
            low = level
        else:
            high = level
    return sum(max(q - high, 0) for q in charge)
