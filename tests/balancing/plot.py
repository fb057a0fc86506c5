"""`make balance`: one simulated session, drawn and summed up."""

from tests.balancing import bench

_SEED = 3  # LiFePO4 100 Ah, one high cell, solar days that reach full


class Recorder:
    """Keeps a row every few minutes: what the plant knows and what the ledger believes."""

    def __init__(self, capacity_ah, every_s=300.0):
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
    case["days"] = 2
    recorder = Recorder(case["capacity_ah"])
    result = bench.run(case, bench.new_balancer(case), 5.0, recorder)
    draw(path, case, recorder)
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


def draw(path, case, rec):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(4, 1, figsize=(11, 12), sharex=True)
    cells = range(len(case["cells"]))
    for i in cells:
        colour = f"C{i}"
        axes[0].plot(rec.hours, [v[i] for v in rec.volts], colour, lw=1, label=f"cell {i}")
        axes[1].plot(rec.hours, [q[i] for q in rec.truth], colour, lw=2, alpha=0.5)
        axes[1].plot(rec.hours, [q[i] for q in rec.belief], colour, lw=1, ls="--")
    axes[0].set_ylabel("cell voltage, V")
    axes[0].legend(ncol=8, fontsize=7)
    axes[1].set_ylabel("charge offset, Ah\n(line truth, dashes ledger)")
    axes[2].plot(rec.hours, rec.doubt, "k", lw=1)
    axes[2].set_ylabel("largest doubt\nof the ledger, Ah")
    axes[3].plot(rec.hours, rec.amps, "0.6", lw=1, label="pack current, A")
    moving = [h for h, p in zip(rec.hours, rec.pairs) if p]
    for name, index, mark in (("gives", 0, "v"), ("takes", 1, "^")):
        who = [p[index] for p in rec.pairs if p]
        axes[3].plot(moving, who, mark, ms=3, label=f"cell that {name}")
    axes[3].set_ylabel("phases: who gives, who takes")
    axes[3].set_xlabel("hours")
    axes[3].legend(fontsize=7)
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
