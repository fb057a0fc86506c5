"""Make the shipped cell tables from the A123 and LG recordings.

    python -m tests.make_profiles        writes firmware/estimation/tables.py

The open-circuit branches are those measured at 25 degrees. What remains of
the recordings' voltage is fitted, by least squares over means of ten seconds,
with the middle and the width of the hysteresis, R0, R1 and R2 and their rise
towards empty. Time constants, the pace of the hysteresis and the Arrhenius
temperatures are chosen, not fitted: they stand in ROWS. The LTO table is
general knowledge of such cells; no LTO cell was measured.
"""

import csv
import gzip
import os
import struct
from math import exp

DATA = os.path.join(os.path.dirname(__file__), "data", "cells")
TABLES = os.path.join(
    os.path.dirname(os.path.dirname(__file__)), "firmware", "estimation", "tables.py"
)
SOC_PM = tuple(range(0, 100, 10)) + tuple(range(100, 900, 20)) + tuple(range(900, 1001, 10))
_MEAN_OF = 10

# name, open circuit, recordings with their capacity in Ah, what was chosen
ROWS = (
    (
        "LFP",
        "lfp_a123_ocv_C30.csv",
        (("lfp_a123_dyn_p15C", 2.0529), ("lfp_a123_dyn_p35C", 2.0488)),
        dict(
            gamma=8.0,
            half_max=0.05,
            tau1=22.0,
            tau2=420.0,
            b=0.08,
            e0=1600.0,
            e1=1300.0,
            e2=2500.0,
            v100=3.5,
            v0=2.6,
        ),
    ),
    (
        "LI_ION",
        "nmc_lg_hg2_ocv_C20.csv",
        tuple(
            (name, 2.7788)
            for name in (
                "nmc_lg_p25_hppc",
                "nmc_lg_p40_hwfet",
                "nmc_lg_p10_us06",
                "nmc_lg_p00_hwfet",
            )
        ),
        dict(
            gamma=30.0,
            half_max=0.02,
            tau1=46.0,
            tau2=1500.0,
            b=0.06,
            e0=2300.0,
            e1=2100.0,
            e2=3500.0,
            v100=4.18,
            v0=3.0,
        ),
    ),
)
LTO_SOC_V = (
    (0, 1.80), (20, 2.02), (50, 2.10), (100, 2.15), (200, 2.20), (300, 2.24), (400, 2.27),
    (500, 2.31), (600, 2.36), (700, 2.42), (800, 2.49), (900, 2.57),
    (950, 2.62), (980, 2.67), (1000, 2.75),
)  # fmt: skip
LTO = dict(
    gamma=30.0, half_max=0.02, tau1=20.0, tau2=600.0, b=0.06,
    e0=1500.0, e1=1500.0, e2=2000.0, v100=2.65, v0=1.9,
    w_mid=0.5, m_h=0.5, R0=0.012, R1=0.010, R2=0.010, a0=0.5, a1=2.0,
)  # fmt: skip


def line(xs, ys, x):
    """ys at x, between the points of the rising xs."""
    if x <= xs[0]:
        return ys[0]
    for n in range(1, len(xs)):
        if x <= xs[n]:
            return ys[n - 1] + (x - xs[n - 1]) / (xs[n] - xs[n - 1]) * (ys[n] - ys[n - 1])
    return ys[-1]


def branches(name):
    """The two branches at 25 degrees, volts at SOC_PM."""
    with open(os.path.join(DATA, name), newline="") as file:
        rows = list(csv.DictReader(file))
    soc = [float(row["soc"]) for row in rows]
    return [
        [line(soc, [float(row[key]) for row in rows], pm / 1000.0) for pm in SOC_PM]
        for key in ("dis_25", "chg_25")
    ]


def looks(name, capacity_ah, p, dis, chg):
    """Means over ten seconds: the regressors of the fit, and V above dis."""
    soc = [pm / 1000.0 for pm in SOC_PM]
    grid = range(1001)
    dis = [line(soc, dis, n / 1000.0) for n in grid]
    chg = [line(soc, chg, n / 1000.0) for n in grid]
    u1 = u2 = 0.0
    h = None
    last_s = -1.0
    total = [0.0] * 8
    count = 0
    with gzip.open(os.path.join(DATA, name + ".csv.gz"), "rt", newline="") as file:
        for row in csv.DictReader(file):
            t_s, i_a, volt_v, temp_c, z = (
                float(row[key]) for key in ("t_s", "i_A", "v_V", "T_C", "soc_ref")
            )
            dt_s = t_s - last_s
            last_s = t_s
            rate = i_a / capacity_ah if dt_s < 5.0 else 0.0
            if h is None:
                h = 1.0 if z > 0.5 else -1.0
            k = exp(-dt_s / p["tau1"])
            u1 = k * u1 + (1.0 - k) * rate
            k = exp(-dt_s / p["tau2"])
            u2 = k * u2 + (1.0 - k) * rate
            k = exp(-p["gamma"] * abs(rate) * dt_s / 3600.0)
            h = k * h + (1.0 - k) * (1.0 if rate > 0 else -1.0)
            x = 1.0 / (temp_c + 273.15) - 1.0 / 298.15
            low = exp(-z / p["b"])
            n = min(max(int(z * 1000.0 + 0.5), 0), 1000)
            half = min(0.5 * (chg[n] - dis[n]), p["half_max"])
            e0, e1, e2 = exp(p["e0"] * x), exp(p["e1"] * x), exp(p["e2"] * x)
            values = (
                2 * half,
                half * h,
                rate * e0,
                rate * e0 * low,
                u1 * e1,
                u1 * e1 * low,
                u2 * e2,
                volt_v - dis[n],
            )
            for m in range(8):
                total[m] += values[m]
            count += 1
            if count == _MEAN_OF:
                if 0.05 < z < 0.93:
                    yield [value / _MEAN_OF for value in total]
                total = [0.0] * 8
                count = 0


def least_squares(rows):
    """The seven coefficients that leave the least of the last column."""
    size = 7
    a = [[0.0] * (size + 1) for _ in range(size)]
    for row in rows:
        for i in range(size):
            for j in range(size + 1):
                a[i][j] += row[i] * row[j]
    for i in range(size):
        a[i][i] *= 1.0 + 1e-6
        for k in range(size):
            if k != i:
                f = a[k][i] / a[i][i]
                for j in range(i, size + 1):
                    a[k][j] -= f * a[i][j]
    return [a[i][size] / a[i][i] for i in range(size)]


def fit(ocv, recordings, chosen):
    """A cell table as in firmware/estimation/profiles.py, 0.1 mV at SOC_PM."""
    dis, chg = branches(ocv)
    rows = []
    for name, capacity_ah in recordings:
        rows.extend(looks(name, capacity_ah, chosen, dis, chg))
    x = [max(value, 0.0) for value in least_squares(rows)]
    table = dict(chosen)
    table["w_mid"], table["m_h"] = round(min(x[0], 1.0), 4), round(x[1], 4)
    table["R0"], table["R1"], table["R2"] = round(x[2], 5), round(x[4], 5), round(x[6], 5)
    table["a0"], table["a1"] = round(x[3] / x[2], 3), round(x[5] / max(x[4], 1e-6), 3)
    table["dis"] = tuple(round(v * 10000.0) for v in dis)
    table["chg"] = tuple(round(v * 10000.0) for v in chg)
    return table


def lto():
    """The table that nobody measured, 0.1 mV at the points of LTO_SOC_V."""
    table = dict(LTO)
    table["dis"] = tuple(round((v - 0.01) * 10000.0) for _, v in LTO_SOC_V)
    table["chg"] = tuple(round((v + 0.01) * 10000.0) for _, v in LTO_SOC_V)
    return table


HEADER = '''"""Cell tables, made by tests/make_profiles.py: do not edit.

A table has a value for each of KEYS: open circuit in 0.1 mV (two bytes each, the lower
one first) at the per cents of SOC that LTO_PERCENT or SOC_PERCENT tells, resistances in
ohm Ah. They are constants, which MicroPython need not build.
LFP: A123 26650 (measured by G. Plett, UCCS; MIT).
LI_ION: LG 18650HG2 (P. Kollmeyer et al., doi 10.17632/cp3473x7xv; CC BY 4.0).
LTO: general knowledge, not measured.
"""

# fmt: off
'''
KEYS = (
    "dis", "chg", "w_mid", "half_max", "m_h", "gamma", "R0", "R1", "R2", "tau1", "tau2",
    "a0", "a1", "b", "e0", "e1", "e2", "v100", "v0",
)  # fmt: skip


def written(name, table):
    """The table as source, lines below 100 characters."""
    text = "%s_TABLE = (\n" % name
    for key in KEYS:
        value = table[key]
        if isinstance(value, tuple):
            value = quoted(struct.pack("<%dH" % len(value), *value), "        ") + "    )"
        text += "    %s,  # %s\n" % (value, key)
    return text + ")\n"


def percents(name, pms):
    """Where a table's curves have their points."""
    return "%s_PERCENT = %s)\n\n" % (name, quoted(bytes(pm // 10 for pm in pms), "    "))


def quoted(data, indent):
    """Bytes as source: what MicroPython need not copy into objects."""
    text = "(\n"
    for n in range(0, len(data), 20):
        text += '%sb"%s"\n' % (indent, "".join("\\x%02x" % x for x in data[n : n + 20]))
    return text


def main():
    """Write tables.py."""
    made = [(name, fit(ocv, recordings, chosen)) for name, ocv, recordings, chosen in ROWS]
    made.append(("LTO", lto()))
    for name, table in made:
        print(name, {key: table[key] for key in ("w_mid", "m_h", "R0", "R1", "R2", "a0", "a1")})
    with open(TABLES, "w") as file:
        file.write(HEADER + "KEYS = (\n%s)\n\n" % "".join('    "%s",\n' % key for key in KEYS))
        file.write(percents("SOC", SOC_PM) + percents("LTO", [pm for pm, _ in LTO_SOC_V]))
        file.write("\n".join(written(name, table) for name, table in made))


if __name__ == "__main__":
    main()
