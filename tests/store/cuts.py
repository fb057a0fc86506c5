"""Power cuts: at every byte that a script of writes touches, and several deep by seed.

    python -m tests.store.cuts nor STEP [SEED]
    micropython tests/store/cuts.py littlefs STEP [SEED]

STEP 1 cuts at each byte that is erased or programmed, STEP 100 at each hundredth.
Prints one line: cuts, and how many left something lost, mixed or unbootable, with the
first such case.
"""

import random
import sys

sys.path.insert(0, ".")

import tests  # noqa: F401
from hal.virtual.flash import PowerLost, VirtualFlash
from tests.store import work

ROUNDS = 80


class NorRig:
    """The virtual NOR flash."""

    def __init__(self):
        self.nor = VirtualFlash(work.BLOCKS, work.BLOCK_BYTES)

    def save(self):
        return bytes(self.nor.image)

    def load(self, image):
        self.nor.image[:] = image
        self.nor.power_on()

    def flash(self):
        return self.nor

    def touched(self):
        return self.nor.touched

    def cut_after(self, count):
        self.nor.cut_after(count)

    def is_off(self):
        return self.nor.is_off()

    def power_on(self):
        self.nor.power_on()


class Campaign:
    """Plays a script; before each operation it plays what cuts in it would do."""

    def __init__(self, rig, seed=1, rounds=ROUNDS):
        self.rig = rig
        self.cuts = 0
        self.wrong = {"lost": 0, "mixed": 0, "unbootable": 0}
        self.first = ""
        self.touched = 0
        self.operations = work.script(rounds)
        random.seed(seed)

    def play(self, step, deep_every):
        """Cut at every `step`th byte one deep; for each `deep_every`th such cut, two or
        three cuts in a row, in this operation and the next ones."""
        rig = self.rig
        oracle = work.Oracle()
        first = 0
        for at, operation in enumerate(self.operations):
            image = rig.save()
            before = oracle.copy()
            # From a fresh start, as every cut case has it.
            device = work.Device(rig.flash())
            touched = rig.touched()
            oracle.do(device, operation)
            touched = rig.touched() - touched
            if not touched:
                continue
            self.touched += touched
            after = rig.save()
            while first < touched:
                self.case(image, before, at, [first])
                if random.randrange(deep_every) == 0:
                    counts = [random.randrange(touched) for _ in range(2 + first % 2)]
                    self.case(image, before, at, counts)
                first += step
            first -= touched
            rig.load(after)

    def case(self, image, oracle, at, counts):
        """From `image`, cut the operation `at` and those after it, each after its count."""
        rig = self.rig
        oracle = oracle.copy()
        rig.load(image)
        for operation, count in zip(self.operations[at:], counts):
            device = work.Device(rig.flash())
            rig.cut_after(count)
            work.attempt(oracle, device, operation)
            if rig.is_off():
                self.cuts += 1
            rig.power_on()
            said = oracle.settle(work.Device(rig.flash()))
            if said:
                self.wrong[said.split(":")[0]] += 1
                self.first = self.first or "%s: %r, operation %d, cut after %r" % (
                    said,
                    self.operations[at],
                    at,
                    counts,
                )
                return

    def line(self, name):
        """The result in one line."""
        return "%s: %d cuts, %d lost, %d mixed, %d unbootable%s" % (
            name,
            self.cuts,
            self.wrong["lost"],
            self.wrong["mixed"],
            self.wrong["unbootable"],
            " (%s)" % self.first if self.first else "",
        )


def rig_of(kind):
    """The rig by its name."""
    if kind == "littlefs":
        from tests.store.lfs import LfsRig

        return LfsRig()
    return NorRig()


def run(kind, step, seed=1):
    """Play the script, cutting at every `step`th byte, and print the result."""
    campaign = Campaign(rig_of(kind), seed)
    campaign.play(step, 4)
    print(campaign.line(kind))
    return campaign


if __name__ == "__main__":
    try:
        numbers = [int(word) for word in sys.argv[2:]]
        done = run(sys.argv[1], *numbers)
    except PowerLost:
        raise RuntimeError("the power was cut outside an operation")
    sys.exit(1 if done.first else 0)
