"""The whole firmware plays every scenario on the real boards' drivers."""

import os

import pytest

import tests  # noqa: F401
from hal.virtual.scenario import names
from tests.hal.scaled import play
from tests.hal.standins import boards
from tests.invariants import Invariants

BOARDS = {"jk8s": boards.jk8s, "libresolar_bms_c1": boards.c1}
FACTS = {"jk8s": boards.jk8s_facts, "libresolar_bms_c1": boards.c1_facts}
LONG = (("jk8s", "charge_full"),)  # a minute of host time
# What a scenario takes from the reference board, and where the other board's test is.
OTHERWISE = {
    ("libresolar_bms_c1", "stalled_step"): "its lease is 2 s: see test_bq76952, stalls",
}


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("board", sorted(BOARDS))
def test_scenario(board, name):
    if (board, name) in LONG and not os.environ.get("CI"):
        pytest.skip("long; CI plays it")
    if (board, name) in OTHERWISE:
        pytest.skip(OTHERWISE[board, name])
    sim, wrong = play(name, BOARDS[board], FACTS[board], [Invariants()])
    assert not sim.errors, sim.errors
    assert not wrong, "\n".join(wrong)
