"""A pack as the plausibility check sees it, with sensors that lie."""

from boards.jk8s import board as jk8s
from firmware.snapshot import Snapshot
from protection.plausible import Plausible
from tests.rig import calm


class Pack:
    """A snapshot whose eight cells and current are set by hand, step by step."""

    def __init__(self, cells=8):
        self.snap = calm(Snapshot())
        self.plausible = Plausible(self.snap, jk8s)
        self.plausible.load({"cell_count": cells})
        for _ in range(300):  # the first reading of all is a jump from nothing
            self.plausible.step()
        assert not self.odd()

    def odd(self):
        return self.plausible.cells_odd

    def step(self, current_ma=None, pack_mv=None, stack_mv=None):
        snap = self.snap
        if current_ma is not None:
            snap.current_ma = current_ma
            self.follow(range(8))
        if pack_mv is not None:
            snap.pack_mv = pack_mv
        if stack_mv is not None:
            snap.stack_mv = stack_mv
        self.plausible.step()

    def jump(self, mv):
        """Pack and stack jump together, once."""
        self.step(pack_mv=self.snap.pack_mv + mv, stack_mv=self.snap.stack_mv + mv)

    def swing(self, current_ma, moving):
        """The current goes there and stands; the cells in `moving` follow by 1 mV."""
        self.follow(moving)
        self.snap.current_ma = current_ma
        self.step()
        self.step()

    def follow(self, moving):
        """These cells move by one count."""
        for i in moving:
            self.snap.cell_mv[i] += 1
