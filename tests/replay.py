"""Feed a recording through the real gauge at its recorded timing.

    python -m tests.replay FILE.csv --chemistry lfp --capacity-ah 2.05
        [--scale-ah 100] [--soc0 0.7] [--offset-a 0.2] [--gain 1.01]
        [--cell-mv 3] [--profile TABLES.json:NAME] [--json OUT] [--plot OUT.png]

FILE.csv (or .csv.gz) has the columns t_s, i_A (mean over the last interval,
+ charges), v_V, T_C and, for the figures, soc_ref (0..1). ReplayGauge is the
device's own code behind floats, for anyone to drive.
"""

import json
import math
import os
import sys

from firmware.estimation.gauge import Gauge
from firmware.estimation.profiles import LFP, LI_ION, LTO
from tests import cell_table
from tests.cell_recording import load
from tests.cell_table import Refused
from tests.estimation.rig import Settings, Snap
from tests.parser import Parser

CHEMISTRIES = {"li_ion": LI_ION, "lfp": LFP, "lto": LTO}
GRACE_S = 1800.0
CELL_MAX_V = 6.0
PLOTS = (".png", ".svg", ".pdf")
_OLD_MS = 1_000_000
_GAP_S = 20.0
_GAP_TIMES = 8.0


class ReplayGauge:
    """The device's gauge, driven by anyone. current > 0 charges.

    capacity_ah given is the belief; the attribute is what was learned.
    """

    def __init__(self, chemistry, capacity_ah, soc0, full_scale_a, n_cells, profile=None):
        if chemistry not in CHEMISTRIES:
            raise Refused("chemistry %r: allowed are %s" % (chemistry, ", ".join(CHEMISTRIES)))
        for name, value in (("capacity_ah", capacity_ah), ("full_scale_a", full_scale_a)):
            if not (math.isfinite(value) and value > 0.0):
                raise Refused("%s %r: must be above 0" % (name, value))
        if not 0.0 <= soc0 <= 1.0:
            raise Refused("soc0 %r: must be 0..1" % (soc0,))
        if not 1 <= n_cells <= 32:
            raise Refused("n_cells %r: must be 1..32" % (n_cells,))
        if profile is not None:
            why = cell_table.problem(profile, CHEMISTRIES[chemistry])
            if why:
                raise Refused("profile: %s" % why)
        # The device counts whole mA: a single small cell is scaled up to 100 Ah.
        self._scale = 100.0 / capacity_ah if capacity_ah < 20.0 else 1.0
        self.snap = Snap(n_cells)
        capacity_mah = round(capacity_ah * self._scale * 1000.0)
        settings = Settings(CHEMISTRIES[chemistry], n_cells, capacity_mah, profile)
        self.gauge = Gauge(self.snap, round(full_scale_a * self._scale * 1000.0))
        self.gauge.load(settings)
        self.gauge.set_soc(round(soc0 * 1000.0))
        self._rest_ms = 0.0
        self._rest_ma = 0.0
        self._usual_s = 0.0  # not known yet
        self._last_a = 0.0

    @property
    def capacity_ah(self):
        """The capacity as learned so far."""
        return self.gauge.capacity.full_mah / 1000.0 / self._scale

    @property
    def shown(self):
        """What the display would show, 0..1."""
        return self.gauge.shown.soc

    def step(self, dt_s, current_a, cell_voltages_v, temps_c):
        """dt_s with the mean current and the present voltages; returns the SOC 0..1.

        A current, a voltage or a temperature that is NaN is a sensor that does not answer.
        No time passes at the first row of a recording: dt_s 0 counts nothing. Refused: time
        that goes back, another number of cells, a cell above CELL_MAX_V.
        """
        snap = self.snap
        if not 0.0 <= dt_s < math.inf:
            raise Refused("dt_s %r: must be 0 or above" % (dt_s,))
        if len(cell_voltages_v) != snap.cell_count:
            raise Refused(
                "cell_voltages_v: %d of %d cells" % (len(cell_voltages_v), snap.cell_count)
            )
        for n, volt_v in enumerate(cell_voltages_v):
            if volt_v > CELL_MAX_V:
                raise Refused("cell_voltages_v[%d] %r: above %g V" % (n, volt_v, CELL_MAX_V))
        current_a = self._in_gap(dt_s, current_a)
        if math.isfinite(current_a):
            exact = current_a * self._scale * 1000.0 + self._rest_ma
            snap.current_ma = round(exact)
            self._rest_ma = exact - snap.current_ma
            snap.current_age_ms = 0
        else:
            snap.current_age_ms = _OLD_MS
        for n in range(snap.cell_count):
            volt_v = cell_voltages_v[n]
            if not math.isfinite(volt_v):
                snap.cells_age_ms = _OLD_MS
                break
            snap.cell_mv[n] = max(int(volt_v * 1000.0 + 0.5), 0)
        else:
            snap.cells_age_ms = 0
        seen = [t for t in temps_c if math.isfinite(t)]
        snap.t1_dc = round(10.0 * seen[0]) if seen else -2000
        snap.t2_dc = round(10.0 * seen[1]) if len(seen) > 1 else -2000
        exact = dt_s * 1000.0 + self._rest_ms
        dt_ms = int(exact)
        self._rest_ms = exact - dt_ms
        gauge = self.gauge
        gauge.integrate(dt_ms)
        while gauge.work():
            pass
        return gauge.estimator.soc

    def _in_gap(self, dt_s, current_a):
        """Where a recording has a gap nobody measured a mean: the smaller end."""
        last_a = self._last_a
        self._last_a = current_a
        if not self._usual_s:
            self._usual_s = dt_s
        if dt_s > _GAP_S and dt_s > _GAP_TIMES * self._usual_s:
            self._usual_s *= _GAP_TIMES  # where it goes on like that, that is its pace
            if current_a * last_a <= 0.0:
                return 0.0
            return last_a if abs(last_a) < abs(current_a) else current_a
        self._usual_s += 0.05 * (dt_s - self._usual_s)
        return current_a


def errors(rows, socs, grace_s=GRACE_S):
    """RMSE, worst and end error in % SOC after the grace; None without a reference."""
    if len(rows[0]) < 5:
        return None
    found = [
        100.0 * (soc - row[4]) for row, soc in zip(rows, socs) if row[0] - rows[0][0] >= grace_s
    ]
    if not found:
        return None
    rmse = math.sqrt(sum(e * e for e in found) / len(found))
    return rmse, max(abs(e) for e in found), found[-1]


def replay(rows, args, profile=None):
    """Drive a ReplayGauge through rows; (gauge, estimates, shown, confidences)."""
    ratio = args.scale_ah / args.capacity_ah if args.scale_ah else 1.0
    soc0 = args.soc0
    if soc0 is None:
        soc0 = min(max(rows[0][4], 0.0), 1.0) if len(rows[0]) > 4 else 0.5
    capacity_ah = args.capacity_ah * ratio * args.belief
    gauge = ReplayGauge(
        args.chemistry,
        capacity_ah,
        soc0,
        args.full_scale_a or 2.0 * args.capacity_ah * ratio,
        args.cells,
        profile,
    )
    socs, shown, conf = [], [], []
    last_s = rows[0][0] - (rows[1][0] - rows[0][0])
    for row in rows:
        current_a = row[1] * ratio * args.gain + args.offset_a
        volt_v = row[2] + args.cell_mv / 1000.0
        socs.append(gauge.step(row[0] - last_s, current_a, [volt_v] * args.cells, [row[3]]))
        shown.append(gauge.shown)
        conf.append(gauge.gauge.conf())
        last_s = row[0]
    return gauge, socs, shown, conf


def parser():
    """The command line."""
    p = Parser(prog="python -m tests.replay", description=__doc__.split("\n\n")[0])
    p.add_argument("file")
    p.add_argument("--chemistry", required=True)
    p.add_argument("--capacity-ah", type=float, required=True)
    p.add_argument(
        "--scale-ah", type=float, help="scale current and capacity to a pack of this size"
    )
    p.add_argument("--full-scale-a", type=float, help="of the current sensor; 2 C if not given")
    p.add_argument("--belief", type=float, default=1.0, help="believed over true capacity")
    p.add_argument("--cells", type=int, default=1)
    p.add_argument("--soc0", type=float)
    p.add_argument("--offset-a", type=float, default=0.0, help="added after scaling")
    p.add_argument("--gain", type=float, default=1.0)
    p.add_argument("--cell-mv", type=float, default=0.0)
    p.add_argument("--profile", help="TABLES.json:NAME, a cell table of the owner's")
    p.add_argument("--json")
    p.add_argument("--plot")
    return p


def plot(path, rows, socs, shown, conf, title=""):
    """Draw estimate, shown value and reference in per cent; below, the error and the confidence."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    hours = [(row[0] - rows[0][0]) / 3600.0 for row in rows]
    figure, (upper, lower) = pyplot.subplots(
        2, 1, figsize=(12, 7), sharex=True, height_ratios=(3, 2), layout="constrained"
    )
    upper.set_title(title)
    upper.plot(hours, [100.0 * s for s in shown], label="shown", linewidth=0.8)
    upper.plot(hours, [100.0 * s for s in socs], label="estimate", linewidth=1.6)
    upper.set_ylabel("state of charge, %")
    wide = [100.0 * c for c in conf]
    lower.fill_between(hours, [-c for c in wide], wide, alpha=0.2, label="confidence")
    if len(rows[0]) > 4:
        refs = [row[4] for row in rows]
        upper.plot(hours, [100.0 * r for r in refs], "k--", label="reference", linewidth=0.8)
        for name, values, width in (("shown", shown, 0.8), ("estimate", socs, 1.2)):
            lower.plot(
                hours, [100.0 * (v - r) for v, r in zip(values, refs)], label=name, linewidth=width
            )
        lower.set_ylim(-8.0, 8.0)
    lower.axhline(0.0, color="black", linewidth=0.5)
    lower.set_ylabel("error, % of charge")
    lower.set_xlabel("hours")
    upper.legend(loc="best")
    lower.legend(loc="best", ncols=3)
    upper.margins(x=0.0)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def _check(args):
    """Refuse numbers and paths that no run could use."""
    for name, low, high in (
        ("capacity_ah", 0.1, 10_000.0),
        ("scale_ah", 0.1, 10_000.0),
        ("full_scale_a", 0.1, 100_000.0),
        ("gain", 0.1, 10.0),
        ("belief", 0.1, 10.0),
        ("offset_a", -1000.0, 1000.0),
        ("cell_mv", -1000.0, 1000.0),
        ("soc0", 0.0, 1.0),
        ("cells", 1, 32),
    ):
        value = getattr(args, name)
        if value is not None and not low <= value <= high:
            raise Refused(
                "--%s %r: allowed are %g..%g" % (name.replace("_", "-"), value, low, high)
            )
    for name in ("json", "plot"):
        path = getattr(args, name)
        if path and not os.path.isdir(os.path.dirname(path) or "."):
            raise Refused("--%s %s: there is no such folder" % (name, path))
        if path and os.path.isdir(path):
            raise Refused("--%s %s: is a folder" % (name, path))
    if args.plot and not args.plot.endswith(PLOTS):
        raise Refused("--plot %s: must end with one of %s" % (args.plot, ", ".join(PLOTS)))


def main(argv=None):
    """Exit status 0, or 2 with one line that says what cannot be used."""
    args = parser().parse_args(argv)
    try:
        _check(args)
        if args.chemistry not in CHEMISTRIES:
            raise Refused(
                "--chemistry %r: allowed are %s" % (args.chemistry, ", ".join(CHEMISTRIES))
            )
        profile = args.profile and cell_table.read(args.profile, CHEMISTRIES[args.chemistry])
        rows = load(args.file, args.capacity_ah)
        gauge, socs, shown, conf = replay(rows, args, profile)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    found = errors(rows, socs)
    result = {
        "rmse_percent": found and found[0],
        "worst_percent": found and found[1],
        "end_percent": found and found[2],
        "soc_end": socs[-1],
        "capacity_ah": gauge.capacity_ah,
        "soh_pm": gauge.snap.soh_pm,
        "conf_percent": 100.0 * conf[-1],
    }
    if found:
        print("RMSE %.2f %%  worst %.2f %%  end %+.2f %%" % found)
    else:
        print("no reference after %d minutes of grace" % (GRACE_S // 60))
    print(
        "SOC %.1f %% (± %.1f %%)  capacity learned %.3f Ah"
        % (100.0 * socs[-1], 100.0 * conf[-1], gauge.capacity_ah)
    )
    if args.json:
        with open(args.json, "w") as file:
            json.dump(result, file, indent=1)
    if args.plot:
        plot(args.plot, rows, socs, shown, conf, os.path.basename(args.file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
