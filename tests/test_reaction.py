import pytest

from tests import reaction


@pytest.mark.parametrize("name", sorted(reaction.CASES))
def test_reaction_is_within_delay_and_two_steps_in_every_phase(name):
    delay_ms = reaction.CASES[name][2]
    times = reaction.measure(name, reaction.STEP_MS)
    assert max(times) <= delay_ms + 2 * reaction.STEP_MS
    # Nor may it come early by more than the one step that counts as past.
    assert min(times) >= delay_ms - 2 * reaction.STEP_MS


@pytest.mark.parametrize("name", ["cells_lost", "current_lost"])
def test_lost_cells_or_current_open_both_within_one_second(name):
    assert max(reaction.measure(name, 25)) <= 1000
