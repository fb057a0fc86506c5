"""The self-test at boot: each failure has its name, and any keeps both gates open."""

import asyncio

import tests  # noqa: F401
from ble.jk02 import STATUS_RECORD
from ble.pages import LIVE, read
from ble.status import Status
from firmware import start
from firmware.events import WAKE_BUTTON, WAKE_CHARGER, WAKE_RESET
from firmware.settings import Settings
from hal.selftest import NAMES, NOT_TESTED
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation, commissioned
from protection.rule import BOTH, DSG
from protection.table import NOT_CONFIGURED, SELF_TEST
from tests.each import each
from tests.firmware.test_presence import flashes
from tests.hal.standins import boards


class Enough(Exception):
    """The test has seen what it wanted."""


class Fed:
    """The driver's watchdog, and what the simulation asks of the plant's."""

    def __init__(self, feed, plant):
        self.feed = feed
        self.expired = plant.expired


class Booted:
    """The firmware on a board whose self-test runs beside the loop; `said` is the serial port."""

    def __init__(self, board, settings=None, reason=WAKE_CHARGER):
        self.said = []
        self.names = []
        self.driver = board.driver
        board.world.strict = False
        board.wrong = NOT_TESTED
        board.watchdog = Fed(self.driver.watchdog.feed, board.watchdog)
        board.selftest = self._selftest
        self.sim = Simulation(board=board, settings=settings, reason=reason)
        self.board = board
        self._end_ms = 0

    def run(self, seconds, guest=start.examine):
        """Let the loop and a guest of it run beside each other."""
        self._end_ms = self.sim.clock.now_ms + int(seconds * 1000)
        self.sim.clock.sleep_ms = self._sleep
        start.print = self.said.append
        try:
            asyncio.run(guest(self.sim.bms))
        except Enough:
            pass
        finally:
            del start.print
        assert not self.sim.errors, self.sim.errors

    def _selftest(self, snap):
        self.names = self.driver.selftest(snap)
        self.board.wrong = self.driver.wrong
        assert self.board.gates.line() == 0, "a gate was closed for the test"
        return self.names

    async def _sleep(self, ms):
        left_ms = self._end_ms - self.sim.clock.now_ms
        self.sim.run(min(ms, left_ms) / 1000, lambda sim: sim.clock.now_ms >= self._end_ms)
        if ms >= left_ms:
            raise Enough


@each((boards.jk8s, boards.c1))
def test_a_sound_board_passes_and_may_close_its_gates(row):
    booted = Booted(row(Pack()))
    booted.run(0.6)
    assert booted.sim.bms.snap.own_word
    assert booted.board.gates.line() == 0
    booted.run(10)
    assert booted.names == [] and booted.board.wrong == 0
    assert booted.board.gates.line() == BOTH
    assert booted.said == []


# build, fault of the plant, what is wrong
FAULTS = (
    (boards.c1, ("mos", "open"), ["mos sensor"]),
    (boards.c1, ("cells", "silent"), ["cells", "stack"]),
    (boards.c1, ("current", "silent"), ["current"]),
    (boards.c1, ("cell3", "short"), ["sum of cells"]),
    (boards.c1, ("current", "stuck", 1010), ["current zero"]),
    (boards.jk8s, ("mos", "short"), ["mos sensor"]),
    (boards.jk8s, ("cells", "nack"), ["cells"]),
    (boards.jk8s, ("stack", "silent"), ["stack", "sum of cells"]),
    (boards.jk8s, ("current", "frozen"), ["current"]),
    (boards.jk8s, ("tap3", "open"), ["sum of cells"]),
    (boards.jk8s, ("current", "stuck", 2100), ["current zero"]),
    (boards.jk8s, ("readback", "stuck"), ["gates"]),
    (boards.jk8s, ("lease", "stuck"), ["lease"]),
)


@each(FAULTS)
def test_each_failure_has_its_name_and_keeps_the_pack_off_while_the_loop_runs(row):
    build, fault, names = row
    board = build(Pack())
    board.faults.set(*fault)
    booted = Booted(board)
    booted.run(20)
    snap = booted.sim.bms.snap
    for name in names:
        assert name in booted.names, booted.names
        assert booted.board.wrong >> NAMES.index(name) & 1
        assert all(name in line for line in booted.said), booted.said
    assert 3 <= len(booted.said) <= 5
    assert booted.board.gates.line() == 0
    assert snap.seq > 300
    assert snap.own_word & SELF_TEST
    assert booted.sim.resets == 0


@each(((boards.c1, "mos", "open"), (boards.jk8s, "mos", "short")))
def test_a_board_that_heals_is_found_sound_by_the_next_test(row):
    build, signal, fault = row
    board = build(Pack())
    board.faults.set(signal, fault)
    booted = Booted(board)
    booted.run(7)
    assert booted.board.gates.line() == 0
    board.faults.clear(signal)
    booted.run(12)
    assert booted.names == []
    assert booted.board.gates.line() == BOTH


@each((("cell_adc", "cell adc"), ("current_adc", "current adc")))
def test_a_dead_adc_has_its_name(row):
    part, name = row
    board = boards.jk8s(Pack())
    getattr(board.bench, part).dead = True
    booted = Booted(board)
    booted.run(2)
    assert name in booted.names


def test_a_watchdog_that_no_step_has_armed_has_its_name():
    board = boards.jk8s(Pack())
    feed = board.driver.watchdog.feed
    board.driver.watchdog.feed = board.world.plant.watchdog.feed
    booted = Booted(board)
    booted.run(2)
    assert booted.names == ["watchdog"]
    assert booted.board.gates.line() == 0
    board.watchdog.feed = feed
    booted.run(10)
    assert booted.names == []


def test_a_chip_that_does_not_answer_has_its_name():
    board = boards.c1(Pack())
    board.bench.chip.refuse = 1 << 30
    booted = Booted(board)
    booted.run(2)
    assert "front end" in booted.names


@each(
    [
        (build, reason)
        for build in (boards.jk8s, boards.c1)
        for reason in (WAKE_CHARGER, WAKE_BUTTON, WAKE_RESET)
    ]
)
def test_a_short_latch_found_at_boot_waits_the_scpr_time_whatever_woke_the_board(row):
    build, reason = row
    board = build(Pack())
    board.world.gates.latched = DSG
    booted = Booted(board, commissioned(2, board.facts, changes={"scpr_s": 10}), reason)
    booted.run(9.9)
    assert booted.sim.bms.guard.by_name["dsg_scp"].tripped
    assert booted.sim.bms.snap.fault_word & 1 << 14
    assert board.world.gates.latched == DSG and booted.names == []
    assert booted.board.gates.line() == 0
    booted.run(1)
    assert board.world.gates.latched == 0
    assert booted.board.gates.line() == BOTH


@each((boards.jk8s, boards.c1))
def test_a_failure_is_told_on_the_air_and_by_d1(row):
    board = row(Pack())
    board.faults.set("mos", "open")
    booted = Booted(board)
    booted.run(6)
    bms = booted.sim.bms
    assert live(bms)["own_word"] & SELF_TEST
    assert live(bms)["gates_on"] == 0
    assert mosfets_shown(bms) == (0, 0)
    assert flashes(bms.snap.own_word) == [150, 150, 150]


@each((boards.jk8s, boards.c1))
def test_an_unconfigured_board_says_so_on_serial_on_the_air_and_by_d1(row):
    board = row(Pack())
    booted = Booted(board, Settings(None, board.facts))
    booted.run(12)
    bms = booted.sim.bms
    assert booted.names == []
    assert len(booted.said) == 3 and all("not configured" in line for line in booted.said)
    assert booted.board.gates.line() == 0
    assert live(bms)["own_word"] & NOT_CONFIGURED
    assert mosfets_shown(bms) == (0, 0)
    assert flashes(bms.snap.own_word) == [150, 150]
    bms.service.commission(2, 8, 3)
    booted.run(8)
    assert len(booted.said) == 3
    assert booted.board.gates.line() == BOTH
    assert flashes(bms.snap.own_word) == [500, 500]


def test_a_board_without_a_radio_flashes_as_well_and_idles():
    booted = Booted(boards.jk8s(Pack()))
    lit = []
    booted.board.power.led = lit.append
    booted.run(2, start.alone)
    assert 0 < sum(lit) < len(lit) == 39
    assert not booted.board.power.idling
    booted.run(61, start.alone)
    assert booted.board.power.idling


def live(bms):
    """Page LIVE of our own service, as a client decodes it."""
    import struct

    class Hub:
        pass

    hub = Hub()
    hub.bms = bms
    values = struct.unpack("<" + "".join([code for _, code in LIVE]), read(hub, 0, 0))
    return dict(zip([name for name, _ in LIVE], values))


def mosfets_shown(bms):
    """Charge and discharge MOSFET of the JK status record."""
    status = Status(bms, bms.keeper.journal)
    status.encode(0)
    assert status.record[4] == STATUS_RECORD
    return status.record[198], status.record[199]
