"""One look's expectation: what each per cent should show, and how surely.

The estimator fills it node by node; the filters of the bank read it between the nodes.
An anchor, where one stands, is a second thing seen: the state of charge itself.
"""

from array import array

from firmware.estimation.cell import NODES


class Sight:
    """What the voltage should be at each per cent, and how sure that is."""

    def __init__(self):
        zeros = [0.0] * NODES
        self.volt = array("f", zeros)
        self.square = array("f", zeros)
        self.volt_v = 0.0
        self.pol_v = 0.0  # V, the drop on the resistances
        self.bend = 0.0
        self.weight = 0.0
        self.anchor = 0  # -1: no less than anchor_z, 1: no more
        self.anchor_z = 0.0
        self.anchor_square = 0.0
        self.anchor_weight = 0.0

    def at(self, z):
        """(volts, square) at a state of charge; beyond the ends as steep as there."""
        top = NODES - 1
        a = z * top
        n = int(a)
        n = 0 if a < 0.0 else top - 1 if n >= top else n
        volt = self.volt
        return volt[n] + (a - n) * (volt[n + 1] - volt[n]), self.square[n]
