"""Guests under supervision: counted when they die, started again with back-off."""

import asyncio

from firmware.tasks import Supervisor
from tests.each import each


class Clock:
    """Time moves only when somebody sleeps."""

    def __init__(self):
        self.now_ms = 0
        self.slept = []

    def ticks_ms(self):
        return self.now_ms

    def elapsed_ms(self, since):
        return self.now_ms - since

    async def sleep_ms(self, ms):
        self.slept.append(ms)
        self.now_ms += ms
        await asyncio.sleep(0)


class Guest:
    """Lives for `life_ms`, then ends the way it is told to."""

    def __init__(self, clock, life_ms=0, error=None):
        self.clock = clock
        self.life_ms = life_ms
        self.error = error
        self.starts = 0
        self.argument = None

    async def run(self, argument):
        self.starts += 1
        self.argument = argument
        self.clock.now_ms += self.life_ms
        await asyncio.sleep(0)
        if self.error:
            raise self.error


def supervise(clock, guest, turns, while_running=None):
    """Let the event loop turn that often under a supervisor; the supervisor."""

    async def play():
        supervisor = Supervisor(clock)
        supervisor.start("guest", guest.run, "bms")
        for i in range(turns):
            await asyncio.sleep(0)
            if while_running:
                while_running(i, supervisor)
        supervisor.stop()
        for _ in range(3):
            await asyncio.sleep(0)
        return supervisor

    return asyncio.run(play())


def test_a_guest_gets_its_argument_and_is_not_counted_dead_while_it_lives():
    clock = Clock()
    guest = Guest(clock)
    seen = []
    supervise(clock, guest, 1, lambda i, s: seen.append((guest.starts, s.deaths["guest"])))
    assert guest.argument == "bms"
    assert seen == [(1, 0)]


@each([(None, None), (ValueError("no"), "ValueError"), (OSError(5), "OSError")])
def test_every_end_is_counted_and_its_error_kept(row):
    error, said = row
    clock = Clock()
    guest = Guest(clock, error=error)
    supervisor = supervise(clock, guest, 30)
    assert supervisor.deaths["guest"] >= guest.starts - 1 >= 3
    if said is None:
        assert "guest" not in supervisor.last_error
    else:
        assert said in supervisor.last_error["guest"]


def test_the_pause_doubles_from_one_second_to_a_minute():
    clock = Clock()
    supervise(clock, Guest(clock, error=ValueError()), 60)
    assert clock.slept[:9] == [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]


@each([(60_000, 8000), (60_001, 1000)])
def test_a_guest_that_ran_for_longer_than_a_minute_starts_over(row):
    life_ms, pause_ms = row
    clock = Clock()
    guest = Guest(clock, error=ValueError())

    def live_longer(_, supervisor):
        if supervisor.deaths["guest"] == 3:
            guest.life_ms = life_ms

    supervise(clock, guest, 20, live_longer)
    assert clock.slept[:4] == [1000, 2000, 4000, pause_ms]


def test_one_guests_death_leaves_the_others_alone():
    clock = Clock()
    bad, good = Guest(clock, error=ValueError()), Guest(clock)

    async def live_on(_):
        good.starts += 1
        while True:
            await asyncio.sleep(0)

    async def play():
        supervisor = Supervisor(clock)
        supervisor.start("bad", bad.run, None)
        supervisor.start("good", live_on, None)
        for _ in range(30):
            await asyncio.sleep(0)
        supervisor.stop()
        await asyncio.sleep(0)
        return supervisor

    supervisor = asyncio.run(play())
    assert supervisor.deaths["bad"] > 3
    assert (good.starts, supervisor.deaths["good"]) == (1, 0)


def test_stop_cancels_and_nothing_is_started_again():
    clock = Clock()
    guest = Guest(clock)
    supervise(clock, guest, 10)
    starts = guest.starts

    async def later():
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(later())
    assert guest.starts == starts
