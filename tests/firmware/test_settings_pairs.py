"""Every pair of parameters at and beyond its ends, three chemistries (campaign 4).

The oracle is a list of conditions written from D5, D6, D14 and D33, on a dictionary.
"""

import random

import pytest

from boards.jk8s import board as jk8s
from firmware.settings import LFP, LI_ION, LTO, Refused
from tests.firmware.ranges import RANGES
from tests.rig import commission

# chemistry: OVP ceiling, UVP floor, power-off floor, cell counts
CHEMISTRY = {
    LI_ION: (4350, 2500, 2000, range(3, 9)),
    LFP: (3850, 2000, 1800, range(4, 9)),
    LTO: (2900, 1500, 1200, range(6, 9)),
}
SUPPLY_MV = 10_000
MARGIN_MV = 300


def in_force(value):
    """D6 on a dictionary, exact: a limit per cell is the first whole mV that suffices."""
    cells = value["cell_count"]
    acting = dict(value)
    least_mv = (SUPPLY_MV + MARGIN_MV + cells - 1) // cells
    acting["cell_uvp_mv"] = max(value["cell_uvp_mv"], least_mv)
    acting["cell_uvpr_mv"] = max(value["cell_uvpr_mv"], acting["cell_uvp_mv"] + 100)
    acting["power_off_mv"] = max(value["power_off_mv"], (SUPPLY_MV + cells - 1) // cells)
    return acting


def order(value):
    """The order of D14; the violated pairs."""
    chain = ("power_off_mv", "cell_uvp_mv", "cell_uvpr_mv", "cell_ovpr_mv", "cell_ovp_mv")
    for lower, upper in zip(chain, chain[1:]):
        if value[upper] < value[lower] + 50:
            yield {lower, upper}
    if value["balance_start_mv"] < value["cell_uvp_mv"]:
        yield {"balance_start_mv", "cell_uvp_mv"}
    if value["balance_start_mv"] >= value["cell_ovp_mv"]:
        yield {"balance_start_mv", "cell_ovp_mv"}
    for lower, upper in (
        ("chg_otpr_dc", "chg_otp_dc"),
        ("dsg_otpr_dc", "dsg_otp_dc"),
        ("chg_utp_dc", "chg_utpr_dc"),
        ("dsg_utp_dc", "dsg_utpr_dc"),
    ):
        if value[lower] >= value[upper]:
            yield {lower, upper}


def violated(value, before):
    """Every condition that the record breaks, as the set of fields that it is about."""
    broken = [{key} for key, (low, high) in RANGES.items() if not low <= value[key] <= high]
    broken += [{key} for key in ("mos_otp_dc", "mos_otpr_dc") if value[key] != before[key]]
    if value["chemistry"] in CHEMISTRY:
        top_mv, uvp_mv, off_mv, counts = CHEMISTRY[value["chemistry"]]
        if value["cell_ovp_mv"] > top_mv:
            broken.append({"cell_ovp_mv"})
        if not uvp_mv <= value["cell_uvp_mv"] <= top_mv:
            broken.append({"cell_uvp_mv"})
        if not off_mv <= value["power_off_mv"] <= top_mv:
            broken.append({"power_off_mv"})
        if value["cell_count"] not in counts:
            broken.append({"cell_count"})
    broken += order(value)
    if RANGES["cell_count"][0] <= value["cell_count"] <= RANGES["cell_count"][1]:
        broken += order(in_force(value))
    return broken


def points(key, base):
    low, high = RANGES[key]
    return sorted({low - 1, low, (low + high) // 2, high, high + 1, base[key]})


def judge(settings, base, changes):
    """Board and oracle must agree; True when both accept."""
    broken = violated({**base, **changes}, base)
    try:
        record = settings.changed(changes, jk8s)
    except Refused as said:
        assert broken, "refused %r: %s" % (changes, said)
        assert any(said.key in fields for fields in broken), (changes, said)
        assert said.reason
        return False
    assert not broken, "accepted %r: %r" % (changes, broken)
    assert {key: record.get(key) for key in RANGES} == {**base, **changes}
    return True


def commissioned(chemistry, cells):
    settings = commission({"cell_count": cells}, chemistry)
    return settings, {key: settings.get(key) for key in RANGES}


@pytest.mark.parametrize(
    "chemistry, cells", [(LI_ION, 3), (LI_ION, 8), (LFP, 4), (LFP, 8), (LTO, 6), (LTO, 8)]
)
def test_every_pair_at_and_beyond_its_ends(chemistry, cells):
    settings, base = commissioned(chemistry, cells)
    untouched = settings.values[:]
    keys = sorted(RANGES)
    verdicts = [0, 0]
    for i, first in enumerate(keys):
        for second in keys[i + 1 :]:
            for one in points(first, base):
                for other in points(second, base):
                    verdicts[judge(settings, base, {first: one, second: other})] += 1
    assert settings.values == untouched
    assert min(verdicts) > 4000


def random_triples(count, seed):
    """`count` random triples, three chemistries; values near what is in force and anywhere."""
    dice = random.Random(seed)
    keys = sorted(RANGES)
    bases = [commissioned(chemistry, 8) for chemistry in (LI_ION, LFP, LTO)]
    accepted = 0
    for _ in range(count):
        settings, base = dice.choice(bases)
        changes = {}
        for key in dice.sample(keys, 3):
            low, high = RANGES[key]
            if dice.random() < 0.5:
                changes[key] = dice.randint(low - 1, high + 1)
            else:
                changes[key] = base[key] + dice.randint(-300, 300)
        try:
            accepted += judge(settings, base, changes)
        except AssertionError:
            print("seed %d: %r" % (seed, changes))
            raise
    return accepted


def test_random_triples():
    assert 500 < random_triples(10_000, 1) < 9_500
