"""A filter of the bank is a least-squares fit; cutting and joining change no moment."""

from firmware.estimation.bank import CUT, GROUP_LEAST, LEAN, SIZE, STRAYS_LEAST, TIDYINGS, Bank
from firmware.estimation.profiles import LFP, Profile
from firmware.estimation.sight import Sight
from tests.each import each
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


def test_a_filter_is_the_least_squares_fit_of_all_that_was_seen():
    slope, square, hours = 1.2, 1e-4, 0.5
    bank = quiet(gathered())
    seen = Straight(slope, square)
    z0, zz0 = bank.x[1 + N * 3], bank.x[ZZ + N * 3]
    bb0 = bank.x[BB + N * 3]
    # Unknown: z at the start and b. Normal equations of the priors and the readings.
    a11, a12, a22, y1, y2 = 1.0 / zz0, 0.0, 1.0 / bb0, z0 / zz0, 0.0
    charge = t = 0.0
    for n in range(8):
        q = -0.02 if n & 1 else 0.01
        charge += q
        t += hours
        seen.volt_v = 3.0 + slope * (0.53 + charge - 0.002 * t)
        look(bank, q, hours, 0.0, 0.0, seen)
        g = -slope * t
        y = seen.volt_v - 3.0 - slope * charge
        a11 += slope * slope / square
        a12 += slope * g / square
        a22 += g * g / square
        y1 += slope * y / square
        y2 += g * y / square
    det = a11 * a22 - a12 * a12
    z = (a22 * y1 - a12 * y2) / det
    b = (a11 * y2 - a12 * y1) / det
    x = bank.x[N * 3 : N * 4]
    assert abs(x[1] - (z + charge - b * t)) < 1e-5
    assert abs(x[2] - b) < 1e-5
    assert are_close((x[BB],), (a11 / det,))
    assert are_close((x[ZZ],), (a22 / det + 2 * t * a12 / det + t * t * a11 / det,))


def test_what_is_seen_teaches_all_that_is_unknown_by_the_matrices():
    bank = quiet(gathered())
    every = range(UNKNOWNS)
    sds = (0.02, 0.004, 0.03, 0.005, 0.1, 0.3)
    near = [
        [1.0 if s == t else 0.3 / (1 + abs(s - t)) * (-1) ** (s * t) for t in every] for s in every
    ]
    p = [[near[s][t] * sds[s] * sds[t] for t in every] for s in every]
    mean = [0.5, 0.001, 1.02, 0.002, 0.05, 0.4]
    for s in every:
        bank.x[1 + s] = mean[s]
    n = ZZ
    for s in every:
        for t in range(s, UNKNOWNS):
            bank.x[n] = p[s][t]
            n += 1
    seen = Straight(1.2, 1e-4)
    seen.weight, seen.pol_v, seen.apart, seen.volt_v = 0.5, -0.06, 1.5, 3.57
    h = [1.2, 0.0, 0.0, 1.0, -0.06, 1.5 * 0.02]
    ph = [sum([p[s][t] * h[t] for t in every]) for s in every]
    total = sum([h[s] * ph[s] for s in every]) + 1e-4 / 0.5
    # The table was made with what the bank believes of the haste.
    told = 3.57 - 3.0 - sum([h[s] * mean[s] for s in every]) + h[5] * bank.c_mean
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert are_close(bank.x[1 : 1 + UNKNOWNS], [mean[s] + ph[s] * told / total for s in every])
    expected = [p[s][t] - ph[s] * ph[t] / total for s in every for t in every if t >= s]
    assert are_close(bank.x[ZZ:N], expected)


def test_a_swing_between_two_sure_ends_teaches_the_scale():
    bank = quiet(gathered(z=(0.1, 0.01), b=(0.0, 1e-6), k=(1.0, 0.1)))
    seen = Straight(1.2, 1e-8)
    seen.volt_v = 3.12
    look(bank, 0.0, 0.1, 0.0, 0.0, seen)
    seen.volt_v = 3.0 + 1.2 * 0.9
    look(bank, 0.7, 1.0, 0.0, 0.0, seen)
    assert abs(bank.k_mean - 0.8 / 0.7) < 0.002
    assert bank.k_sd < 0.003


def test_an_offset_of_the_reading_is_told_from_charge_by_its_prior():
    bank = quiet(gathered(z=(0.5, 0.01), b=(0.0, 0.0), v=(0.0, 0.005)))
    seen = Straight(1.2, 1e-8)
    seen.volt_v = 3.606
    look(bank, 0.0, 0.1, 0.0, 0.0, seen)
    # 12 mV of deviation stand against 5 mV
    assert abs(bank.v_mean - 0.006 * 25.0 / (25.0 + 144.0)) < 1e-4


def test_a_part_of_the_drop_is_learned_from_currents_of_both_signs():
    bank = gathered(z=(0.5, 0.001), b=(0.0, 0.0), v=(0.0, 0.005))
    seen = Straight(1.2, 1e-6)
    for n in range(20):
        pol_v = 0.05 if n & 1 else -0.05
        seen.pol_v = pol_v
        seen.volt_v = 3.6 + 0.002 + 0.1 * pol_v
        look(bank, 0.0, 0.01, 0.0, 0.0, seen)
    assert abs(bank.r_mean - 0.1) < 0.005
    assert abs(bank.v_mean - 0.002) < 3e-4


def test_haste_is_learned_where_the_states_of_hysteresis_are_apart():
    bank = gathered(z=(0.5, 0.001), b=(0.0, 0.0), v=(0.0, 0.003), c=0.2)
    seen = Straight(1.2, 1e-6)
    for n in range(20):
        seen.apart = 1.5 if n & 1 else -1.5
        # Half width 20 mV, and the table was made with what is believed of the haste.
        seen.volt_v = 3.6 + 0.001 + (0.7 - bank.c_mean) * seen.apart * 0.02
        look(bank, 0.0, 0.01, 0.0, 0.0, seen)
    assert abs(bank.c_mean - 0.7) < 0.01
    assert abs(bank.v_mean - 0.001) < 3e-4


def test_what_haste_explains_is_no_other_capacity():
    found = []
    for doubt in (0.12, 0.0):
        bank = quiet(gathered(z=(0.3, 0.005), b=(0.0, 0.0), k=(1.0, 0.05)))
        for i in range(SIZE):
            bank.x[N * i + CC] = doubt
        seen = Straight(0.4, 4e-6)
        seen.bend = 0.05
        z = 0.3
        for n in range(6):
            q = 0.1 if n % 6 < 3 else -0.1
            z += q
            seen.apart = 1.6 - 0.5 * (n % 3)
            seen.apart *= 1.0 if q > 0.0 else -1.0
            seen.volt_v = 3.0 + 0.4 * z + (0.8 - bank.c_mean) * seen.apart * 0.02
            look(bank, q, 0.5, 0.0, 0.0, seen)
        found.append(abs(bank.k_mean - 1.0))
    assert found[0] < 0.005 < 0.02 < found[1]


def test_a_look_tells_nothing_before_it_has_ended():
    bank = gathered(k=(1.0, 0.1))
    seen = Straight(0.8)
    seen.volt_v = 3.4
    before = bank.z_mean, bank.z_sd
    slices = 0
    for _ in bank.look(-0.1, 0.1, 0.0, 0.1, seen):
        slices += 1
        assert (bank.z_mean, bank.z_sd) == before
    assert slices == SIZE
    assert (bank.z_mean, bank.z_sd) != before


def test_what_settles_is_what_the_filters_hold():
    bank = gathered(k=(1.0, 0.1), v=(0.0, 0.004))
    seen = Straight(0.8)
    seen.volt_v = 3.45
    for _ in range(5):
        look(bank, -0.01, 0.1, 0.0, 0.01, seen)
    _, mean, square = moments(bank)
    assert are_close(
        (bank.z_mean, bank.b_mean, bank.k_mean, bank.v_mean, bank.r_mean, bank.c_mean),
        mean,
        least=1e-6,
    )
    sds = [square[n] ** 0.5 for n in (0, 6, 11, 15)]
    assert are_close((bank.z_sd, bank.b_sd, bank.k_sd, bank.v_sd), sds, part=0.01)


@each(((5.0, 1.01), (-5.0, -0.02)))
def test_charge_keeps_to_the_bounds(row):
    bank = gathered()
    look(bank, row[0], 1.0, 0.0, 1.0, None)
    for i in range(SIZE):
        assert abs(bank.x[N * i + 1] - row[1]) < 1e-6


def test_charge_that_nobody_saw_widens():
    bank = gathered(b=(0.0, 0.0))
    before = bank.z_sd
    for _ in range(9):
        look(bank, 0.0, 0.0, 0.03, 0.0, None)
    assert abs(bank.z_sd - (before**2 + 9 * 0.03**2) ** 0.5) < 0.002


@each(((-1.0, 0.5), (0.5, 2.0), (0.45, 0.55)))
def test_an_anchor_pulls_what_is_beyond_its_bounds(row):
    least, most = row
    bank = gathered(z=(0.5, 0.1))
    seen = Straight(0.0)
    seen.volt_v = 3.0
    seen.least, seen.most = least, most
    seen.anchor_weight = 0.5
    before = list(bank.x)
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    for i in range(36):
        was, now = before[N * i + 1], bank.x[N * i + 1]
        nearest = min(max(was, least), most)
        if nearest == was:
            assert now == was
        else:
            assert 0.0 <= (now - nearest) / (was - nearest) < 0.8


def test_a_charge_that_counts_beyond_full_teaches_the_capacity():
    bank = quiet(gathered(z=(0.0, 0.001), b=(0.0, 1e-6), k=(1.0, 0.02)))
    seen = Straight(0.0)
    seen.volt_v = 3.0
    look(bank, 0.998, 3.0, 0.0, 0.998, None)
    seen.least, seen.most, seen.anchor_weight = 0.98, 1.0, 1.0
    for _ in range(10):
        look(bank, 0.001, 0.01, 0.0, 0.001, seen)
    # 0.8 % were too many: 2 % of doubt of k stand against 0.5 % of an anchor's.
    assert 0.992 <= bank.x[3] < 0.997


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


def test_what_charge_ties_together_is_the_product_of_the_matrices():
    bank = quiet(gathered())
    every = range(UNKNOWNS)
    p = [[2e-4 if s == t else 1e-5 * (1 + s + t) for t in every] for s in every]
    bank.x[1], bank.x[2], bank.x[3] = 0.5, 0.01, 1.1
    n = ZZ
    for s in every:
        for t in range(s, UNKNOWNS):
            bank.x[n] = p[s][t]
            n += 1
    q, hours = 0.2, 3.0
    f = [[1.0 if s == t else 0.0 for t in every] for s in every]
    f[0][1], f[0][2] = -1.1 * hours, q - 0.01 * hours
    fp = [[sum([f[s][m] * p[m][t] for m in every]) for t in every] for s in every]
    expected = [sum([fp[s][m] * f[t][m] for m in every]) for s in every for t in every if t >= s]
    look(bank, q, hours, 0.0, 0.0, None)
    assert abs(bank.x[1] - (0.5 + 1.1 * (0.2 - 0.03))) < 1e-6
    assert are_close(bank.x[ZZ:N], expected)


def one_of(bank, i, z, sd):
    """Filter i: weight 1, at z, nothing but z unknown."""
    for n in range(N):
        bank.x[N * i + n] = 0.0
    bank.x[N * i], bank.x[N * i + 1], bank.x[N * i + 3] = 1.0, z, 1.0
    bank.x[N * i + ZZ] = sd * sd


class Bent(Straight):
    """3 V and the square of the state of charge; nodes a hundredth apart."""

    def __init__(self, square):
        super().__init__(0.0, square)
        for q in range(101):
            self.volt[q], self.square[q] = 3.0 + q * q * 1e-4, square


def test_a_wide_filter_expects_the_mean_over_a_bent_curve_and_is_less_sure():
    bank = quiet(gathered())
    one_of(bank, 0, 0.5, 0.1)
    seen = Bent(1e-6)
    seen.volt_v = 3.0 + 0.25 + 0.01
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert abs(bank.x[1] - 0.5) < 1e-3
    # 2 c^2 sd^4 of the bend stays: z is known no better than that over the slope
    assert abs(bank.x[ZZ] / (2 * 0.1**4) - 1.0) < 0.1


def test_of_two_that_foretold_it_the_surer_is_believed():
    bank = quiet(gathered())
    one_of(bank, 0, 0.2, 1e-6)
    one_of(bank, 1, 0.8, 1e-6)
    seen = Straight(0.0)
    for q in range(101):
        seen.volt[q], seen.square[q] = 3.0, 1e-4 if q < 50 else 9e-4
    seen.volt_v = 3.0
    seen.weight = 0.5
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert abs(bank.x[0] / bank.x[N] - 9.0**0.25) < 1e-3


def test_of_two_at_one_place_the_narrower_is_believed():
    bank = quiet(gathered())
    one_of(bank, 0, 0.5, 0.01)
    one_of(bank, 1, 0.5, 0.03)
    seen = Straight(1.0)
    seen.volt_v = 3.5
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert abs(bank.x[0] / bank.x[N] - ((1 + 9.0) / (1 + 1.0)) ** 0.5) < 1e-3


def test_what_is_far_out_is_half_believed():
    pulled = []
    for bend in (0.0, 1.0):
        bank = quiet(gathered())
        one_of(bank, 0, 0.5, 0.01)
        seen = Straight(1.0)
        seen.bend = bend
        seen.volt_v = 3.9
        look(bank, 0.0, 0.0, 0.0, 0.0, seen)
        pulled.append(bank.x[1] - 0.5)
    assert abs(pulled[0] - 0.2) < 1e-3
    # the square of 0.4 over its variance 2e-4 is 800
    assert abs(pulled[1] - 0.2 / 801.0) < 1e-4


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


def test_what_was_learned_fades():
    bank = gathered(z=(0.5, 0.001), b=(0.0, 0.0), k=(1.0, 0.0), v=(0.0, 0.0001), r=0.0)
    tune = bank.tune
    bank.x[RR] = 1e-6
    for _ in range(20):
        look(bank, 0.0, 1.0, 0.0, 1.0, None)
    assert 0.9 * tune.volt < bank.v_sd < 1.01 * tune.volt
    far = tune.ohm * tune.ohm
    assert 0.9 * far < bank.x[RR] < 1.01 * far
    bb, kk = bank.x[BB], bank.x[KK]
    assert are_close((bb, kk), (20 * tune.offset_drift**2, 20 * tune.scale_drift**2), part=0.01)


@each((0.2, 0.6))
def test_the_look_says_how_far_the_drop_is_unknown(row):
    bank = gathered()
    seen = Straight(0.0)
    seen.volt_v, seen.weight, seen.ohm = 3.0, 1e-9, row
    for _ in range(60):
        look(bank, 0.0, 0.0, 0.0, 1.0, seen)
    assert are_close((bank.x[RR],), (row * row,), part=0.01)


def test_doubt_that_is_more_than_at_first_stays():
    bank = gathered()
    for o in range(0, N * SIZE, N):
        bank.x[o + VV], bank.x[o + RR], bank.x[o + CC] = 1e-2, 4.0, 1.0
    look(bank, 0.0, 0.0, 0.0, 0.3, None)
    assert are_close((bank.x[VV], bank.x[RR], bank.x[CC]), (1e-2, 4.0, 1.0))


def test_a_record_that_no_covariance_has_is_borne():
    bank = gathered()
    bank.x[ZZ] = -1.0
    bank.x[VV] = -2.0
    seen = Straight(1.0)
    seen.volt_v = 3.5
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert 0.0 <= bank.z_mean <= 1.0 and bank.z_sd >= 0.0


def test_haste_fades_a_hundred_times_as_slowly_as_the_drop():
    bank = gathered()
    for o in range(0, N * SIZE, N):
        bank.x[o + RR] = bank.x[o + CC] = 0.0
    look(bank, 0.0, 0.0, 0.0, 0.3, None)
    ohm = KNOWN.tune.ohm
    assert are_close((bank.x[RR], bank.x[CC]), (0.1 * ohm * ohm, 0.001 * 0.12), part=0.01)


def test_part_of_the_drop_is_never_surer_than_what_was_seen():
    bank = gathered(z=(0.5, 0.001), b=(0.0, 0.0), v=(0.0, 0.0))
    seen = Straight(0.0, 1e-4)
    seen.pol_v = 0.1
    seen.volt_v = 3.0
    rr = bank.x[RR]
    look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert are_close((bank.x[RR],), (1.0 / (1.0 / rr + 0.01 / 1e-4),))


def test_no_filter_is_surer_than_a_tenth_of_a_per_cent():
    bank = gathered(z=(0.5, 0.01))
    seen = Straight(1.0, 1e-9)
    seen.volt_v = 3.5
    for _ in range(20):
        look(bank, 0.0, 0.0, 0.0, 0.0, seen)
    assert min([bank.x[N * i + ZZ] for i in range(SIZE)]) >= 0.999e-6


def test_strays_lean_back_to_a_sensor_without_error():
    bank = gathered(z=(0.5, 0.01), b=(0.01, 0.001), k=(1.2, 0.01))
    x = bank.x[N * 37 : N * 38]
    assert abs(x[2] - 0.01 * LEAN) < 1e-6
    assert abs(x[3] - 1.0 - 0.2 * LEAN) < 1e-6
