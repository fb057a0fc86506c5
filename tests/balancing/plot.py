"""`make balance`: one simulated session, drawn and summed up."""

from tests.balancing import bench

_SEED = 3  # LiFePO4 100 Ah, one high cell, solar days that reach full


class Recorder:
    """Keeps a row every few minutes: what the plant knows and what the ledger believes."""

    def __init__(self, capacity_ah, every_s=120.0):
        self.capacity_ah, self.every_s, self.next_s = capacity_ah, every_s, 0.0
        self.hours, self.volts, self.truth, self.belief, self.doubt = [], [], [], [], []
        self.amps, self.pairs = [], []

    def __call__(self, t_s, pack, volts, amps, pair, balancer):
        if t_s < self.next_s:
            return
        self.next_s += self.every_s
        ledger = balancer.scheduler.ledger
        self.hours.append(t_s / 3600)
        self.volts.append(list(volts))
        self.truth.append(centred([-m for m in pack.missing_ah()]))
        self.belief.append(centred([q / 3.6e6 for q in ledger.offset_mas]))
        self.doubt.append(min(max(ledger.sigma_mas) / 3.6e6, 0.1 * self.capacity_ah))
        self.amps.append(amps)
        self.pairs.append(pair)


def centred(values):
    mean = sum(values) / len(values)
    return [v - mean for v in values]


def main(path):
    case = bench.random_case(_SEED)
    case["days"] = 1.5
    recorder = Recorder(case["capacity_ah"])
    result = bench.run(case, bench.new_balancer(case), 5.0, recorder)
    draw(path, case, recorder, result)
    print(case["name"])
    for key, unit in (
        ("knee_end_h", "h"),
        ("below_1pct_h", "h"),
        ("bound_h", "h"),
        ("ratio", ""),
        ("moved_ah", "Ah"),
        ("lost_ah", "Ah"),
        ("wrong_ah", "Ah"),
        ("spread_start_pct", "%"),
        ("spread_end_pct", "%"),
    ):
        value = result.get(key)
        print(f"  {key:18s}", "-" if value is None else f"{value:8.3f} {unit}")
    return 0


def draw(path, case, rec, result):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        4, 1, figsize=(11, 12), sharex=True, gridspec_kw={"height_ratios": (3, 3, 2, 2)}
    )
    volts, charge, doubt, phases = axes
    n = len(case["cells"])
    for i in range(n):
        colour, name = "C%d" % i, "cell %d" % i
        volts.plot(rec.hours, [v[i] for v in rec.volts], colour, lw=1, label=name)
        charge.plot(rec.hours, [q[i] for q in rec.truth], colour, lw=3, alpha=0.35)
        charge.plot(rec.hours, [q[i] for q in rec.belief], colour, lw=1, ls="--")
    volts.set_title("%s: %s" % (case["name"], in_words(result)), fontsize=10)
    volts.set_ylabel("cell voltage, V")
    volts.legend(ncol=n, fontsize=8, loc="lower right")
    charge.set_ylabel("charge offset, Ah\nbroad: truth, dashed: ledger")
    doubt.semilogy(rec.hours, rec.doubt, "k", lw=1)
    doubt.set_ylabel("largest doubt\nof the ledger, Ah")
    moving = [(h, p) for h, p in zip(rec.hours, rec.pairs) if p]
    for name, index, mark, colour in (("gives", 0, "v", "C3"), ("takes", 1, "^", "C2")):
        who = [p[index] for _, p in moving]
        phases.plot([h for h, _ in moving], who, mark, c=colour, ms=4, label="cell that " + name)
    phases.set_ylim(-0.6, n - 0.4)
    phases.set_yticks(range(n))
    phases.set_ylabel("who gives, who takes")
    phases.legend(fontsize=8, loc="upper right")
    current = phases.twinx()
    current.plot(rec.hours, rec.amps, "0.7", lw=1)
    current.set_ylabel("pack current, A", color="0.5")
    phases.set_xlabel("hours")
    for axis in axes:
        axis.grid(alpha=0.3)
        if result["knee_end_h"]:
            axis.axvline(result["knee_end_h"], color="0.5", lw=1, ls=":")
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def in_words(result):
    done = result["below_1pct_h"]
    if done is None or not result["bound_h"]:
        return "%.1f %% apart at the end" % result["spread_end_pct"]
    late = done - result["knee_end_h"]
    return "below 1 %% %.2f h after the knee (dotted), the bound is %.2f h" % (
        late,
        result["bound_h"],
    )
