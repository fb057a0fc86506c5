"""A bank of filters laid open, and straight voltages for it to look at."""

from firmware.estimation.bank import SIZE, Bank
from firmware.estimation.profiles import LFP, Profile
from firmware.estimation.sight import Sight
from tests.estimation.rig import owner_table

N = 28
UNKNOWNS = 6
ZZ, BB, KK, VV, RR, CC = 7, 13, 18, 22, 25, 27
KNOWN = Profile(LFP, owner_table(LFP))


class Straight(Sight):
    """A voltage that rises by slope_v over the whole range of SOC, from 3 V on."""

    def __init__(self, slope_v, square=1e-4):
        super().__init__([0.02] * 101, 91)
        for q in range(101):
            self.volt[q], self.square[q] = 3.0 + slope_v * q / 100.0, square
        self.weight = 1.0
        self.bend = 0.0
        self.ohm = KNOWN.tune.ohm


def gathered(z=(0.5, 0.05), b=(0.0, 0.004), k=(1.0, 0.0), v=(0.0, 0.0), r=0.0, c=0.0):
    bank = Bank(KNOWN.tune, 2.0)
    bank.gather(z, b, k, v, r, c)
    return bank


def quiet(bank):
    """The same bank without anything that makes it forget."""

    class Tune(bank.tune):
        offset_drift = scale_drift = count_noise = 0.0
        fades = 1e9
        ohm = 1e-9

    bank.tune = Tune
    for o in range(0, N * SIZE, N):
        bank.x[o + RR] = 0.0
    return bank


def moments(bank, first=0, last=SIZE):
    """Weight, means and covariances of filters first..last-1 together."""
    records = [bank.x[N * i : N * i + N] for i in range(first, last)]
    total = sum([x[0] for x in records])
    mean = [sum([x[0] * x[1 + n] for x in records]) / total for n in range(UNKNOWNS)]
    square = []
    for s in range(UNKNOWNS):
        for t in range(s, UNKNOWNS):
            at = ZZ + len(square)
            square.append(
                sum([x[0] * (x[at] + (x[1 + s] - mean[s]) * (x[1 + t] - mean[t])) for x in records])
                / total
            )
    return total, mean, square


def look(bank, *seen):
    """A look, all its slices at once."""
    for _ in bank.look(*seen):
        pass


def tidy(bank, group):
    for _ in bank.tidy(group):
        pass


def are_close(a, b, part=1e-3, least=1e-9):
    return all([abs(x - y) <= part * max(abs(x), abs(y)) + least for x, y in zip(a, b)])


def one_of(bank, i, z, sd):
    """Filter i: weight 1, at z, nothing but z unknown."""
    for n in range(N):
        bank.x[N * i + n] = 0.0
    bank.x[N * i], bank.x[N * i + 1], bank.x[N * i + 3] = 1.0, z, 1.0
    bank.x[N * i + ZZ] = sd * sd
