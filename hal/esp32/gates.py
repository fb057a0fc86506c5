"""Gates: two MOSFETs behind a retriggerable monostable and a short-circuit latch.

A gate is on while its pin is high AND the monostable is alive AND the latch is not set;
the board's AND gate sees to that, and pull-downs hold it off while the processor resets.
"""

from protection.rule import CHG, DSG


class Gates:
    """hal.api.Gates on three pins and the registers of the tap matrix."""

    def __init__(self, chg, dsg, lease, matrix, facts):
        self._chg = chg
        self._dsg = dsg
        self._lease = lease
        self._matrix = matrix
        self._facts = facts

    def drive(self, mask):
        """Command both gates at once."""
        self._chg(1 if mask & CHG else 0)
        self._dsg(1 if mask & DSG else 0)

    def renew(self):
        """One pulse: the monostable is retriggered by its rising edge."""
        self._lease(1)
        self._lease(0)

    def rearm(self):
        """Release the short-circuit latch."""
        self._matrix.reset_latch()

    def arm(self, delay_us):
        """Set the comparator's delay ladder; returns the delay it really has, us."""
        facts = self._facts
        steps = -(-delay_us // facts.SCP_STEP_US)
        effective_us = min(max(steps * facts.SCP_STEP_US, facts.SCP_MIN_US), facts.SCP_MAX_US)
        self._matrix.set_delay(effective_us // facts.SCP_STEP_US)
        return effective_us
