"""Cells: open-circuit voltage with hysteresis, R0, two RC pairs, heat, self-discharge.

Theory of operation. The terminal voltage is base + current · R0, where base (open
circuit plus both RC pairs) moves slowly. So base is brought up to date only every
`FLUSH_S`, from the charge that flowed meanwhile; between two flushes one multiplication
a cell gives the voltage at once. The hysteresis state turns from the discharge branch
(0) to the charge branch (1) over a few per cent of charge (one-state model of Plett).
"""

import math

from hal.virtual.curves import CURVES

FLUSH_S = 0.5

_KELVIN = 273.15
_HEAT_J_PER_K_AH = 20.0  # about 1 kg of cell for 50 Ah at 1 kJ/kgK
_AMBIENT_K_PER_W = 3.0
_COEFFICIENT_MV_PER_K = 0.1  # entropy: the open circuit moves a little with temperature


class Cells:
    """n cells in series; lists of floats, one entry a cell. Volts, ohms, degC, Ah."""

    def __init__(self, chemistry, count, capacity_ah, soc, ambient_c=25.0):
        curve = CURVES[chemistry]
        self.dis, self.chg, self.gamma = curve[:3]
        self.count = count
        self.ambient_c = ambient_c
        self.capacity_ah = [capacity_ah] * count
        self.soc = [soc] * count
        self.hysteresis = [0.5] * count
        self.u1 = [0.0] * count
        self.u2 = [0.0] * count
        self.temp_c = [ambient_c] * count
        self.leak_a = [0.0] * count
        self.aged = [1.0] * count  # factor on every resistance
        self._curve = curve
        self.base_v = [0.0] * count
        self.r0 = [0.0] * count
        self.flush(1e-6, 0.0, None, 0.0)

    def flush(self, dt_s, charge_as, moved_cell, moved_as):
        """Let `dt_s` pass in which `charge_as` (A·s, + charges) went through all cells.

        `moved_as` went through cell `moved_cell` alone (the balancer's).
        """
        for i in range(self.count):
            q_as = charge_as - self.leak_a[i] * dt_s
            if i == moved_cell:
                q_as += moved_as
            self._flush_cell(i, dt_s, q_as)

    def _flush_cell(self, i, dt_s, q_as):
        curve = self._curve
        current_a = q_as / dt_s
        capacity_ah = self.capacity_ah[i]
        kelvin = self.temp_c[i] + _KELVIN
        scale = self.aged[i] / capacity_ah * math.exp(curve[8] * (1 / kelvin - 1 / 298.15))
        dsoc = q_as / 3600.0 / capacity_ah
        soc = self.soc[i] + dsoc
        self.soc[i] = soc

        target = 1.0 if dsoc > 0 else 0.0
        turn = self.gamma * abs(dsoc)
        self.hysteresis[i] += (target - self.hysteresis[i]) * min(1.0, turn)

        keep = math.exp(-dt_s / curve[5])
        self.u1[i] = self.u1[i] * keep + current_a * curve[4] * scale * (1 - keep)
        keep = math.exp(-dt_s / curve[7])
        self.u2[i] = self.u2[i] * keep + current_a * curve[6] * scale * (1 - keep)

        r0 = curve[3] * scale
        self.r0[i] = r0
        heat_w = current_a * (current_a * r0 + self.u1[i] + self.u2[i])
        lost_w = (self.temp_c[i] - self.ambient_c) / _AMBIENT_K_PER_W
        self.temp_c[i] += (heat_w - lost_w) * dt_s / (_HEAT_J_PER_K_AH * capacity_ah)
        self.base_v[i] = self.ocv(i) + self.u1[i] + self.u2[i]

    def ocv(self, i):
        """Open-circuit voltage of cell `i` now, V; beyond 0..100 % the curve goes on steeply."""
        soc = self.soc[i]
        h = self.hysteresis[i]
        place = soc * 100.0
        at = int(place)
        if place < 0:
            at = 0
        elif at > 99:
            at = 99
        part = place - at
        if soc > 1.0:
            part = 1.0 + (soc - 1.0) * 500.0
        elif soc < 0.0:
            part = soc * 300.0
        dis = self.dis[at] + (self.dis[at + 1] - self.dis[at]) * part
        chg = self.chg[at] + (self.chg[at + 1] - self.chg[at]) * part
        mv = dis + (chg - dis) * h + _COEFFICIENT_MV_PER_K * (self.temp_c[i] - 25.0)
        return mv / 1000.0 if mv > 0 else 0.0
