"""Rubbish, forgeries and every word at the radio; `make campaign` throws a hundred times more."""

import pytest

from tests.fuzz import login_machine, radio
from tests.scale import SCALE

PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_a_closed_board_takes_no_stream_for_an_order(part):
    count = SCALE * 100_000 // PARTS
    assert radio.fuzz(count, 1 + part) == count


@pytest.mark.parametrize("part", range(PARTS))
def test_frames_are_the_same_in_any_chopping(part):
    assert radio.fuzz_readers(SCALE * 20_000 // PARTS, 1 + part)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_forged_replayed_or_strayed_command_is_accepted(part):
    count = SCALE * 10_000 // PARTS
    assert radio.attacks(count, 1 + part) == count


@pytest.mark.parametrize("first", login_machine.MATTER)
def test_every_word_of_six_events_is_answered_as_the_model_says(first):
    assert login_machine.tree(6, first) == sum(8**n for n in range(6))


def test_every_reachable_state_of_the_login_machine_agrees_with_the_model():
    states, edges = login_machine.reachable()
    assert edges == states * len(login_machine.EVENTS)
    assert states > 200


def test_long_random_words_agree_with_the_model():
    assert login_machine.random_words(SCALE * 300, 1)
