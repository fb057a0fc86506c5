import pytest

from tests.scale import SCALE
from tests.swarm import Swarm


@pytest.mark.parametrize("seed", range(20 if SCALE == 1 else 40 * SCALE))
def test_the_invariants_hold_whatever_happens(seed):
    swarm = Swarm(seed)
    swarm.live(0.5)
    assert swarm.sim.errors == []
