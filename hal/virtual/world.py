"""World: a guest of the firmware's own event loop that plays everything outside the board."""

from hal.virtual import scenario as scenarios

_LOOK_MS = 50
_DRAW_MS = 500
_KEEP_LOOKS = 200


class PoweredOff(Exception):
    """The firmware cut its own supply."""


class Reset(Exception):
    """The processor was reset."""


class World:
    """Carries out actions in time, watches, draws, and ends the run when it is over."""

    def __init__(self, board, timeline, actions, display, seconds):
        self.board = board
        self.timeline = timeline
        self.ended = False
        self.keep = None  # called now and then, to keep what a later run goes on from
        self._bms = None
        self._display = display
        self._actions = actions
        self._next = next(actions, None)
        self._end_ms = seconds * 1000 if seconds else None
        board.power.off = self._off
        board.power.restart = self._restart

    async def live(self, bms):
        """Look at the board every 50 ms."""
        clock = self.board.clock
        self._bms = bms
        if bms.keeper.power_on_count == 1:
            bms.gauge.set_soc(self.board.pack.soc_pm())
        drawn_ms = -_DRAW_MS
        looks = 0
        while True:
            looks += 1
            if self.keep and looks % _KEEP_LOOKS == 0:
                self.keep()
            self.timeline.watch(bms)
            self._act(bms)
            if clock.now_ms - drawn_ms >= _DRAW_MS:
                drawn_ms = clock.now_ms
                self._display.show(bms, self.board)
            if self._over():
                raise KeyboardInterrupt  # ends asyncio.run as a person's Ctrl-C does
            await clock.sleep_ms(_LOOK_MS)

    def wait_for_wake(self):
        """Stay without supply until a charger or the button wakes the board."""
        clock = self.board.clock
        while not (self.board.power.charger_wakes() or self.board.power.pressed):
            if self._over():
                return
            clock.pass_ms(_LOOK_MS)
            self._act(None)
        self.timeline.note("power on")

    def _over(self):
        if self._end_ms is not None and self.board.clock.now_ms >= self._end_ms:
            self.ended = True
        return self.ended

    def _act(self, bms):
        now_ms = self.board.clock.now_ms
        while self._next and self._next[0] * 1000 <= now_ms:
            scenarios.do(self.board, bms, self.timeline, self._next)
            self._next = next(self._actions, None)

    def _off(self):
        self.timeline.watch(self._bms)
        self.timeline.gates_fell()
        self.timeline.note("power off")
        raise PoweredOff

    def _restart(self):
        raise Reset
