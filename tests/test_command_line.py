"""What a person meets at `make run`."""

import os
import signal
import subprocess
import sys

import pytest

from tests.upy.interpreters import ROOT


def run(*words, timeout=60):
    return subprocess.run(
        [sys.executable, "-m", "hal.virtual", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.mark.parametrize(
    "words, named, allowed",
    [
        (["SCENARIO=nothing"], "nothing", "charge_full"),
        (["BOARD=arduino"], "arduino", "virtual"),
        (["CHEMISTRY=lead"], "lead", "lfp"),
        (["CELLS=2"], "2", "3..8"),
        (["CELLS=9"], "9", "3..8"),
        (["CELLS=3", "CHEMISTRY=lfp"], "cell_count", "4..8"),
        (["CELLS=5", "CHEMISTRY=lto"], "cell_count", "6..8"),
        (["cell_ovp_mv=3400"], "cell_ovp_mv", "50"),
        (["cell_ovp_mv=3900"], "cell_ovp_mv", "3850"),
        (["mos_otp_dc=800"], "mos_otp_dc", "cannot be changed"),
        (["SPEED=fast"], "SPEED", "not a number"),
        (["COLOUR=red"], "COLOUR", "SCENARIO"),
        (["FAULT=cell9=open"], "cell9", "cell1..cell8"),
        (["FAULT=cell5=open", "CELLS=4"], "cell5", "4 cells"),
        (["FAULT=tap6=open", "CELLS=4"], "tap6", "4 cells"),
        (["FAULT=bogus"], "bogus", "TARGET=KIND"),
        (["FAULT="], "''", "TARGET=KIND"),
        (["FAULT=cell3=drifting=fast"], "fast", "whole number"),
        (["STATE=/nowhere/x.state"], "/nowhere/x.state", "cannot be written"),
        (["STATE=/tmp"], "/tmp", "cannot be written"),
        (["FAULT=chg=frozen"], "frozen", "welded"),
        (["SCENARIO=cold_morning", "CELLS=4"], "CELLS", "scenario"),
        (["cell_ovp_mv=3500", "SCENARIO=cold_morning"], "cell_ovp_mv", "scenario"),
        (["SCENARIO=cold_morning", "SECONDS=5", "SPEED=max"], "SECONDS", "scenario"),
        (["SCENARIO=cold_morning", "FAULT=cell1=open"], "FAULT", "scenario"),
        (["SCENARIO=cold_morning", "--fresh"], "--fresh", "scenario"),
    ],
)
def test_bad_input_is_one_line_that_names_it_and_exit_2(words, named, allowed):
    done = run(*words)
    assert done.returncode == 2
    assert done.stdout.count("\n") == 1 and done.stderr == ""
    assert named in done.stdout and allowed in done.stdout


@pytest.mark.parametrize(
    "words, volts",
    [([], 29.2), (["CHEMISTRY=li_ion", "CELLS=4"], 16.8), (["CHEMISTRY=lto", "CELLS=7"], 19.25)],
)
def test_the_charger_fits_the_pack(tmp_path, words, volts):
    state = "STATE=%s" % (tmp_path / "pack.state")
    for again in (words, []):
        done = run("SPEED=max", "SECONDS=10", state, *again)
        assert "> charger %s 20.0" % volts in done.stdout


def test_a_scenario_at_full_speed_ends_with_its_verdict():
    done = run("SCENARIO=cold_morning", "SPEED=max")
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("cold_morning … pass")


def test_a_paced_scenario_passes_through_power_off_and_wake():
    done = run("SCENARIO=discharge_empty", "SPEED=1000")
    assert done.stdout.rstrip().endswith("discharge_empty … pass")


def test_a_run_in_real_time_ends_cleanly_on_ctrl_c_with_both_gates_off():
    process = subprocess.Popen(
        [sys.executable, "-m", "hal.virtual", "SPEED=50"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    seen = ""
    while "gates both on" not in seen:
        line = process.stdout.readline()
        assert line, "ended before the gates closed: " + process.stderr.read()
        seen += line
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert rest.rstrip().endswith("both gates off")
    assert errors == ""
