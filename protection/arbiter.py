"""Arbiter: what is allowed and wanted becomes what the gates are told.

The pair sits in common port: the body diode of an open discharge MOSFET carries the
charging current, and that of an open charge MOSFET the load current, at a heat that
kills it. So while one direction is blocked and real current flows the other way, the
blocked MOSFET is closed as *assist* (D24): above 2 % of full scale, until below 1 % or
until the current turns, and never under a fault that opens both.
"""

from protection.rule import BOTH, CHG, DSG


class Arbiter:
    """Writes `wanted`, `gates_cmd` and `assist` of the snapshot."""

    def __init__(self, snap, facts):
        self.snap = snap
        self.assist_on_ma = facts.FULL_SCALE_MA // 50 if facts.ASSIST else 1 << 29
        self.assist_off_ma = facts.FULL_SCALE_MA // 100
        self.wanted = 0

    def load(self, limits):
        """Take over the two switches."""
        self.wanted = (CHG if limits.get("chg_switch_on") else 0) | (
            DSG if limits.get("dsg_switch_on") else 0
        )

    def step(self, welded):
        """Decide; `welded` is the mask of MOSFETs that no longer open (D36)."""
        snap = self.snap
        snap.wanted = self.wanted
        on = self.wanted & snap.allowed
        if on == BOTH or not snap.assist_ok:
            snap.assist = 0
        else:
            snap.assist = self._assist(on, on | welded)
        snap.gates_cmd = on | snap.assist

    def _assist(self, on, carries):
        """The mask of blocked MOSFETs to close for the sake of their body diodes.

        `on` are the gates closed in their own right, `carries` those plus welded ones.
        Charging current (positive) flows through the charge MOSFET and the diode of the
        discharge MOSFET, and the other way round.
        """
        current_ma = self.snap.current_ma
        if current_ma > 0:
            blocked = DSG
        elif current_ma < 0:
            blocked = CHG
            current_ma = -current_ma
        else:
            return 0
        if on & blocked or not carries & (BOTH ^ blocked):
            return 0
        if self.snap.assist & blocked:
            return blocked if current_ma >= self.assist_off_ma else 0
        return blocked if current_ma > self.assist_on_ma else 0
