"""What a look teaches a filter is what least squares and the matrices say."""

from firmware.estimation.bank import SIZE
from tests.each import each
from tests.estimation.filters import (
    BB,
    CC,
    UNKNOWNS,
    ZZ,
    N,
    Straight,
    are_close,
    gathered,
    look,
    moments,
    one_of,
    quiet,
)


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
            q = 0.1 if n < 3 else -0.1
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
