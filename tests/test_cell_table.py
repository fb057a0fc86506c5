"""What a cell table may not say is told with its key; what it says reaches the gauge."""

import json

import pytest

from firmware.estimation.profiles import LFP, LI_ION
from firmware.estimation.tables import KEYS
from tests import cell_table, deploy
from tests.estimation.rig import owner_table


def good(**changes):
    """A table that is right, but for the changes; None takes a key away."""
    table = owner_table(LFP) | {"chem": "LFP"} | changes
    return {key: value for key, value in table.items() if value is not None}


def bent(key, at, value):
    """The curve of a right table with one point changed."""
    curve = list(owner_table(LFP)[key])
    curve[at] = value
    return {key: curve}


def test_every_value_that_a_profile_takes_is_checked():
    assert set(KEYS) == (set(cell_table.CURVES) | set(cell_table.NUMBERS)) - {"soc"}


def test_the_shipped_tables_have_no_problem():
    assert cell_table.problem(good()) is None
    assert cell_table.problem(owner_table(LI_ION) | {"chem": "NMC"}) is None


@pytest.mark.parametrize(
    "changes, part",
    (
        ({"gamma": None}, "gamma: is missing"),
        ({"dis": None}, "dis: is missing"),
        ({"chem": "lead"}, "chem: 'lead'"),
        ({"chem": None}, "chem: None"),
        ({"chem": ["LFP"]}, "chem: ['LFP']"),
        ({"R0": "1"}, "R0: '1'"),
        ({"R0": True}, "R0: True"),
        ({"R1": float("nan")}, "R1: nan"),
        ({"tau1": 0.0}, "tau1: 0.0 is outside"),
        ({"v0": 3.6}, "v0: is not below v100"),
        ({"soc": 3}, "soc: needs"),
        ({"soc": [0.0, 0.5, 0.9, 1.0]}, "soc: needs"),
        ({"dis": [3.0]}, "dis: needs"),
        (bent("dis", 4, 5.1), "dis: point 4, 5.1"),
        (bent("chg", 4, None), "chg: point 4, None"),
        (bent("chg", 9, 3.0), "chg: point 9 does not rise"),
        (bent("soc", 9, owner_table(LFP)["soc"][8]), "soc: point 9 does not rise"),
        (bent("soc", 0, 0.001), "soc: does not go from 0 to 1"),
        (bent("dis", -1, 4.9), "chg: point"),
    ),
)
def test_the_first_problem_is_named(changes, part):
    assert part in cell_table.problem(good(**changes))


@pytest.mark.parametrize(
    "text, part",
    (("[", "Expecting"), ("[]", "no table"), ("{}", "no table"), ("[" * 99_999, "no JSON")),
)
def test_a_file_that_is_no_set_of_tables_is_refused(tmp_path, text, part):
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(cell_table.Refused) as refused:
        cell_table.read("%s:mine" % path)
    assert part in str(refused.value) and "\n" not in str(refused.value)


def test_a_table_with_a_problem_is_refused_by_deploy(tmp_path, capsys):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"mine": good(tau2=-1), "text": "x"}))
    for name, part in (("mine", "tau2: -1 is outside"), ("text", "is no table")):
        words = ["deploy", "DEST=%s" % (tmp_path / "new"), "CELL=%s:%s" % (path, name)]
        assert deploy.main(words) == 2
        assert part in capsys.readouterr().err
        assert not (tmp_path / "new").exists()


def test_what_lies_on_the_board_is_small_and_says_the_same():
    there = cell_table.on_board(good())
    assert there["chemistry"] == LFP
    for key in cell_table.CURVES:
        assert max(abs(a - b) for a, b in zip(there[key], good()[key])) <= 5.1e-5
    assert set(there) == {"chemistry", *cell_table.CURVES, *cell_table.NUMBERS}
