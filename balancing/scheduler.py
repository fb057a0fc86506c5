"""Scheduler: the balancer's place in the pipeline; at rest."""


class Scheduler:
    """Keeps the transfer stopped."""

    def __init__(self, snap, transfer):
        self.snap = snap
        self.transfer = transfer

    def load(self, limits):
        """Take over new limits."""

    def step(self, dt_ms):
        """Rest."""
