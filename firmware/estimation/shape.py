"""What this pack's open-circuit curve adds to its profile, learned online.

Every bin of SOC holds a correction in volts and its variance. A look teaches
the bin of the present estimate by as much as it knows better than the bin:
much while the bin is new and the charge is counted from an anchor, little
later. A bin that is not known yet makes its voltages weak witnesses, so on a
cell of another maker the gauge first counts, then learns, then judges.
"""

from array import array

BINS = 27  # one more than 100 % needs: the table reads a bin and the next
_PER_BIN = 0.04
_VARIANCE_MIN = 1e-6


class Shape:
    """correction and variance at any SOC."""

    def __init__(self, doubt_v):
        self.volt = array("f", [0.0] * BINS)
        self.square = array("f", [doubt_v * doubt_v] * BINS)

    def learn(self, z, residual_v, square, weight):
        """At z the voltage was residual_v above the model, give or take."""
        a = min(max(z / _PER_BIN, 0.0), BINS - 2.0)
        n = int(a)
        f = a - n
        self._teach(n, residual_v, square, weight * (1.0 - f))
        self._teach(n + 1, residual_v, square, weight * f)

    def _teach(self, n, residual_v, square, weight):
        own = self.square[n]
        gain = own * weight / (own * weight + square)
        self.volt[n] += gain * residual_v
        self.square[n] = max(own * (1.0 - gain), _VARIANCE_MIN)

    def mean_square(self):
        """The same for all SOC: a bin that is unsure must neither draw nor repel."""
        return sum(self.square) / BINS
