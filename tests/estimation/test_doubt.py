"""What the filters do not know grows back, and no record makes them fail."""

from firmware.estimation.bank import SIZE
from tests.each import each
from tests.estimation.filters import (
    BB,
    CC,
    KK,
    KNOWN,
    RR,
    VV,
    ZZ,
    N,
    Straight,
    are_close,
    gathered,
    look,
)


def test_charge_that_nobody_saw_widens():
    bank = gathered(b=(0.0, 0.0))
    before = bank.z_sd
    for _ in range(9):
        look(bank, 0.0, 0.0, 0.03, 0.0, None)
    assert abs(bank.z_sd - (before**2 + 9 * 0.03**2) ** 0.5) < 0.002


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
    for _ in range(20):
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
