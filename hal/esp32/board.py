"""Board: the parts of hal.api.Board, put together by a builder, and its self-test."""

from hal.selftest import NAMES, NOT_TESTED, failures


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
        self.wrong = NOT_TESTED

    def selftest(self, snap):
        """Test once, with both gates open, what was sampled; names of what is wrong."""
        self.wrong = failures(self, snap)
        return [name for bit, name in enumerate(NAMES) if self.wrong >> bit & 1]
