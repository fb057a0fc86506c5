"""A small, repeatable source of chance: the same numbers on every Python.

Lehmer generator modulo the Fermat prime 65537; 16007 is a primitive root
(period 65536, shown by test), and no product reaches 2**30.
"""

_ROOT_3 = 1.7320508


class Noise:
    """Uniform and nearly normal numbers from one integer of state."""

    def __init__(self, seed=1):
        self.state = seed

    def uniform(self):
        """A number in 0..1, both ends excluded."""
        self.state = state = self.state * 16007 % 65537
        return (state - 0.5) / 65537.0

    def normal(self):
        """Mean 0, deviation 1, within +-3.47: four uniform numbers added."""
        a = self.state * 16007 % 65537
        b = a * 16007 % 65537
        c = b * 16007 % 65537
        self.state = d = c * 16007 % 65537
        return ((a + b + c + d - 2) / 65537.0 - 2.0) * _ROOT_3
