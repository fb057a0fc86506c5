"""Mosfets: does each MOSFET do what it was told?

Two kinds of evidence (D36). The gate line read back disagrees with the command; and
current flows in a direction whose MOSFET is open. The first is not asked while the
lease has lapsed or the short latch has cut the gates, for then hardware says no.
"""

from protection.rule import BOTH, CHG, DSG


class Mosfets:
    """`*_disobeys` counts steps of disagreement, `*_leak_ma` is current through an open gate."""

    def __init__(self, snap):
        self.snap = snap
        self.chg_disobeys = 0
        self.dsg_disobeys = 0
        self.chg_leak_ma = 0
        self.dsg_leak_ma = 0
        self._before = BOTH

    def step(self):
        """Compare the command of the last step with what is seen now."""
        snap = self.snap
        commanded = snap.gates_cmd
        if snap.short_mask or not snap.lease_alive:
            differs = 0
        else:
            differs = commanded ^ snap.gates_on
        self.chg_disobeys = self.chg_disobeys + 1 if differs & CHG else 0
        self.dsg_disobeys = self.dsg_disobeys + 1 if differs & DSG else 0
        # The current is a mean over the last step: a gate that was closed for a part of
        # it proves nothing, so a leak needs the gate open for two commands.
        closed = commanded | self._before
        self._before = commanded
        current_ma = snap.current_ma
        self.chg_leak_ma = current_ma if current_ma > 0 and not closed & CHG else 0
        self.dsg_leak_ma = -current_ma if current_ma < 0 and not closed & DSG else 0
