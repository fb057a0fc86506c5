"""Board: the parts of hal.api.Board, put together by a builder, and its self-test."""

from hal.selftest import failures


class Board:
    """What `main(board)` is given. `checks` are the board's own (name, function) pairs."""

    def __init__(self, facts):
        self.facts = facts
        self.sampler = None
        self.gates = None
        self.transfer = None
        self.flash = None
        self.clock = None
        self.watchdog = None
        self.power = None
        self.checks: tuple = ()
        self.guests: tuple = ()

    def selftest(self, snap, sleep_ms):
        """Names of what is wrong; both gates are open before and after."""
        return failures(self, snap, sleep_ms)
