"""The main loop, its guests, and every way in which it can end: both gates open."""

import asyncio
import selectors

import pytest

from firmware.app import main
from firmware.events import WAKE_BUTTON
from hal.virtual.board import VirtualBoard
from hal.virtual.pack import Pack
from hal.virtual.sim import commissioned


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is the virtual clock: waiting advances it."""

    def __init__(self, clock):
        self._virtual = clock

        class Selector(selectors.DefaultSelector):
            def select(self, timeout=None):
                if timeout is None or timeout > 0:
                    clock.advance(max(1, round((timeout or 0.05) * 1000)))
                return super().select(0)

        super().__init__(Selector())

    def time(self):
        return self._virtual.now_ms / 1000


class Stop(Exception):
    """Ends a run on purpose."""


def board_with_pack():
    board = VirtualBoard(Pack())
    board.power.reason = WAKE_BUTTON
    return board


def run(board, monkeypatch, guests=(), seconds=10):
    async def limited(coroutine):
        await asyncio.wait_for(coroutine, seconds)

    def virtual_run(coroutine):
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(board.clock)) as runner:
            runner.run(limited(coroutine))

    monkeypatch.setattr(asyncio, "run", virtual_run)
    main(board, commissioned(2, board.facts), guests)


def test_cancellation_leaves_both_gates_open(monkeypatch):
    board = board_with_pack()
    seen = []

    async def guest(bms):
        while True:
            await bms.clock.sleep_ms(1000)
            seen.append(board.gates.line())

    with pytest.raises(asyncio.TimeoutError):
        run(board, monkeypatch, (("guest", guest),))
    assert seen[-1] == 3, "the gates were closed while it ran"
    assert board.gates.line() == 0


@pytest.mark.parametrize(
    "part, verb",
    [
        ("sampler", "sample"),
        ("gates", "drive"),
        ("gates", "renew"),
        ("watchdog", "feed"),
        ("clock", "ticks_ms"),
        ("clock", "elapsed_ms"),
    ],
)
def test_an_exception_at_any_hal_call_opens_both_gates(monkeypatch, part, verb):
    board = board_with_pack()
    target = getattr(board, part)
    real = getattr(target, verb)
    calls = []

    def fails(*arguments):
        calls.append(1)
        # Once, so that the way out can still command the gates.
        if len(calls) == 200:
            raise Stop(verb)
        return real(*arguments)

    monkeypatch.setattr(target, verb, fails)
    with pytest.raises(Stop):
        run(board, monkeypatch)
    assert board.gates.line() == 0


def test_a_dying_guest_is_restarted_with_back_off_and_delays_no_step(monkeypatch):
    board = board_with_pack()
    deaths = []
    snaps = []

    async def dies(bms):
        snaps.append(bms.snap)
        deaths.append(board.clock.now_ms)
        raise Stop("again")

    with pytest.raises(asyncio.TimeoutError):
        run(board, monkeypatch, (("dies", dies),), seconds=20)
    gaps = [later - sooner for sooner, later in zip(deaths, deaths[1:])]
    assert len(gaps) >= 3
    for gap, due in zip(gaps, (1000, 2000, 4000, 8000)):
        assert due <= gap <= due + 150
    assert snaps[0].seq >= 20 * 20 - 20, "a step every 50 ms all along"


def test_keyboard_interrupt_opens_both_gates(monkeypatch):
    board = board_with_pack()

    async def guest(bms):
        await bms.clock.sleep_ms(5000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(board, monkeypatch, (("guest", guest),))
    assert board.gates.line() == 0


def test_between_two_steps_only_one_slice_of_gauge_or_balancer_is_worked_off_at_a_time(monkeypatch):
    board = board_with_pack()
    worked_ms = []

    def spied(work):
        def spy():
            did = work()
            if did:
                worked_ms.append(board.clock.now_ms)
            return did

        return spy

    async def guest(bms):
        monkeypatch.setattr(bms.gauge, "work", spied(bms.gauge.work))
        monkeypatch.setattr(bms.scheduler, "work", spied(bms.scheduler.work))
        await bms.clock.sleep_ms(1_000_000)

    with pytest.raises(asyncio.TimeoutError):
        run(board, monkeypatch, (("spy", guest),), seconds=30)
    assert len(worked_ms) > 200
    assert len(set(worked_ms)) == len(worked_ms)
