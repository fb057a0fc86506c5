"""Tasks: guests run under supervision; the control loop needs none of them.

A task that dies on MicroPython dies silently, so none is ever created bare. A guest
that fails is counted and started again after 1 s, 2 s, 4 s … up to 60 s; one that ran
for longer than that without failing starts over at 1 s.
"""

import asyncio

from micropython import const

_FIRST_MS = const(1000)
_LONGEST_MS = const(60_000)


class Supervisor:
    """Starts guests and keeps them running; `deaths` counts failures by name."""

    def __init__(self, clock):
        self.clock = clock
        self.deaths = {}
        self.last_error = {}
        self._tasks = []

    def start(self, name, guest, argument):
        """Run the coroutine function `guest(argument)` for as long as the loop lives."""
        self.deaths[name] = 0
        self._tasks.append(asyncio.create_task(self._keep(name, guest, argument)))

    def stop(self):
        """Cancel every guest."""
        for task in self._tasks:
            task.cancel()

    async def _keep(self, name, guest, argument):
        pause_ms = _FIRST_MS
        while True:
            began = self.clock.ticks_ms()
            try:
                await guest(argument)
            except Exception as error:
                self.last_error[name] = repr(error)
            self.deaths[name] += 1
            if self.clock.elapsed_ms(began) > _LONGEST_MS:
                pause_ms = _FIRST_MS
            await self.clock.sleep_ms(pause_ms)
            pause_ms = min(pause_ms * 2, _LONGEST_MS)
