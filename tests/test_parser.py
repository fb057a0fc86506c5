"""What is said wrong to a command with options is one line on standard error, exit status 2."""

import pytest

from tests import replay, soc, swarm
from tests.balancing import bench
from tests.estimation import packs

RECORDING = ["r.csv", "--chemistry", "lfp", "--capacity-ah", "2"]


@pytest.mark.parametrize(
    "command, words, named",
    (
        (soc, ["bla"], "bla"),
        (soc, ["ONLY=clean"], "ONLY=clean"),
        (soc, ["--course", "round"], "round"),
        (soc, ["--file", "r.csv"], "--capacity-ah"),
        (replay, [*RECORDING, "bla"], "bla"),
        (replay, [], "--chemistry"),
        (swarm, ["one"], "one"),
        (bench, ["bla"], "bla"),
        (bench, ["--dt", "0"], "--dt"),
        (packs, ["bla"], "bla"),
        (packs, ["--seeds", "many"], "many"),
        (packs, ["--seeds", "0"], "--seeds"),
        (packs, ["lfp_cycles", "--to-h", "0.5"], "--to-h"),
    ),
)
def test_a_word_that_is_not_understood_is_refused_in_one_line(capsys, command, words, named):
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    out, refused = capsys.readouterr()
    assert out == ""
    assert refused.startswith("python -m tests.") and refused.count("\n") == 1
    assert named in refused
