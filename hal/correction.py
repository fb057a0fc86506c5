"""Correction: gains in ppm and a zero, in integers that stay below 2**30.

The finer a signal is, the coarser its gain may be: cells (8 V) are corrected in ppm, the
stack (65 V) in 10 ppm, the current (500 A) in 100 ppm, each half a count exact.
"""


class Correction:
    """What calibration asks of a sampler; without it everything is nominal."""

    def __init__(self):
        self.calibrate(0, 0, 0, 0)

    def calibrate(self, cell_ppm, stack_ppm, current_ppm, zero_ma):
        """Correct every later value."""
        self._cell = cell_ppm
        self._stack = stack_ppm // 10
        self._current = current_ppm // 100
        self._zero_ma = zero_ma

    def cell_mv(self, mv):
        """A cell, mV."""
        return mv + (mv * self._cell + 500_000) // 1_000_000

    def stack_mv(self, mv):
        """The stack, mV."""
        return mv + (mv * self._stack + 50_000) // 100_000

    def current_ma(self, ma):
        """The current, mA; the zero is taken off first."""
        ma -= self._zero_ma
        return ma + (ma * self._current + 5000) // 10_000
