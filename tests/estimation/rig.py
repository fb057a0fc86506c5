"""A cell of the profile's own kind, simulated apart from the firmware.

The oracle for the estimator's tests: it integrates the equations of cell.py's
docstring directly, one second at a time, from the table in volts, and knows
its true state of charge.
"""

from math import exp

from firmware.estimation.tables import KEYS, LFP_TABLE, LI_ION_TABLE, SOC_PERCENT


def opened(table):
    """A shipped table as lists: per mille, 0.1 mV."""
    table = dict(zip(KEYS, table))
    table["soc_pm"] = [10 * percent for percent in SOC_PERCENT]
    for key in ("dis", "chg"):
        low_first = table[key]
        table[key + "_dmv"] = [
            low_first[2 * n] + 256 * low_first[2 * n + 1] for n in range(len(SOC_PERCENT))
        ]
    return table


TABLES = {1: opened(LI_ION_TABLE), 2: opened(LFP_TABLE)}
_LAG = {1: 0.0, 2: 0.06}  # SOC by which the surface runs ahead, per C rate
_LAG_PART = {1: 0.0, 2: 0.2}  # of the slow resistance, which that explains


def owner_table(chemistry):
    """The shipped table in the form in which an owner loads his own."""
    table = dict(TABLES[chemistry], chem=(None, "NMC", "LFP")[chemistry])
    table["soc"] = [0.001 * pm for pm in table["soc_pm"]]
    table["dis"] = [0.0001 * dmv for dmv in table["dis_dmv"]]
    table["chg"] = [0.0001 * dmv for dmv in table["chg_dmv"]]
    return table


def at(table, key, z):
    """The table's branch at z, volts."""
    soc = table["soc_pm"]
    n = 0
    while n < len(soc) - 2 and soc[n + 1] < 1000.0 * z:
        n += 1
    ys = table[key]
    return 1e-4 * (ys[n] + (1000.0 * z - soc[n]) / (soc[n + 1] - soc[n]) * (ys[n + 1] - ys[n]))


class Cell:
    """z is the truth; step() returns the terminal voltage at 25 degrees."""

    def __init__(self, chemistry, z, h=0.0):
        self.t = TABLES[chemistry]
        self.z = z
        self.h = h
        self.u1 = self.u2 = self.u3 = 0.0
        self.lag = _LAG[chemistry]
        self.slow = 1.0 - _LAG_PART[chemistry]

    def step(self, dt_s, rate_c):
        t = self.t
        self.z += rate_c * dt_s / 3600.0
        k = exp(-dt_s / t["tau1"])
        self.u1 = k * self.u1 + (1 - k) * rate_c
        k = exp(-dt_s / t["tau2"])
        self.u2 = k * self.u2 + (1 - k) * rate_c
        k = exp(-dt_s / 1000.0)
        self.u3 = k * self.u3 + (1 - k) * rate_c
        k = exp(-t["gamma"] * abs(rate_c) * dt_s / 3600.0)
        if rate_c:
            self.h = k * self.h + (1 - k) * (1 if rate_c > 0 else -1)
        z = min(max(self.z, 0.0), 1.0)
        surface = min(max(self.z + self.lag * self.u3, 0.0), 1.0)
        low_v = at(t, "dis_dmv", surface)
        half = min(0.5 * (at(t, "chg_dmv", surface) - low_v), t["half_max"])
        low = exp(-z / t["b"])
        return (
            low_v
            + half * (2 * t["w_mid"] + t["m_h"] * self.h)
            + rate_c * t["R0"] * (1 + t["a0"] * low)
            + self.u1 * t["R1"] * (1 + min(t["a1"], 5.0) * low)
            + self.u2 * t["R2"] * self.slow
        )


def drive(estimator, cell, pattern, offset_c=0.0, scale=1.0, volt_v=0.0, dt_s=5.0):
    """Run a pattern of (C rate, seconds) through estimator and cell."""
    for rate, seconds in pattern:
        for _ in range(int(seconds / dt_s)):
            volt = cell.step(dt_s, rate) + volt_v
            estimator.step(dt_s, rate * scale + offset_c, volt, 25.0)
            while estimator.work():
                pass


class Snap:
    """The fields of the loop's snapshot that the gauge reads."""

    def __init__(self, cell_count=4):
        from array import array

        self.current_ma = 0
        self.current_age_ms = 0
        self.cell_mv = array("H", [3300] * cell_count)
        self.cell_count = cell_count
        self.cells_age_ms = 0
        self.gates_on = 3
        self.t1_dc = 250
        self.t2_dc = -2000


class Settings:
    """What the gauge takes from the settings."""

    def __init__(self, chemistry=2, cell_count=4, capacity_mah=100_000, cell_table=0):
        self.chemistry = chemistry
        self.cell_table = cell_table
        self.cell_count = cell_count
        self.capacity_mah = capacity_mah

    def get(self, key):
        return getattr(self, key)
