"""The gauge on the recordings in tests/data/cells against the fault table.

    python -m tests.soc [--only NAME] [--course windows] [--generic] [--out build/soc]
    python -m tests.soc --file FILE.csv --chemistry lfp --capacity-ah 2.05
        [--profile TABLES.json:NAME]

Prints, for every recording and fault, RMSE / worst error in % SOC after 30
minutes of grace, for the gauge, a plain coulomb counter and a JK-like gauge
(100 % at OVP, 0 % at UVP) run beside it, and writes a plot per recording.
Recordings are scaled to 100 Ah and a sensor of 200 A. The shipped tables were
made from these very recordings: the figures show how faults are borne, not how
a cell is met that nobody measured.

Courses: `whole` is the recording; `windows` its passes down through parts of the SOC
that reach neither full nor empty, each from where the charge that is stated can be as
wrong as the table says; `loops` from full to full three times, with a capacity believed
15 % wrong, learned after one and a half and after three cycles.
"""

import os
import random
import sys

from tests import cell_table
from tests.cell_recording import load
from tests.cell_table import Refused
from tests.estimation import courses
from tests.estimation.rig import owner_table
from tests.parser import Parser
from tests.replay import CHEMISTRIES, GRACE_S, ReplayGauge, errors, plot

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
    """(estimates, shown, confidence, capacities in Ah), rows as read, soc0, belief in Ah."""
    seen = faulty(rows, PACK_AH / cell_ah, fault)
    soc0 = min(max(rows[0][4] + fault[1], 0.0), 1.0)
    belief_ah = PACK_AH * fault[5]
    gauge = ReplayGauge(chemistry, belief_ah, soc0, FULL_SCALE_A, cells, table)
    socs, shown, conf, learned = [], [], [], []
    last_s = 2.0 * seen[0][0] - seen[1][0]
    for row in seen:
        socs.append(gauge.step(row[0] - last_s, row[1], [row[2]] * cells, [row[3]]))
        shown.append(gauge.shown)
        conf.append(gauge.gauge.conf())
        learned.append(gauge.capacity_ah)
        last_s = row[0]
    return (socs, shown, conf, learned), seen, soc0, belief_ah


def faults(course):
    """The fault table; looped, with each capacity belief 15 % off, either way."""
    if course != "loops":
        return FAULTS
    return [f[:5] + (b,) + f[6:] for f in FAULTS for b in (0.85, 1.15)]


def tell(name, rows, chemistry, cell_ah, table, course, fault, out):
    """Run and print one row; (RMSE, worst, capacity errors in %, share within conf)."""
    (socs, shown, conf, learned), seen, soc0, belief_ah = run(
        rows, chemistry, fault, cell_ah, table
    )
    within = sum(abs(s - r[4]) <= c for s, r, c in zip(socs, rows, conf)) / len(rows)
    own = errors(rows, socs)
    text = ["%5.2f / %5.2f" % own[:2]]
    text += [
        "%5.2f / %5.2f" % errors(rows, x)[:2] for x in others(seen, soc0, belief_ah, chemistry)
    ]
    half = learned[len(rows) // 2 - 1]  # of three cycles: one and a half
    ends = [100.0 * abs(ah / PACK_AH / fault[3] - 1.0) for ah in (half, learned[-1])]
    print(
        "%-18s %-12s | %s | %s | %s | %5.1f %% | %.1f Ah"
        % (name, fault[0], *text, 100.0 * within, learned[-1]),
        flush=True,
    )
    if out and fault[0] == "0.2 A, +5 %":
        os.makedirs(out, exist_ok=True)
        title = "%s, %s, %s: RMSE %.2f %%, worst %.2f %%" % (name, course, fault[0], *own[:2])
        plot(os.path.join(out, "%s-%s.png" % (name, course)), rows, socs, shown, conf, title)
    return own[0], own[1], within, ends


def recordings(args):
    """(name, path, chemistry, capacity of the cell in Ah, owner's table or None) of each."""
    if args.file:
        table = args.profile and cell_table.read(args.profile, CHEMISTRIES[args.chemistry])
        yield (
            os.path.basename(args.file).split(".")[0],
            args.file,
            args.chemistry,
            args.capacity_ah,
            table,
        )
        return
    for name, chemistry, cell_ah in RECORDINGS:
        table = None if args.generic else owner_table(CHEMISTRIES[chemistry])
        yield name, os.path.join(DATA, name + ".csv.gz"), chemistry, cell_ah, table


def parser():
    """The command line."""
    p = Parser(prog="python -m tests.soc", description=__doc__.split("\n\n")[0])
    p.add_argument(
        "--generic", action="store_true", help="do not tell the gauge that it knows this cell type"
    )
    p.add_argument(
        "--only", default="", help="recordings and faults whose 'recording: fault' contains this"
    )
    p.add_argument("--course", choices=("whole", "windows", "loops"), default="whole")
    p.add_argument(
        "--out",
        default=os.path.join("build", "soc"),
        help="folder for the plots of '0.2 A, +5 %%'; empty: none",
    )
    p.add_argument("--file", help="another recording, in place of those of the project")
    p.add_argument("--chemistry", choices=("lfp", "li_ion"), help="of --file")
    p.add_argument("--capacity-ah", type=float, help="of the cell of --file")
    p.add_argument("--profile", help="TABLES.json:NAME, a cell table for --file")
    return p


def main(argv=None):
    """Print the table; exit status 2 with one line where a file cannot be used."""
    p = parser()
    args = p.parse_args(argv)
    if args.file and not (args.chemistry and 0.1 <= (args.capacity_ah or 0.0) <= 10_000.0):
        p.error("--file needs --chemistry and a --capacity-ah of 0.1..10000")
    if not args.file and (args.chemistry or args.capacity_ah or args.profile):
        p.error("--chemistry, --capacity-ah and --profile go with --file")
    print(
        "%-18s %-12s | %-13s | %-13s | %-13s | %-7s | %s"
        % ("recording", "fault", "gauge", "coulombs", "JK-like", "within", "capacity")
    )
    try:
        count = 0
        for name, path, chemistry, cell_ah, table in recordings(args):
            count += _recording(name, path, chemistry, cell_ah, table, args)
        if not count:
            raise Refused("--only %r, --course %s: nothing is like that" % (args.only, args.course))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


def _recording(name, path, chemistry, cell_ah, table, args):
    """All rows of one recording, and their means; how many there were."""
    chosen = [f for f in faults(args.course) if args.only in "%s: %s" % (name, f[0])]
    if not chosen:
        return 0
    found = []
    rows = load(path, cell_ah)
    if len(rows[0]) < 5 or rows[-1][0] - rows[0][0] < GRACE_S:
        raise Refused("%s: needs the column soc_ref, and 30 minutes" % path)
    parts = getattr(courses, args.course)(rows)
    for number, part in enumerate(parts):
        course = args.course + (str(number + 1) if len(parts) > 1 else "")
        for fault in chosen:
            stretch = part if args.course == "loops" else courses.begun(part, fault[1])
            found.append(tell(name, stretch, chemistry, cell_ah, table, course, fault, args.out))
    if not found:
        return 0
    print(
        "%-18s RMSE %.2f on average, %.2f at most; worst %.2f; within the confidence %.1f %%"
        % (
            name,
            _mean(x[0] for x in found),
            max(x[0] for x in found),
            max(x[1] for x in found),
            100.0 * min(x[2] for x in found),
        )
    )
    if args.course == "loops":
        for cycles, n in ((1.5, 0), (3, 1)):
            off = [x[3][n] for x in found]
            print(
                "%-18s capacity after %g cycles %.2f %% wrong on average, %.2f at most"
                % (name, cycles, _mean(off), max(off))
            )
    return len(found)


def _mean(values):
    values = list(values)
    return sum(values) / len(values)


if __name__ == "__main__":
    sys.exit(main())
