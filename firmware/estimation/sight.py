"""One look's expectation: what each per cent should show, and how surely.

The estimator fills it node by node; the filters of the bank read it between the nodes.
An anchor, where one stands, is a second thing seen: the state of charge itself.
"""

from array import array

from firmware.estimation.cell import NODES

ANYWHERE = (-1.0, 2.0)  # bounds of the state of charge without an anchor


class Sight:
    """What the voltage should be at each per cent, and how sure that is."""

    def __init__(self, half, quick_from):
        """half: half width of the hysteresis at each per cent, V, slow up to quick_from."""
        zeros = [0.0] * NODES
        self.volt = array("f", zeros)
        self.square = array("f", zeros)
        self.volt_v = 0.0
        self.pol_v = 0.0  # V, the drop on the resistances
        self.ohm = 0.0  # part of it that is not known
        self.bend = 0.0
        self.weight = 0.0
        self.half = half
        self.quick_from = quick_from
        self.apart = 0.0  # what multiplies it from a haste of 0 to one of 1
        self.least, self.most = ANYWHERE  # what an anchor tells
        self.anchor_weight = 0.0

    def at(self, z):
        """(volts, square, volts of haste 1) at a state of charge; beyond the ends as steep."""
        top = NODES - 1
        a = z * top
        n = int(a)
        n = 0 if a < 0.0 else top - 1 if n >= top else n
        volt = self.volt
        here = volt[n] + (a - n) * (volt[n + 1] - volt[n])
        return here, self.square[n], self.half[n] * self.apart if n < self.quick_from else 0.0
