"""The gauge on the recordings in tests/data/cells against the fault table.

    python -m tests.soc [--only NAME] [--generic] [--out build/soc]

Prints, for every recording and fault, RMSE / worst error in % SOC after 30
minutes of grace, for the gauge, a plain coulomb counter and a JK-like gauge
(100 % at OVP, 0 % at UVP) run beside it, and writes a plot per recording.
Recordings are scaled to 100 Ah and a sensor of 200 A. The shipped tables were
made from these very recordings: the figures show how faults are borne, not how
a cell is met that nobody measured.
"""

import argparse
import os
import random
import sys

from firmware.estimation.profiles import LFP, LI_ION
from tests.estimation.rig import owner_table
from tests.replay import ReplayGauge, errors, load, plot

DATA = os.path.join(os.path.dirname(__file__), "data", "cells")
PACK_AH = 100.0
FULL_SCALE_A = 200.0
RECORDINGS = (
    ("lfp_a123_dyn_p15C", "lfp", 2.0529),
    ("lfp_a123_dyn_p35C", "lfp", 2.0488),
    ("nmc_lg_p00_hwfet", "li_ion", 2.7788),
    ("nmc_lg_p10_us06", "li_ion", 2.7788),
    ("nmc_lg_p25_hppc", "li_ion", 2.7788),
    ("nmc_lg_p40_hwfet", "li_ion", 2.7788),
)
#  name             soc0   A     gain   mV   belief noise
FAULTS = (
    ("clean", 0.0, 0.0, 1.0, 0.0, 1.0, 0),
    ("soc0 +10", 0.1, 0.0, 1.0, 0.0, 1.0, 0),
    ("soc0 -10", -0.1, 0.02, 1.002, 2.0, 1.0, 1),
    ("soc0 +20", 0.2, 0.02, 1.002, -2.0, 1.0, 1),
    ("soc0 -20", -0.2, 0.2, 1.005, 2.0, 1.0, 1),
    ("0.2 A, +5 %", 0.0, 0.2, 1.005, 3.0, 1.05, 1),
    ("0.2 A, -5 %", 0.0, -0.2, 0.995, -3.0, 0.95, 1),
    ("1 A, +5 mV", 0.0, 1.0, 1.01, 5.0, 1.0, 1),
    ("1 A, -5 mV", 0.1, 1.0, 1.01, -5.0, 1.0, 1),
    ("-1 A, +5 mV", -0.1, -1.0, 0.99, 5.0, 1.0, 1),
    ("-1 A, -5 mV", 0.0, -1.0, 0.99, -5.0, 1.0, 1),
)
# Where a JK of this chemistry trips (its presets).
_OVP_UVP_V = {"lfp": (3.60, 2.60), "li_ion": (4.20, 2.90)}

_KINDS = {"lfp": LFP, "li_ion": LI_ION}


def faulty(rows, scale, fault, seed=1):
    """The recording as a board with this fault would read it."""
    _, _, offset_a, gain, cell_mv, _, noise = fault
    chance = random.Random(seed)
    out = []
    for row in rows:
        volt_v = row[2] + cell_mv / 1000.0
        if noise:
            volt_v = round(volt_v + chance.gauss(0.0, 0.001), 3)
        out.append((row[0], row[1] * scale * gain + offset_a, volt_v) + row[3:])
    return out


def others(rows, soc0, capacity_ah, chemistry):
    """A plain coulomb counter, and one that JK's resets correct."""
    ovp_v, uvp_v = _OVP_UVP_V[chemistry]
    plain = jk = soc0
    plains, jks = [], []
    last_s = rows[0][0] - 1.0
    for row in rows:
        gained = row[1] * (row[0] - last_s) / 3600.0 / capacity_ah
        last_s = row[0]
        plain = min(max(plain + gained, 0.0), 1.0)
        jk = min(max(jk + gained, 0.0), 1.0)
        if row[2] > ovp_v:
            jk = 1.0
        elif row[2] < uvp_v:
            jk = 0.0
        plains.append(plain)
        jks.append(jk)
    return plains, jks


def run(rows, chemistry, fault, cell_ah, table=None, cells=4):
    """(gauge, its estimates, shown, confidence), rows as read, soc0, belief."""
    seen = faulty(rows, PACK_AH / cell_ah, fault)
    soc0 = min(max(rows[0][4] + fault[1], 0.0), 1.0)
    belief_ah = PACK_AH * fault[5]
    gauge = ReplayGauge(chemistry, belief_ah, soc0, FULL_SCALE_A, cells, table)
    socs, shown, conf = [], [], []
    last_s = seen[0][0] - 1.0
    for row in seen:
        socs.append(gauge.step(row[0] - last_s, row[1], [row[2]] * cells, [row[3]]))
        shown.append(gauge.shown)
        conf.append(gauge.gauge.conf())
        last_s = row[0]
    return gauge, seen, socs, shown, conf, soc0, belief_ah


def main(argv=None):
    """Print the table."""
    p = argparse.ArgumentParser(prog="python -m tests.soc", description=__doc__.split("\n\n")[0])
    p.add_argument(
        "--generic", action="store_true", help="do not tell the gauge that it knows this cell type"
    )
    p.add_argument(
        "--only", default="", help="recordings and faults whose 'recording: fault' contains this"
    )
    p.add_argument(
        "--out", default=os.path.join("build", "soc"), help="folder for the plots; empty: none"
    )
    args = p.parse_args(argv)
    print(
        "%-18s %-12s | %-13s | %-13s | %-13s | %-7s | %s"
        % ("recording", "fault", "gauge", "coulombs", "JK-like", "within", "capacity")
    )
    for name, chemistry, cell_ah in RECORDINGS:
        rows = None
        table = None if args.generic else owner_table(_KINDS[chemistry])
        for fault in FAULTS:
            if args.only not in "%s: %s" % (name, fault[0]):
                continue
            rows = rows or load(os.path.join(DATA, name + ".csv.gz"))
            gauge, seen, socs, shown, conf, soc0, belief_ah = run(
                rows, chemistry, fault, cell_ah, table
            )
            plains, jks = others(seen, soc0, belief_ah, chemistry)
            within = sum(abs(s - r[4]) <= c for s, r, c in zip(socs, rows, conf)) / len(rows)
            cells = ["%5.2f / %5.2f" % errors(rows, x)[:2] for x in (socs, plains, jks)]
            print(
                "%-18s %-12s | %s | %s | %s | %5.1f %% | %.1f Ah"
                % (name, fault[0], *cells, 100.0 * within, gauge.capacity_ah),
                flush=True,
            )
            if args.out and fault[0] == "0.2 A, +5 %":
                os.makedirs(args.out, exist_ok=True)
                plot(os.path.join(args.out, name + ".png"), rows, socs, shown, conf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
