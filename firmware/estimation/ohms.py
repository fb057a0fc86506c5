"""How the pack's resistances compare with its profile, learned from sharp changes."""

from math import exp

from firmware.estimation.cell import NODES

_LOW, _HIGH = 0.6, 1.7  # beyond, something else is wrong


class Ohms:
    """scale: true over profiled polarisation, 1 until changes prove otherwise."""

    def __init__(self, tune):
        self.tune = tune
        self.scale = 1.0
        self.xx = self.xy = 0.0
        self.pol_last = None
        self.rest_last = 0.0

    def forget_last(self):
        """The next look follows no other."""
        self.pol_last = None

    def remember(self, scale):
        """Go on from a stored scale."""
        prior = self.tune.ohm_prior
        self.scale = scale
        self.xx = prior
        self.xy = (2.0 * scale - 1.0) * prior

    def learn(self, cell, z, branch, pol_0, pol_1, pol_2, volt_v):
        """A look at volt_v near z: what its drops should be, from look to look."""
        tune = self.tune
        a = z * (NODES - 1)
        n = min(int(a), NODES - 2)
        ocv = cell.open_v(n, branch, branch)
        ocv += (a - n) * (cell.open_v(n + 1, branch, branch) - ocv)
        low = exp(-z / cell.p.b)
        pol = pol_0 * (1.0 + cell.p.a0 * low) + pol_1 * (1.0 + cell.p.a1 * low) + pol_2
        rest = volt_v - ocv
        if self.pol_last is not None and 0.2 < z < 0.95:
            dx = pol - self.pol_last
            if abs(dx) > tune.ohm_min:
                keep = 1.0 - 1.0 / tune.ohm_looks
                self.xx = self.xx * keep + dx * dx
                self.xy = self.xy * keep + dx * (rest - self.rest_last)
        self.pol_last = pol
        self.rest_last = rest
        scale = (self.xy + tune.ohm_prior) / (self.xx + tune.ohm_prior)
        self.scale = min(max(scale, _LOW), _HIGH)
