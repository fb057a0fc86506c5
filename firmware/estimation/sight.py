"""One look's expectation: a table over SOC that the swarm is weighed against.

Theory of operation. What a voltage misses the model by is no white noise: the
reading has an offset, and the drop on the resistances is wrong by some part
for hours. Every hypothesis explains what it can by an offset v and a part r of
the drop, by the gains of a Kalman filter whose covariance all share, and only
what is left decides between hypotheses. Both wander slowly.
"""

from array import array
from math import log

from firmware.estimation.cell import NODES


class Sight:
    """What the voltage should be at each per cent, and how sure that is."""

    def __init__(self, tune):
        zeros = [0.0] * NODES
        self.volt = array("f", zeros)
        self.inverse = array("f", zeros)
        self.log_square = array("f", zeros)
        self.volt_v = 0.0
        self.bend = 0.0
        self.weight = 0.0
        self.anchor = 0
        self.anchor_z = 0.0
        self.anchor_inverse = 0.0
        self.anchor_weight = 0.0
        self.tune = tune
        self.forget(tune.volt)

    def forget(self, volt_sd):
        """Offset and part are as unknown as at first; the offset to volt_sd."""
        self.vv = volt_sd * volt_sd
        self.rr = self.tune.ohm * self.tune.ohm
        self.vr = 0.0

    def wander(self, moved):
        """Charge moved (C hours): offset and part are a little less known."""
        tune = self.tune
        x = min(moved / tune.volt_moved, 0.5)
        self.vv += x * (tune.volt * tune.volt - self.vv)
        y = min(moved / tune.ohm_moved, 0.5)
        self.rr += y * (tune.ohm * tune.ohm - self.rr)
        self.vr *= 1.0 - 0.5 * (x + y)

    def aim(self, pol_v):
        """The drop that this look is about to see: gains before their division."""
        self.pol_v = pol_v
        self.gain_v = self.vv + pol_v * self.vr
        self.gain_r = self.vr + pol_v * self.rr
        self.common = self.gain_v + pol_v * self.gain_r

    def node(self, q, volt_v, square):
        """At node q expect volt_v within square, of which this look tells a part."""
        self.volt[q] = volt_v
        self.inverse[q] = 1.0 / (square / self.weight + self.common)
        self.log_square[q] = self.weight * log(square) + log(
            1.0 + self.common * self.weight / square
        )

    def learned(self, q):
        """The look is over: what it told of offset and part, seen at node q."""
        x = self.inverse[q]
        self.vv -= x * self.gain_v * self.gain_v
        self.vr -= x * self.gain_v * self.gain_r
        self.rr -= x * self.gain_r * self.gain_r
