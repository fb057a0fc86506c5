"""The command line and `ReplayBalancer`: what is asked of them, and what they refuse."""

import json
import math

import pytest

from tests.balance import ReplayBalancer
from tests.balancing import bench
from tests.balancing.packs import LOADS, PATTERNS
from tests.balancing.plant import bound_ah


def drive(balancer, volts, amps, seconds, dt_s=1.0):
    pairs = set()
    for t in range(int(seconds / dt_s)):
        pairs.add(balancer.step(dt_s, t * dt_s, volts, amps, [25.0, 25.0]))
    return pairs


@pytest.mark.parametrize("chemistry, volts", [("lfp", 3.30), ("li_ion", 3.70), ("lto", 2.30)])
def test_at_rest_with_nothing_known_it_moves_nothing(chemistry, volts):
    balancer = ReplayBalancer(chemistry, 100.0, 4)
    assert drive(balancer, [volts, volts + 0.004, volts, volts - 0.004], 0.0, 7200) == {None}


def test_a_cell_at_its_knee_gives_to_the_lowest_and_never_at_ovp():
    balancer = ReplayBalancer("lfp", 100.0, 4)
    pairs = drive(balancer, [3.33, 3.55, 3.33, 3.59], 0.0, 60)
    assert pairs <= {None, (3, 0), (3, 2), (1, 0), (1, 2)} and len(pairs) > 1


@pytest.mark.parametrize("volts", [math.nan, 0.0, 9.0])
def test_a_voltage_that_cannot_be_stops_the_transfer(volts):
    balancer = ReplayBalancer("lfp", 100.0, 4)
    drive(balancer, [3.33, 3.55, 3.33, 3.33], 0.0, 60)
    assert balancer.step(1.0, 60, [3.33, 3.55, 3.33, 3.33], 0.0, [25.0]) is not None
    assert balancer.step(1.0, 61, [3.33, 3.55, volts, 3.33], 0.0, [25.0]) is None
    assert balancer.step(1.0, 62, [3.33, 3.55, 3.33, 3.33], math.nan, [25.0]) is None
    assert balancer.step(1.0, 63, [3.33, 3.55, 3.33, 3.33], 0.0, [25.0]) is not None


def test_the_resistances_of_a_profile_are_taken_over():
    profile = bench.curves()["nmc_lg"]
    lean = ReplayBalancer("lfp", 100.0, 4, profile).scheduler.observer.chemistry.lean
    for found, key, unit in zip(lean, ("R0", "R1", "R2", "tau1", "tau2"), (1e3, 1e3, 1e3, 1, 1)):
        assert abs(found - unit * profile[key]) < 1e-9


@pytest.mark.parametrize(
    "arguments",
    [
        ("nimh", 100.0, 4),
        ("lfp", 0.0, 4),
        ("lfp", 100.0, 2),
        ("lfp", 100.0, 9),
        ("lfp", 100.0, 4, None, 0.0),
        ("lfp", 100.0, 4, None, 2.0, 1.1),
    ],
)
def test_impossible_boards_are_refused(arguments):
    with pytest.raises(ValueError):
        ReplayBalancer(*arguments)


@pytest.mark.parametrize(
    "missing, kappa, taken",
    [([0, 10], 1.0, 5.0), ([0, 0, 9], 1.0, 6.0), ([0, 19], 0.9, 10.0), ([5, 5, 5], 0.9, 0.0)],
)
def test_the_bound_is_what_one_shuttle_must_take(missing, kappa, taken):
    assert abs(bound_ah(missing, kappa) - taken) < 1e-6


# what cells lack, giver and taker, and whether 1 Ah taken, 0.9 given makes their offsets greater
@pytest.mark.parametrize(
    "missing, pair, is_greater",
    [
        ([0, 10, 10, 10], (0, 1), False),
        ([0, 10, 10, 10], (1, 0), True),
        ([0, 10, 4, 6], (2, 1), False),
        ([0, 10, 5, 5], (2, 1), True),
        ([0, 10, 5, 6], (3, 2), True),
    ],
)
def test_wrong_way_is_what_makes_the_sum_of_offsets_greater(missing, pair, is_greater):
    assert bench.grows(missing, pair, 1.0, 0.9) == is_greater


def test_every_kind_of_case_is_drawn():
    cases = [bench.random_case(seed) for seed in range(240)]
    assert {c["load"]["kind"] for c in cases} == set(LOADS)
    assert {p for c in cases for p in PATTERNS if p in c["name"]} == set(PATTERNS)
    assert {(c["chemistry"], c["capacity_ah"]) for c in cases} == {s[:2] for s in bench.SIZES}
    assert {len(c["cells"]) for c in cases} == set(range(3, 9))


def test_a_solar_day_that_reaches_full_ends_balanced():
    case = bench.random_case(3)
    assert case["load"]["kind"] == "solar_full"
    case["days"] = 2
    ours = bench.run(case, bench.new_balancer(case), 20.0)
    assert ours["spread_end_pct"] < 1 and ours["ratio"] < 1.15
    assert ours["wrong_pct"] < 3 and ours["violations"] == 0


@pytest.mark.parametrize("seed", [0, 13, 25, 38, 49, 7])
def test_with_every_charge_known_it_takes_hardly_longer_than_the_bound(seed):
    ratio, left_pct = bench.known(bench.random_case(seed), 10.0)
    assert ratio <= 1.05 and left_pct < 0.5


def test_driving_never_parts_the_cells():
    case = bench.random_case(9)
    assert case["load"]["kind"] == "driving"
    case["days"] = 1
    ours = bench.run(case, bench.new_balancer(case), 20.0)
    assert ours["moved_ah"] > 1 and ours["sum_end_ah"] < ours["sum_start_ah"]
    assert bench.has_passed("driving", ours)


def result(**changed):
    out = {"violations": 0, "below_1pct_h": 8.0, "ratio": 1.15, "worst_after_pct": 1.0}
    out.update(wrong_pct=3.0, spread_end_pct=1.99, sum_start_ah=5.0, sum_end_ah=5.0)
    return dict(out, **changed)


@pytest.mark.parametrize(
    "kind, changed",
    [
        ("solar_full", {"ratio": 1.151}),
        ("solar_full", {"below_1pct_h": None}),
        ("solar_full", {"worst_after_pct": 1.01}),
        ("solar_full", {"wrong_pct": 3.01}),
        ("solar_never", {"spread_end_pct": 2.0}),
        ("driving", {"sum_end_ah": 5.01}),
        ("rest", {"violations": 1}),
    ],
)
def test_what_missed_is_counted_as_missed(kind, changed):
    assert bench.has_passed(kind, result())
    assert not bench.has_passed(kind, result(**changed))


def test_the_bench_prints_its_table(capsys, tmp_path):
    out = tmp_path / "out.json"
    assert bench.main(["--bench", "1", "--dt", "60", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "| rest | one_high | 1 | 100.0 % |" in text and "violations: 0" in text
    assert len(json.loads(out.read_text())["results"]) == 1


def small_case():
    return {
        "name": "two hours",
        "chemistry": "lfp",
        "capacity_ah": 100,
        "load": "rest",
        "days": 0.1,
        "known_profile": "lfp_a123",
        "cells": [{"soc": 0.5}, {"soc": 0.52}, {"soc": 0.5}, {"soc": 0.5}],
    }


def test_given_packs_are_run_and_written(tmp_path):
    path, out = tmp_path / "packs.json", tmp_path / "out.json"
    path.write_text(json.dumps({"packs": [small_case()]}))
    assert bench.main(["--packs", str(path), "--out", str(out)]) == 0
    result = json.loads(out.read_text())["results"][0]
    assert result["name"] == "two hours"
    assert result["ours"]["moved_ah"] == 0 and abs(result["ours"]["spread_end_pct"] - 2) < 0.01
    assert set(result["plain"]) >= {"wrong_ah", "moved_ah", "spread_end_pct"}


@pytest.mark.parametrize(
    "change, named",
    [
        ({"chemistry": "nimh"}, "chemistry"),
        ({"load": "moon"}, "load"),
        ({"load": 5}, "load"),
        ({"load": {"kind": "rest", "sun_c": "much"}}, "sun_c"),
        ({"cells": [{"soc": 0.5}]}, "cells"),
        ({"cells": 4}, "cells"),
        ({"cells": [1, 2, 3]}, "cell 0"),
        ({"cells": [{}] * 4}, "soc"),
        ({"cells": [{"soc": True}] * 4}, "soc"),
        ({"capacity_ah": math.nan}, "capacity_ah"),
        ({"chemistry": "lto"}, "profile"),
        ({"profile": {"soc": [0, 1]}}, "dis"),
        ({"profile": dict(bench.curves()["nmc_lg"], dis=[1])}, "one length"),
        ({"profile": dict(bench.curves()["nmc_lg"], R0="x")}, "R0"),
        ({"profile": dict(bench.curves()["nmc_lg"], tau1=0)}, "tau1"),
        ({"profile": dict(bench.curves()["nmc_lg"], gamma=None)}, "gamma"),
        (
            {"profile": dict(bench.curves()["nmc_lg"], dis=bench.curves()["nmc_lg"]["dis"][::-1])},
            "dis",
        ),
        ({"known_profile": dict(bench.curves()["nmc_lg"], R0=math.nan)}, "known_profile: R0"),
        ({"chemistry": ["lfp"]}, "chemistry"),
        ({"load": {"kind": "rest", "seed": 1.5}}, "seed"),
        ({"known_profile": 3}, "known_profile"),
        ({"days": 0}, "days"),
        ({"kappa": 2}, "kappa"),
        ({"cells": [{"soc": 2}] * 4}, "soc"),
        ({"cells": [{"soc": 0.5, "capacity_ah": 0}] * 4}, "capacity_ah"),
        ({"profile": "unheard"}, "profile"),
        ({"capacity_ah": None}, "capacity_ah"),
    ],
)
def test_a_bad_pack_is_refused_by_name(tmp_path, capsys, change, named):
    path = tmp_path / "packs.json"
    path.write_text(json.dumps([dict(small_case(), **change)]))
    assert bench.main(["--packs", str(path)]) == 2
    error = capsys.readouterr().err
    assert named in error and error.count("\n") == 1


def test_a_key_that_means_nothing_is_told(tmp_path, capsys):
    path = tmp_path / "packs.json"
    case = dict(small_case(), dayz=3)
    case["cells"][1]["capacity"] = 90
    path.write_text(json.dumps([case]))
    assert bench.main(["--packs", str(path)]) == 0
    told = capsys.readouterr().err
    assert "'dayz' means nothing" in told and "cell 1: 'capacity'" in told


@pytest.mark.parametrize("text", ["", "7", "[7]", "{}", '{"packs": 3}', '[{"load": "rest"}]'])
def test_a_file_that_is_no_list_of_packs_is_refused(tmp_path, capsys, text):
    path = tmp_path / "packs.json"
    path.write_text(text)
    assert bench.main(["--packs", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_file_is_refused(capsys):
    assert bench.main(["--packs", "/nowhere.json"]) == 2
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--bench", "0"], "--bench: 0: 1 to"),
        (["--dt", "0"], "--dt: 0: 0.05 to 60"),
        (["--dt", "61"], "--dt: 61: 0.05 to 60"),
        (["--out", "/no/such/x.json"], "/no/such/x.json: no such folder"),
        (["--plot", "/no/such/x.png"], "/no/such/x.png: no such folder"),
    ],
)
def test_what_cannot_be_run_or_written_is_refused_before_any_pack(capsys, words, named):
    try:
        status = bench.main(words)
    except SystemExit as exit:
        status = exit.code
    assert status == 2
    assert named in capsys.readouterr().err
