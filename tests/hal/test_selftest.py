"""The self-test at boot: each failure has its name, and any keeps both gates open."""

import tests  # noqa: F401
from firmware.snapshot import Snapshot
from firmware.start import wait_until_sound
from hal.virtual.pack import Pack
from tests.each import each
from tests.hal.standins import boards


def examine(board):
    """Names of what the board's self-test finds, with the chips living meanwhile."""
    world = board.world
    world.strict = False
    closed = []

    def sleep_ms(ms):
        world.clock.advance(ms)
        world.look(ms)
        closed.append(world.gates.line())

    world.look(50)
    wrong = board.driver.selftest(Snapshot(), sleep_ms)
    assert not any(closed), "a gate was closed for the test"
    assert world.gates.line() == 0
    return wrong


@each((boards.jk8s, boards.c1))
def test_a_sound_board_passes(row):
    assert examine(row(Pack())) == []


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
def test_each_failure_has_its_name(row):
    build, fault, names = row
    board = build(Pack())
    board.faults.set(*fault)
    wrong = examine(board)
    for name in names:
        assert name in wrong, wrong


@each((("cell_adc", "cell adc"), ("current_adc", "current adc")))
def test_a_dead_adc_has_its_name(row):
    part, name = row
    board = boards.jk8s(Pack())
    getattr(board.bench, part).dead = True
    assert name in examine(board)


def test_a_chip_that_does_not_answer_has_its_name():
    board = boards.c1(Pack())
    board.bench.chip.refuse = 1 << 30
    assert "front end" in examine(board)


@each((boards.jk8s, boards.c1))
def test_a_latch_of_a_short_before_the_reset_is_released(row):
    board = row(Pack())
    board.world.gates.latched = 2
    assert "short latch" not in examine(board)
    assert board.world.gates.latched == 0


def test_the_loop_does_not_start_before_the_board_is_sound():
    class Power:
        lit = 0

        def led(self, on):
            Power.lit += on

    class Gates:
        mask = 3

        def drive(self, mask):
            Gates.mask = mask

    class Made:
        power = Power()
        gates = Gates()
        left = 3

        def selftest(self, snap, sleep_ms):
            Made.left -= 1
            return ["cells"] if Made.left else []

    waited = []
    wait_until_sound(Made(), waited.append)
    assert Gates.mask == 0
    assert Power.lit == 6
    assert 1900 < sum(waited) <= 2000
