"""Mosfets: does each MOSFET do what it was told?

Two kinds of evidence (D36). The gate line read back disagrees with the command; and
current flows in a direction whose MOSFET is open. The first is not asked while the
lease has lapsed or the short latch has cut the gates, for then hardware says no. Only a
new reading judges an open gate; until the next one comes, what it said stands.
"""

from micropython import const

from protection.rule import BOTH, CHG, DSG

_CHG_DISOBEYS = const(20)  # slots of protection.signals, which imports this file
_DSG_DISOBEYS = const(21)
_CHG_LEAK_MA = const(22)
_DSG_LEAK_MA = const(23)


class Mosfets:
    """Fills four signals: steps of disagreement, and mA through an open gate."""

    def __init__(self, snap, values):
        self.snap = snap
        self.values = values
        self._before = 0
        self._calm = False

    def step(self):
        """Compare the command of the last step with what is seen now."""
        snap = self.snap
        commanded = snap.gates_cmd
        before = self._before
        self._before = commanded
        differs = commanded ^ snap.gates_on
        if differs and (snap.short_mask or not snap.lease_alive):
            differs = 0
        # The current is a mean over the last step: a gate that was closed for a part of
        # it proves nothing, so a leak needs the gate open for two commands.
        closed = commanded | before
        if closed == BOTH and not differs:
            if not self._calm:
                self._calm = True
                self._tell(0, 0, BOTH)
            return
        self._calm = False
        self._tell(differs, snap.current_ma, closed)

    def _tell(self, differs, current_ma, closed):
        values = self.values
        values[_CHG_DISOBEYS] = values[_CHG_DISOBEYS] + 1 if differs & CHG else 0
        values[_DSG_DISOBEYS] = values[_DSG_DISOBEYS] + 1 if differs & DSG else 0
        heard = self.snap.current_age_ms == 0
        if heard or closed & CHG:
            values[_CHG_LEAK_MA] = current_ma if current_ma > 0 and not closed & CHG else 0
        if heard or closed & DSG:
            values[_DSG_LEAK_MA] = -current_ma if current_ma < 0 and not closed & DSG else 0
