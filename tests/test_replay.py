"""The command line refuses in one line; the real gauge reaches its figures."""

import json
import math
import os

import pytest

from tests import cell_recording, replay, soc
from tests.estimation.rig import owner_table

DATA = soc.DATA


def refused(capsys, *argv):
    """The one line of a refusal."""
    assert replay.main(list(argv)) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    return text


def written(tmp_path, change=None, rows=60):
    """A small recording; change(lines) spoils it."""
    lines = ["t_s,i_A,v_V,T_C,soc_ref"]
    for n in range(rows):
        current = -1.0 if n % 10 < 5 else 0.5
        lines.append("%d,%.2f,%.4f,25.0,0.5" % (n, current, 3.28 + 0.01 * current))
    if change:
        change(lines)
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


LFP = ("--chemistry", "lfp", "--capacity-ah", "2.05")


@pytest.mark.parametrize(
    "line, text, words",
    [
        (5, "4,nan,3.28,25.0,0.5", ("row 6", "i_A", "nan")),
        (5, "4,-1,,25.0,0.5", ("row 6", "v_V", "not a number")),
        (5, "3,-1,3.28,25.0,0.5", ("row 6", "t_s", "rise")),
        (60, "9999,-1,3.28,25.0,0.5", ("row 61", "t_s", "gap")),
        (9, "8,-1,33.28,25.0,0.5", ("row 10", "v_V", "outside")),
        (9, "8,-1", ("row 10", "v_V")),
        (9, "8,-1_0,3.28,25.0,0.5", ("row 10", "i_A", "'-1_0' is not a number")),
        (9, "8,-205.1,3.28,25.0,0.5", ("row 10", "i_A", "-205.1 A")),
    ],
)
def test_bad_rows_are_named(capsys, tmp_path, line, text, words):
    def change(lines):
        lines[line] = text

    why = refused(capsys, written(tmp_path, change), *LFP)
    assert all(word in why for word in words)


@pytest.mark.parametrize("amperes, row", ((204.9, None), (205.1, 33)))
def test_a_current_that_no_cell_bears_is_refused(tmp_path, amperes, row):
    def change(lines):
        lines[32] = "31,%.1f,5,25.0,0.5" % amperes

    path = written(tmp_path, change)
    if row is None:
        assert len(cell_recording.load(path, 2.05)) == 60
        return
    with pytest.raises(replay.Refused, match="row %d, column i_A: 205.1 A" % row):
        cell_recording.load(path, 2.05)


@pytest.mark.parametrize("capacity_ah, row", ((2.1, None), (1.9, 22)))
def test_a_charge_that_no_cell_holds_is_refused(tmp_path, capacity_ah, row):
    # Twenty hours at 1 A, one way: more than ten times a cell of 1.9 Ah.
    path = tmp_path / "r.csv"
    path.write_text(
        "t_s,i_A,v_V,T_C\n"
        + "".join("%d,-1,%.3f,25\n" % (3600 * n, 4.0 - n / 50) for n in range(21))
    )
    if row is None:
        assert len(cell_recording.load(str(path), capacity_ah)) == 21
        return
    with pytest.raises(replay.Refused, match="row %d, column i_A: the charge swings" % row):
        cell_recording.load(str(path), capacity_ah)


def test_a_swapped_sign_is_named(capsys, tmp_path):
    def change(lines):
        for n in range(1, len(lines)):
            cells = lines[n].split(",")
            cells[1] = "%.2f" % -float(cells[1])
            lines[n] = ",".join(cells)

    why = refused(capsys, written(tmp_path, change), *LFP)
    assert "row" in why and "i_A" in why and "sign" in why


@pytest.mark.parametrize("name", ("nmc_lg_p10_us06", "lfp_a123_dyn_p35C"))
@pytest.mark.parametrize("every", (1, 60))
def test_a_swapped_sign_is_told_from_a_right_one(tmp_path, name, every):
    rows = cell_recording.load(os.path.join(DATA, name + ".csv.gz"))[::every]
    path = tmp_path / "r.csv"
    for sign in (1.0, -1.0):
        lines = ["%.3f,%.4f,%.5f,%.2f" % (t, sign * a, v, c) for t, a, v, c, _ in rows]
        path.write_text("\n".join(["t_s,i_A,v_V,T_C"] + lines))
        if sign > 0.0:
            assert len(cell_recording.load(str(path))) == len(rows)
        else:
            with pytest.raises(replay.Refused, match="the sign is swapped"):
                cell_recording.load(str(path))


def test_a_steady_charge_whose_voltage_falls_is_swapped(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        "t_s,i_A,v_V,T_C\n" + "".join("%d,1.0,%.4f,25\n" % (n, 3.3 - 1e-4 * n) for n in range(99))
    )
    with pytest.raises(replay.Refused, match="the sign is swapped"):
        cell_recording.load(str(path))


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(open(written(tmp_path)).read(), encoding="utf-8-sig")
    assert len(cell_recording.load(str(path))) == 60


@pytest.mark.parametrize(
    "dt_s, volts, word",
    (
        (-1.0, [3.3], "dt_s -1.0"),
        (math.nan, [3.3], "dt_s nan"),
        (math.inf, [3.3], "dt_s inf"),
        (1.0, [], "cell_voltages_v: 0 of 1"),
        (1.0, [3.3, 3.3], "cell_voltages_v: 2 of 1"),
        (1.0, [3280], "cell_voltages_v[0] 3280"),
    ),
)
def test_a_step_that_cannot_be_is_refused_and_changes_nothing(dt_s, volts, word):
    gauge = replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1)
    gauge.step(1.0, -10.0, [3.29], [25.0])
    before = gauge.gauge.meter.net_mams()
    with pytest.raises(replay.Refused) as why:
        gauge.step(dt_s, -10.0, volts, [25.0])
    assert word in str(why.value)
    assert gauge.gauge.meter.net_mams() == before


def test_a_profile_is_checked():
    table = owner_table(2)
    replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1, dict(table, soc=tuple(table["soc"])))
    for profile, word in (
        (dict(table, chem="NMC"), "another chemistry"),
        (dict(table, R0=math.nan), "R0"),
        ({key: table[key] for key in table if key != "gamma"}, "gamma"),
    ):
        with pytest.raises(replay.Refused, match=word):
            replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1, profile)


def test_a_missing_column_is_named(capsys, tmp_path):
    def change(lines):
        lines[0] = "t_s,i_A,volt,T_C,soc_ref"

    assert "v_V" in refused(capsys, written(tmp_path, change), *LFP)


@pytest.mark.parametrize(
    "argv, word",
    [
        (("--chemistry", "lead", "--capacity-ah", "2"), "lead"),
        (("--chemistry", "lfp", "--capacity-ah", "0"), "capacity"),
        (("--chemistry", "lfp", "--capacity-ah", "nan"), "capacity"),
        (LFP + ("--gain", "0"), "gain"),
        (LFP + ("--soc0", "1.5"), "soc0"),
        (LFP + ("--cells", "0"), "--cells"),
        (LFP + ("--offset-a", "nan"), "--offset-a"),
        (LFP + ("--cell-mv", "inf"), "--cell-mv"),
        (LFP + ("--full-scale-a", "0"), "--full-scale-a"),
        (LFP + ("--plot", "/nowhere/x.png"), "--plot"),
        (LFP + ("--json", "/nowhere/x.json"), "--json"),
        (LFP + ("--json", "/"), "is a folder"),
        (LFP + ("--plot", "x.xyz"), "must end with"),
        (LFP + ("--profile", "tables.json"), "FILE.json:NAME"),
        (LFP + ("--profile", "nowhere.json:x"), "nowhere.json"),
    ],
)
def test_bad_arguments_are_named(capsys, tmp_path, argv, word):
    assert word in refused(capsys, written(tmp_path), *argv)


def test_no_file_and_an_empty_one(capsys, tmp_path):
    assert "nothing.csv" in refused(capsys, str(tmp_path / "nothing.csv"), *LFP)
    assert "two rows" in refused(capsys, written(tmp_path, rows=1), *LFP)


def test_a_table_of_another_chemistry_is_refused(capsys, tmp_path):
    path = tmp_path / "tables.json"
    path.write_text(
        json.dumps({"mine": soc.owner_table(replay.CHEMISTRIES["lfp"]) | {"chem": "LFP"}})
    )
    words = ("--chemistry", "li_ion", "--capacity-ah", "2", "--profile", "%s:mine" % path)
    assert "chem: LFP is another" in refused(capsys, written(tmp_path), *words)
    assert replay.main([written(tmp_path), *LFP, "--profile", "%s:mine" % path]) == 0


def test_a_recording_that_was_cut_off_is_refused(capsys, tmp_path):
    with open(os.path.join(DATA, "nmc_lg_p10_us06.csv.gz"), "rb") as whole:
        path = tmp_path / "half.csv.gz"
        path.write_bytes(whole.read()[:30_000])
    assert "half.csv.gz" in refused(capsys, str(path), *LFP)


@pytest.mark.parametrize(
    "argv, word",
    [
        (("--only", "nothing"), "nothing is like that"),
        (("--file", "x.csv"), "--file needs"),
        (("--file", "x.csv", "--chemistry", "lfp", "--capacity-ah", "inf"), "--file needs"),
        (("--chemistry", "lfp"), "go with --file"),
        (("--file", "x.csv", "--chemistry", "lfp", "--capacity-ah", "2"), "x.csv"),
    ],
)
def test_soc_refuses_what_it_cannot_run(capsys, argv, word):
    try:
        status = soc.main([*argv, "--out", ""])
    except SystemExit as stop:
        status = stop.code
    assert status == 2 and word in capsys.readouterr().err


@pytest.mark.parametrize("is_cut", (True, False))
def test_soc_refuses_what_it_cannot_judge(capsys, tmp_path, is_cut):
    def change(lines):
        if is_cut:
            lines[:] = [line.rsplit(",", 1)[0] for line in lines]

    path = written(tmp_path, change, rows=2000 if is_cut else 1800)
    assert soc.main(["--file", path, *LFP, "--out", ""]) == 2
    assert "needs the column soc_ref, and 30 minutes" in capsys.readouterr().err


def test_an_unknown_table_is_named(capsys, tmp_path):
    path = tmp_path / "tables.json"
    path.write_text(json.dumps({"one": {}}))
    why = refused(capsys, written(tmp_path), *LFP, "--profile", "%s:two" % path)
    assert "two" in why and "one" in why


def test_it_prints_and_writes_what_it_found(capsys, tmp_path):
    out = tmp_path / "out.json"
    path = os.path.join(DATA, "nmc_lg_p10_us06.csv.gz")
    argv = (path, "--chemistry", "li_ion", "--capacity-ah", "2.7788", "--scale-ah", "100")
    assert replay.main([*argv, "--offset-a", "0.2", "--json", str(out)]) == 0
    assert "RMSE" in capsys.readouterr().out
    found = json.loads(out.read_text())
    assert found["rmse_percent"] < 2.5
    assert 95.0 < found["capacity_ah"] < 105.0


@pytest.mark.parametrize(
    "name, fault, rmse, worst",
    [
        ("nmc_lg_p10_us06", "0.2 A, +5 %", 2.0, 4.0),
        ("nmc_lg_p40_hwfet", "1 A, +5 mV", 1.2, 3.5),
        ("lfp_a123_dyn_p15C", "0.2 A, -5 %", 1.6, 5.5),
    ],
)
def test_the_gauge_beats_counting_on_a_recording(name, fault, rmse, worst):
    (row,) = [row for row in soc.RECORDINGS if row[0] == name]
    (fault,) = [row for row in soc.FAULTS if row[0] == fault]
    rows = cell_recording.load(os.path.join(DATA, name + ".csv.gz"))
    table = soc.owner_table(replay.CHEMISTRIES[row[1]])
    (socs, *_), seen, soc0, belief_ah = soc.run(rows, row[1], fault, row[2], table)
    found = replay.errors(rows, socs)
    plain = replay.errors(rows, soc.others(seen, soc0, belief_ah, row[1])[0])
    assert found[0] < rmse and found[1] < worst
    assert found[0] < plain[0]


def test_a_dead_sensor_keeps_counting_and_widens():
    gauge = replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 4)
    for _ in range(600):
        gauge.step(1.0, -20.0, [3.27] * 4, [25.0])
    before = gauge.gauge.conf()
    for _ in range(1200):
        gauge.step(1.0, math.nan, [3.28] * 4, [25.0])
    assert gauge.gauge.conf() > before
    before = gauge.gauge.estimator.soc
    for _ in range(60):
        gauge.step(1.0, -20.0, [math.nan] * 4, [math.nan])
    assert abs(before - gauge.gauge.estimator.soc - 20.0 / 100.0 / 60.0) < 0.001


def test_a_gap_does_not_invent_charge():
    gauge = replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1)
    for _ in range(60):
        gauge.step(1.0, 0.0, [3.29], [25.0])
    counted = gauge.gauge.meter.chg_mah
    gauge.step(60.0, 40.0, [3.35], [25.0])
    assert gauge.gauge.meter.chg_mah == counted


@pytest.mark.parametrize("first_s", (0.0, 1.0, 60.0))
def test_long_steps_count_whole(first_s):
    gauge = replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1)
    gauge.step(first_s, -10.0, [3.29], [25.0])
    for _ in range(59):
        gauge.step(60.0, -10.0, [3.29], [25.0])
    assert abs(gauge.gauge.meter.dsg_mah - (9_833 + first_s * 10 / 3.6)) < 2


def test_only_the_first_of_long_steps_is_a_gap():
    gauge = replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1)
    gauge.step(1.0, -30.0, [3.29], [25.0])
    for n in range(60):
        gauge.step(60.0, 20.0 if n % 2 == 0 else -30.0, [3.29], [25.0])
    net_mas = gauge.gauge.meter.net_mams() // 1000
    assert net_mas == -30_000 + 29 * 60 * 20_000 - 30 * 60 * 30_000


def test_a_gap_takes_the_smaller_of_its_ends():
    counted = []
    for before, after in ((-20.0, -50.0), (-50.0, -20.0), (30.0, -20.0)):
        gauge = replay.ReplayGauge("lfp", 100.0, 0.6, 200.0, 1)
        for _ in range(10):
            gauge.step(1.0, before, [3.29], [25.0])
        start = gauge.gauge.meter.net_mams()
        gauge.step(60.0, after, [3.29], [25.0])
        counted.append(gauge.gauge.meter.net_mams() - start)
    assert counted == [-20_000 * 60_000, -20_000 * 60_000, 0]
