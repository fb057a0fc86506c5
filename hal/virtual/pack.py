"""Pack: cells, balance leads, the MOSFET pair with its body diodes, heat, charger, load.

Theory of operation. `advance` is told which gates are closed and lets time pass. The
current follows at once from base voltages, resistances, charger and load (there is no
inductance but that of a short); the slow states follow in flushes (see `cells`). A MOSFET
that is open still conducts the other way through its body diode, 0.8 V and hot.
"""

import math

from hal.virtual.cells import FLUSH_S, Cells
from hal.virtual.outside import Charger, Load
from protection.rule import CHG, DSG

PATH_OHMS = 0.0003  # manual table 1
DIODE_V = 0.8
BOARD_A = 0.020  # manual 2.2 c; drawn ahead of the shunt, so no sensor sees it
_MOS_J_PER_K = 150.0
_MOS_K_PER_W = 1.0
_UNLIKE = (0.3, -0.8, 0.6, 1.0, -0.2, -1.0, 0.1, 0.5)


class Pack:
    """The truth. Amps positive while charging; volts; degC; seconds."""

    def __init__(self, chemistry=2, count=8, capacity_ah=100.0, soc=0.6, ambient_c=25.0, spread=0):
        self.cells = Cells(chemistry, count, capacity_ah, soc, ambient_c)
        for i in range(count):
            # No two cells are alike: charge and capacity differ by up to ± `spread`.
            self.cells.soc[i] += spread * _UNLIKE[i]
            self.cells.capacity_ah[i] *= 1 + spread * _UNLIKE[-1 - i]
        self.charger = Charger()
        self.load = Load()
        self.lead_ohms = [0.05] * (count + 1)
        self.mos_c = ambient_c
        self.board_a = BOARD_A
        self.current_a = 0.0
        self.scp_a = 600.0  # the comparator's threshold
        self.scp_delay_s = 0.0015
        self.scp_works = True
        self.shorted = 0  # mask of directions that the comparator cut in the last advance
        self.moved_cell = None  # the cell on the tap bus
        self.moved_a = 0.0
        self.mean_as = 0.0  # charge through the shunt since `take_mean`
        self.mean_s = 0.0
        self._since_s = 0.0
        self._charge_as = 0.0
        self._moved_as = 0.0
        self._heat_j = 0.0
        self.touch()

    def _sum(self):
        self._emf_v = sum(self.cells.base_v)
        self._ohms = sum(self.cells.r0) + PATH_OHMS

    def cell_v(self, i):
        """True terminal voltage of cell `i`, V."""
        return self.cells.base_v[i] + self.current_a * self.cells.r0[i]

    def pack_v(self):
        """True voltage between B- and B+, V."""
        return self._emf_v + self.current_a * (self._ohms - PATH_OHMS)

    def soc_pm(self):
        """Charge in the pack over its capacity, per mille, 0..1000."""
        cells = self.cells
        pm = sum(cells.soc) / cells.count * 1000
        return int(min(max(pm, 0), 1000))

    def solve(self, channels):
        """The current with the MOSFETs of the mask `channels` closed, A."""
        emf_v = self._emf_v
        ohms = self._ohms
        current_a = self.charger.current_a(emf_v, ohms) - self.load.current_a(emf_v, ohms)
        if current_a > 0 and not channels & CHG or current_a < 0 and not channels & DSG:
            return 0.0
        return current_a

    def advance(self, dt_s, channels):
        """Let `dt_s` pass with the MOSFETs of the mask `channels` conducting."""
        current_a = self.solve(channels)
        if abs(current_a) > self.scp_a:
            dt_s = self._short(current_a, dt_s)
            if self.shorted:
                return dt_s
        self._flow(current_a, dt_s, channels)
        return 0.0

    def _short(self, final_a, dt_s):
        # The current rises with L/R; the comparator crosses, waits its delay, cuts. What
        # flowed until then is accounted for, the rest of the time is handed back.
        tau_s = self.load.henry / (self._ohms + self.load.amount) if self.load.henry else 0.0
        cross_s = -tau_s * math.log(1 - self.scp_a / abs(final_a)) if tau_s else 0.0
        cut_s = cross_s + self.scp_delay_s
        if not self.scp_works or cut_s > dt_s:
            return dt_s
        self._flow(final_a, cut_s, CHG | DSG)
        self.shorted = CHG if final_a > 0 else DSG
        self.current_a = 0.0
        return dt_s - cut_s

    def _flow(self, current_a, dt_s, channels):
        self.current_a = current_a
        charge_as = current_a * dt_s
        self.mean_as += charge_as
        self.mean_s += dt_s
        self._charge_as += charge_as - self.board_a * dt_s
        self._moved_as += self.moved_a * dt_s
        heat_w = current_a * current_a * PATH_OHMS
        if current_a > 0 and not channels & DSG or current_a < 0 and not channels & CHG:
            heat_w += abs(current_a) * DIODE_V
        self._heat_j += heat_w * dt_s
        self._since_s += dt_s
        if self._since_s >= FLUSH_S:
            self.flush()

    def flush(self):
        """Bring the slow states up to date."""
        dt_s = self._since_s
        if dt_s <= 0:
            return
        self.cells.flush(dt_s, self._charge_as, self.moved_cell, self._moved_as)
        lost_w = (self.mos_c - self.cells.ambient_c) / _MOS_K_PER_W
        self.mos_c += (self._heat_j - lost_w * dt_s) / _MOS_J_PER_K
        self._since_s = self._charge_as = self._moved_as = self._heat_j = 0.0
        self._sum()

    def move(self, cell, amps):
        """The balancer drives `amps` into `cell` (None: nothing is connected)."""
        self.flush()
        self.moved_cell = cell
        self.moved_a = amps

    def take_mean(self):
        """Mean current through the shunt since the last call, A."""
        if not self.mean_s:
            return self.current_a
        mean_a = self.mean_as / self.mean_s
        self.mean_as = self.mean_s = 0.0
        return mean_a

    def touch(self):
        """Recompute the sums after a test or a scenario changed cells directly."""
        self.flush()
        self.cells.flush(1e-6, 0.0, None, 0.0)
        self._sum()
