"""Cutting and joining filters change no moment; a bank that is wrong finds back."""

from firmware.estimation.bank import CUT, GROUP_LEAST, LEAN, SIZE, STRAYS_LEAST, TIDYINGS, Bank
from tests.each import each
from tests.estimation.filters import (
    KNOWN,
    ZZ,
    N,
    Straight,
    are_close,
    gathered,
    look,
    moments,
    one_of,
    tidy,
)


def full_group(bank, group=0):
    return group * 9, group * 9 + 9


def test_a_wide_filter_is_cut_and_nothing_else_changes():
    bank = gathered(z=(0.5, 0.1), k=(1.0, 0.1))
    seen = Straight(0.5)
    seen.volt_v = 3.25
    look(bank, 0.3, 1.0, 0.0, 0.3, seen)
    first, last = full_group(bank)
    bank.x[N * 8] = 0.0
    before = moments(bank, first, last)
    wide = max([bank.x[N * i + ZZ] for i in range(8)])
    tidy(bank, 0)
    after = moments(bank, first, last)
    assert bank.x[N * 8] > 0.0
    assert max([bank.x[N * i + ZZ] for i in range(9)]) <= wide
    assert abs(after[0] - before[0]) < 1e-6
    assert are_close(before[1], after[1], least=1e-6)
    assert are_close(before[2], after[2], part=5e-3, least=1e-7)


def test_filters_that_stand_upon_each_other_are_joined_and_nothing_else_changes():
    bank = gathered(z=(0.5, 0.1), k=(1.0, 0.1))
    seen = Straight(0.5)
    seen.volt_v = 3.25
    look(bank, 0.3, 1.0, 0.0, 0.3, seen)
    for i in range(9):
        bank.x[N * i] = 0.02
    for n in range(N):
        bank.x[n] = bank.x[N + n]
    bank.x[1] += 0.001
    first, last = full_group(bank)
    before = moments(bank, first, last)
    tidy(bank, 0)
    after = moments(bank, first, last)
    assert 0.0 in [bank.x[N * i] for i in range(9)]
    assert are_close(before[:1], after[:1])
    assert are_close(before[1], after[1], least=1e-6)
    assert are_close(before[2], after[2], part=5e-3, least=1e-7)


def test_narrow_filters_are_left_alone():
    bank = gathered(z=(0.5, 0.01))
    before = list(bank.x)
    for group in range(TIDYINGS):
        tidy(bank, group)
    assert are_close(before, bank.x, part=1e-6)


def test_filters_far_apart_are_not_joined_and_each_is_a_slice_of_the_search():
    bank = gathered(z=(0.5, 0.3))
    for i in range(9):
        bank.x[N * i + ZZ] = 4e-4
        bank.x[N * i + 1] = 0.1 * i
        bank.x[N * i] = 0.02
    before = list(bank.x)
    slices = 0
    for _ in bank.tidy(0):
        slices += 1
    assert slices == 9
    assert list(bank.x) == before


def test_filters_apart_are_joined_with_what_parts_them():
    bank = gathered(z=(0.5, 0.1))
    for i in range(9):
        one_of(bank, i, 0.1 * i, 0.02)
    bank.x[N + 1] = 0.01
    before = moments(bank, 0, 9)
    tidy(bank, 0)
    after = moments(bank, 0, 9)
    assert bank.x[N] == 0.0
    assert are_close(before[1], after[1], least=1e-6)
    assert are_close(before[2], after[2], part=1e-3, least=1e-7)
    assert abs(bank.x[ZZ] - (4e-4 + 0.25e-4)) < 1e-7


def test_only_what_is_wide_is_cut_and_first_what_carries_most():
    bank = gathered(z=(0.5, 0.01))
    for i in range(8):
        one_of(bank, i, 0.1 * i, 0.9 * CUT)
    bank.x[N * 8] = 0.0
    tidy(bank, 0)
    assert bank.x[N * 8] == 0.0
    bank.x[N * 5] = 0.5
    bank.x[N * 5 + ZZ] = 9e-4
    bank.x[N * 6 + ZZ] = 4e-4
    tidy(bank, 0)
    assert bank.x[N * 8] == 0.25 and bank.x[N * 5] == 0.25


def test_every_group_keeps_a_little_weight():
    bank = gathered()
    for i in range(9):
        bank.x[N * i] *= 1e-9
    tidy(bank, 0)
    least = GROUP_LEAST * bank.total
    assert abs(sum([bank.x[N * i] for i in range(9)]) - least) < 1e-3 * least


def test_strays_are_recalled_around_the_mean_once_nobody_believes_them():
    bank = gathered(z=(0.5, 0.01))
    for i in range(36, 40):
        bank.x[N * i] = 1e-9
    tidy(bank, TIDYINGS - 1)
    zs = [bank.x[N * i + 1] for i in range(36, 40)]
    assert min(zs) < 0.4 and max(zs) > 0.6
    assert sum([bank.x[N * i] for i in range(36, 40)]) > STRAYS_LEAST


def test_strays_lean_back_to_a_sensor_without_error():
    bank = gathered(z=(0.5, 0.01), b=(0.01, 0.001), k=(1.2, 0.01))
    x = bank.x[N * 37 : N * 38]
    assert abs(x[2] - 0.01 * LEAN) < 1e-6
    assert abs(x[3] - 1.0 - 0.2 * LEAN) < 1e-6


def test_a_bank_that_is_wrong_finds_back():
    bank = gathered(z=(0.3, 0.01), b=(0.0, 0.0005), v=(0.0, 0.002))
    seen = Straight(0.8, 1e-4)
    seen.bend = 0.1
    seen.volt_v = 3.0 + 0.8 * 0.6
    for _ in range(200):
        look(bank, 0.0, 0.01, 0.0, 0.001, seen)
        for group in range(TIDYINGS):
            tidy(bank, group)
    assert abs(bank.z_mean - 0.6) < 0.02


@each((0.0, 0.3, 0.7, 1.0))
def test_a_start_covers_what_somebody_believes_and_far_around(row):
    z = row
    bank = Bank(KNOWN.tune, 2.0)
    bank.scatter(z)
    assert abs(bank.z_mean - z) < (0.06 if z in (0.0, 1.0) else 0.01)
    assert 0.07 < bank.z_sd < 0.17
    assert abs(bank.k_mean - 1.0) < 1e-6 and abs(bank.b_mean) < 1e-6
    assert min([bank.x[N * i + 1] for i in range(SIZE)]) >= 0.0
    assert max([bank.x[N * i + 1] for i in range(SIZE)]) <= 1.0


def test_what_was_stored_is_what_it_goes_on_with():
    bank = gathered((0.4, 0.02), (0.001, 0.002), (1.1, 0.03), (0.002, 0.001), 0.2)
    assert abs(bank.z_mean - 0.4) < 0.003 and abs(bank.b_mean - 0.001) < 1e-4
    assert abs(bank.k_mean - 1.1) < 0.002 and abs(bank.v_mean - 0.002) < 1e-4
    assert abs(bank.r_mean - 0.2) < 0.002
    assert 0.015 < bank.z_sd < 0.05 and 0.0015 < bank.b_sd < 0.003
