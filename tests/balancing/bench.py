"""Random or given packs through the balancer and the manual's plain rule, judged by the plant.

Spread is the difference between the cells' charge missing to full, over the nominal
capacity. Wrong-way charge is what transfers moved that made the sum of the cells' offsets
from their mean greater. The bound is what one shuttle needs at least from the state at the
end of the first charge that reached a knee (or from the start, where no charge does).
"""

import argparse
import json
import os
import random
import sys

from tests.balance import PRESETS, ReplayBalancer
from tests.balancing.given import OF_A_PACK, check
from tests.balancing.packs import LOADS, PATTERNS, Driving, Limits, Rest, Solar, imbalance
from tests.balancing.plant import Cell, Curve, Pack, bound_ah
from tests.parser import Parser

_HERE = os.path.dirname(__file__)
_DAY_S = 86400
_KNEE_V = {"lfp": 3.45, "li_ion": 4.10, "lto": 2.55}
_CV_V = {"lfp": 3.50, "li_ion": 4.15, "lto": 2.60}
_RELEASE_V = {"lfp": (3.4, 3.0), "li_ion": (4.1, 3.2), "lto": (2.4, 2.0)}
SIZES = (("lfp", 100.0, "lfp_a123"), ("lfp", 280.0, "lfp_a123"), ("li_ion", 50.0, "nmc_lg"))


def curves():
    with open(os.path.join(_HERE, "curves.json")) as f:
        return json.load(f)


def another_maker(profile, rng):
    """The same chemistry from elsewhere: features moved, plateau tilted, hysteresis scaled."""
    out = dict(profile)
    bow, tilt, gap = rng.uniform(-0.05, 0.05), rng.uniform(-0.015, 0.01), rng.uniform(0.4, 1.2)
    soc = [s + bow * 4 * s * (1 - s) for s in profile["soc"]]
    mid = [
        (a + b) / 2 + tilt * (s - 0.5)
        for s, a, b in zip(profile["soc"], profile["dis"], profile["chg"])
    ]
    half = [gap * (b - a) / 2 for a, b in zip(profile["dis"], profile["chg"])]
    for i in range(1, len(mid)):
        mid[i] = max(mid[i], mid[i - 1])
    out["soc"], out["dis"] = soc, [m - h for m, h in zip(mid, half)]
    out["chg"] = [m + h for m, h in zip(mid, half)]
    out["gamma"] = profile["gamma"] * rng.uniform(0.8, 1.5)
    for key in ("R0", "R1", "R2", "tau1", "tau2"):
        out[key] = profile[key] * rng.uniform(0.7, 1.4)
    return out


def random_case(seed, load=None):
    """One pack of the acceptance list, as the JSON that `--packs` reads."""
    rng = random.Random(seed)
    chemistry, capacity_ah, curve = SIZES[seed % 3]
    load = load or LOADS[seed // 3 % 4]
    pattern = PATTERNS[seed // 12 % 5]
    n = rng.randint(4 if chemistry == "lfp" else 3, 8)
    soc = rng.uniform(0.3, 0.7)
    profile = curves()[curve]
    if seed // 60 % 2:
        profile = another_maker(profile, rng)
    cells = [
        {
            "capacity_ah": capacity_ah * (1 + rng.uniform(-0.02, 0.02)),
            "soc": soc + off,
            "r_factor": 1 + rng.uniform(-0.4, 0.4),
            "offset_mv": rng.uniform(-4, 4),
        }
        for off in imbalance(pattern, n, rng)
    ]
    sun, use = rng.uniform(0.18, 0.3), rng.uniform(0.015, 0.03)
    days = 2 if load == "rest" else 3 if load != "solar_full" else 4
    return {
        "name": "%s-%d-%s-%s-%d" % (chemistry, capacity_ah, load, pattern, seed),
        "pattern": pattern,
        "chemistry": chemistry,
        "capacity_ah": capacity_ah,
        "profile": profile,
        "cells": cells,
        "load": {
            "kind": load,
            "sun_c": sun,
            "use_c": use if load != "solar_never" else 1.6 * use,
            "seed": seed,
            "stops_full": rng.random() < 0.5,
        },
        "days": days,
    }


def build_load(case, n):
    load, capacity_ah, cv_v = case["load"], case["capacity_ah"], _CV_V[case["chemistry"]]
    kind = load["kind"]
    if kind == "rest":
        return Rest()
    if kind == "driving":
        return Driving(capacity_ah, n, cv_v, random.Random(load.get("seed", 0)))
    low, high = (0.1, 0.9) if kind == "solar_never" else (0.0, 1.1)
    return Solar(
        capacity_ah,
        n,
        cv_v,
        load.get("sun_c", 0.25),
        load.get("use_c", 0.02),
        low,
        high,
        bool(load.get("stops_full")),
    )


def offsets_ah(missing):
    """Sum of what the cells lack more or less than their mean."""
    mean = sum(missing) / len(missing)
    return sum([abs(m - mean) for m in missing])


def grows(missing, pair, ah, kappa):
    """Whether taking so much from one cell of the pair for the other makes the sum greater."""
    after = list(missing)
    after[pair[0]] += ah
    after[pair[1]] -= kappa * ah
    return offsets_ah(after) > offsets_ah(missing)


class PlainRule:
    """The manual's letter, for comparison only: highest to lowest by voltage, nothing else."""

    def __init__(self, start_v, trigger_v=0.010):
        self.start_v, self.trigger_v = start_v, trigger_v

    def step(self, dt_s, t_s, volts, amps, temps_c):
        high, low = max(volts), min(volts)
        if high > self.start_v and high - low > self.trigger_v:
            return volts.index(high), volts.index(low)
        return None


def run(case, balancer, dt_s=10.0, trace=None):
    """Live the case's days with a balancer; every figure is the plant's truth."""
    chemistry, capacity_ah = case["chemistry"], case["capacity_ah"]
    curve = Curve(case["profile"])
    cells = [
        Cell(
            curve,
            c["capacity_ah"],
            c["soc"],
            c.get("r_factor", 1.0),
            c.get("offset_mv", 0.0),
            c.get("h", -1.0),
        )
        for c in case["cells"]
    ]
    take_a, kappa = case.get("i_take_a", 2.0), case.get("kappa", 0.9)
    pack, load = Pack(cells, dt_s, take_a, kappa), build_load(case, len(cells))
    ovp_mv, uvp_mv, _ = PRESETS[chemistry]
    limits = Limits(
        ovp_mv / 1000, _RELEASE_V[chemistry][0], uvp_mv / 1000, _RELEASE_V[chemistry][1]
    )
    knee_v, temps = _KNEE_V[chemistry], [25.0, 25.0]
    moved = wrong = worst = t = 0.0
    violations = 0
    pair = knee_end_s = done_s = bound_s = None
    has_knee = False
    sum_start_ah = offsets_ah(pack.missing_ah())
    out = {"name": case.get("name", ""), "spread_start_pct": 100 * pack.spread_ah() / capacity_ah}
    out["bound_start_h"] = bound_ah(pack.missing_ah(), kappa) / take_a
    while t < case.get("days", 3) * _DAY_S:
        amps = load.amps(t, pack, limits)
        volts = pack.seen_v(amps)
        pair = balancer.step(dt_s, t, volts, amps, temps)
        if pair:
            source, sink = pair
            ah = take_a * dt_s / 3600
            moved += ah
            if grows(pack.missing_ah(), pair, ah, kappa):
                wrong += ah
            if source == sink or volts[sink] > ovp_mv / 1000 or volts[source] < uvp_mv / 1000:
                violations += 1
        pack.step(amps, pair)
        if trace is not None:
            trace(t, pack, volts, amps, pair, balancer)
        t += dt_s
        spread = pack.spread_ah() / capacity_ah
        has_knee = has_knee or max(volts) > knee_v
        if has_knee and amps <= 0 and knee_end_s is None:
            knee_end_s = t
            bound_s = bound_ah(pack.missing_ah(), kappa) / take_a * 3600
        if done_s is None and spread < 0.01 and (knee_end_s or not has_knee):
            done_s = t
        if done_s is not None:
            worst = max(worst, spread)
    out.update(
        spread_end_pct=100 * spread,
        sum_start_ah=sum_start_ah,
        sum_end_ah=offsets_ah(pack.missing_ah()),
        moved_ah=moved,
        lost_ah=moved * (1 - kappa),
        wrong_ah=wrong,
        wrong_pct=100 * wrong / moved if moved else 0.0,
        knee_end_h=knee_end_s and knee_end_s / 3600,
        bound_h=bound_s and bound_s / 3600,
        below_1pct_h=done_s and done_s / 3600,
        worst_after_pct=100 * worst if done_s else None,
        violations=violations,
    )
    if bound_s and done_s:
        # the first window of learning counts as nothing where hardly anything was left to do
        out["ratio"] = max(done_s - knee_end_s, 0) / max(bound_s, 600.0)
    return out


def known(case, dt_s=1.0, doubt_pct=0.1):
    """A rested pack whose every charge the board knows since its cells were full.

    Returns (time over bound, spread in % left).
    """
    capacity_ah, kappa = case["capacity_ah"], 0.9
    balancer = new_balancer(case)
    curve = Curve(case["profile"])
    cells = [Cell(curve, c["capacity_ah"], c["soc"]) for c in case["cells"]]
    pack = Pack(cells, dt_s, 2.0, kappa)
    missing = pack.missing_ah()
    mean = sum(missing) / len(missing)
    bins = [200 * (m - mean) / capacity_ah for m in missing]
    balancer.scheduler.observer.resume(bins, 2 * doubt_pct)
    balancer.scheduler.ledger.ripe = 2
    bound_s = bound_ah(missing, kappa) / 2.0 * 3600
    t = idle_s = 0.0
    while idle_s < 3600 and t < 3 * bound_s + 3600:
        pair = balancer.step(dt_s, t, pack.seen_v(0.0), 0.0, [25.0, 25.0])
        pack.step(0.0, pair)
        t += dt_s
        idle_s = 0.0 if pair else idle_s + dt_s
    return (t - idle_s) / bound_s, 100 * pack.spread_ah() / capacity_ah


def new_balancer(case):
    return ReplayBalancer(
        case["chemistry"],
        case["capacity_ah"],
        len(case["cells"]),
        case.get("known_profile"),
        case.get("i_take_a", 2.0),
        case.get("kappa", 0.9),
    )


def both(case, dt_s):
    ours = run(case, new_balancer(case), dt_s)
    plain = run(case, PlainRule(PRESETS[case["chemistry"]][2] / 1000), dt_s)
    return ours, plain


def has_passed(kind, r):
    """What the balancer must reach (`make bench` counts it); `kind` is the load's."""
    if r["violations"]:
        return False
    if kind == "solar_full":
        in_time = r["below_1pct_h"] is not None and r.get("ratio", 0.0) <= 1.15
        return in_time and r["worst_after_pct"] <= 1.0 and r["wrong_pct"] <= 3.0
    if kind == "solar_never":
        return r["spread_end_pct"] < 2.0
    return r["sum_end_ah"] <= r["sum_start_ah"]


def table(rows):
    """How many passed, and the worst, by load and pattern; the plain rule beside. Markdown."""
    print("| load | pattern | packs | passed | spread % | ratio | wrong-way % ", end="")
    print("| plain rule: passed | spread % | wrong-way % |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for load in LOADS:
        for pattern in PATTERNS + ("all",):
            pairs = [
                (ours, plain)
                for case, ours, plain in rows
                if case["load"]["kind"] == load and pattern in (case["pattern"], "all")
            ]
            if pairs:
                ours, plain = zip(*pairs)
                ratio = max(r.get("ratio", 0.0) for r in ours) if load == "solar_full" else 0.0
                cells = [load, pattern, "%d" % len(pairs), share(load, ours), spread(ours)]
                cells += ["%.2f" % ratio if ratio else "", astray(ours)]
                cells += [share(load, plain), spread(plain), astray(plain)]
                print("| " + " | ".join(cells) + " |")
    broken = sum(ours["violations"] for _, ours, _ in rows)
    print("\nSpread at the end: median / worst. Wrong-way: of all charge / worst pack.")
    print("Interlock violations: %d." % broken)


def share(load, results):
    return "%.1f %%" % (100 * sum(has_passed(load, r) for r in results) / len(results))


def spread(results):
    end = sorted(r["spread_end_pct"] for r in results)
    return "%.2f / %.2f" % (end[len(end) // 2], end[-1])


def astray(results):
    moved = max(sum(r["moved_ah"] for r in results), 1e-9)
    worst = max(r["wrong_pct"] for r in results)
    return "%.2f / %.1f" % (100 * sum(r["wrong_ah"] for r in results) / moved, worst)


def main(argv):
    parser = Parser(prog="python -m tests.balance")
    parser.add_argument("--packs", help="JSON file of packs to run")
    parser.add_argument("--out", help="JSON file for the results (default: standard output)")
    parser.add_argument(
        "--bench", type=count, nargs="?", const=1000, default=1000, help="random packs (1000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="first seed of the random packs")
    parser.add_argument("--load", choices=LOADS, help="only this load")
    parser.add_argument("--dt", type=step_s, default=20.0, help="step of the random packs in s")
    parser.add_argument("--plot", help="PNG of one session")
    args = parser.parse_args(argv)
    for path in (args.out, args.plot):
        if path and not os.path.isdir(os.path.dirname(path) or "."):
            print("%s: no such folder" % path, file=sys.stderr)
            return 2
    if args.plot:
        from tests.balancing import plot

        return plot.main(args.plot)
    if args.packs:
        return run_file(args.packs, args.out)
    rows = []
    for seed in range(args.seed, args.seed + args.bench):
        case = random_case(seed, args.load)
        ours, plain = both(case, args.dt)
        rows.append((case, ours, plain))
        if not has_passed(case["load"]["kind"], ours):
            print("missed: %s" % case["name"], flush=True)
    if args.out:
        write([dict(name=c["name"], ours=o, plain=p) for c, o, p in rows], args.out)
    table(rows)
    return 0


def count(text):
    """A number of packs, from 1 on."""
    return within(int(text), 1, 1_000_000)


def step_s(text):
    """A step that the balancer is called with, s."""
    return within(float(text), *OF_A_PACK["dt_s"][:2])


def within(value, low, high):
    if not low <= value <= high:
        raise argparse.ArgumentTypeError("%g: %g to %g" % (value, low, high))
    return value


def run_file(path, out):
    """Given packs; a refusal names the pack and the key, exit status 2."""
    try:
        with open(path) as f:
            cases = json.load(f)
        cases = cases["packs"] if isinstance(cases, dict) else cases
        if not isinstance(cases, list):
            raise ValueError("is no list of packs")
        known = curves()
        for number, case in enumerate(cases):
            check(case, number, known)
    except (OSError, ValueError, KeyError) as e:
        print("%s: %s" % (path, e), file=sys.stderr)
        return 2
    results = []
    for case in cases:
        ours, plain = both(case, case["dt_s"])
        results.append({"name": case.get("name", ""), "ours": ours, "plain": plain})
    write(results, out)
    return 0


def write(results, path):
    """The results as JSON, to standard output when there is no path."""
    text = json.dumps({"results": results}, indent=1)
    if path:
        with open(path, "w") as f:
            f.write(text + "\n")
    else:
        print(text)
