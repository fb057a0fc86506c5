import pytest

from hal.virtual import scenario
from tests.invariants import Invariants


@pytest.mark.parametrize("name", scenario.names())
def test_scenario_follows_its_timeline_and_keeps_the_invariants(name):
    _, wrong = scenario.play(scenario.load(name), observers=[Invariants()])
    assert wrong == []


def test_a_timeline_that_differs_fails():
    played = scenario.load("cold_morning")
    played.expect = played.expect[:-1]
    _, wrong = scenario.play(played)
    assert wrong and "unexpected" in wrong[0]
