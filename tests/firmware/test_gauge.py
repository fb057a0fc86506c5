"""The coulomb meter: nothing is lost, whatever the pieces (I16), and the count is bounded."""

from firmware.gauge import Gauge
from firmware.snapshot import Snapshot
from tests.each import each

MAMS_PER_MAH = 3_600_000


def gauge(capacity_mah=100_000, soc_pm=500):
    meter = Gauge(Snapshot())
    meter.load({"capacity_mah": capacity_mah})
    meter.set_soc(soc_pm)
    return meter


def count(meter, current_ma, dt_ms, steps=1):
    meter.snap.current_ma = current_ma
    for _ in range(steps):
        meter.integrate(dt_ms)


def words(seed, length):
    """Pseudo-random currents and times, the same on every Python."""
    state = seed
    for _ in range(length):
        state = (state * 1_103_515_245 + 12_345) % (1 << 31)
        current_ma = state // 7 % 1_000_001 - 500_000
        yield current_ma, state // 11 % 3000


def test_charge_is_conserved_exactly():
    meter = gauge()
    due_mams = 0
    for current_ma, dt_ms in words(1, 5000):
        count(meter, current_ma, dt_ms)
        due_mams += current_ma * dt_ms
        assert MAMS_PER_MAH * meter.counted_mah + meter.carry_mams == due_mams
        assert -MAMS_PER_MAH < meter.carry_mams < MAMS_PER_MAH


def test_pieces_of_time_make_no_difference():
    whole, pieces = gauge(), gauge()
    count(whole, -123_457, 600_000)
    count(pieces, -123_457, 50, 12_000)
    assert whole.counted_mah == pieces.counted_mah
    assert whole.carry_mams == pieces.carry_mams
    assert whole.snap.run_s == pieces.snap.run_s == 600


@each([(50_000, 600, 0), (-50_000, 400, 10_000)])
def test_an_hour_at_a_tenth_of_c(row):
    current_ma, soc_pm, cycle_mah = row
    meter = gauge(capacity_mah=100_000)
    count(meter, current_ma // 5, 1000, 3600)
    assert meter.snap.remain_mah == 50_000 + current_ma // 5
    assert meter.snap.soc_pm == soc_pm
    assert meter.snap.cycle_mah == cycle_mah


@each([(1, 1000), (-1, 0)])
def test_the_state_of_charge_ends_at_empty_and_full(row):
    sign, soc_pm = row
    meter = gauge(capacity_mah=2000)
    count(meter, sign * 100_000, 1000, 3600)
    assert meter.snap.soc_pm == soc_pm
    assert meter.snap.remain_mah in (0, 2000)
    count(meter, -sign * 1000, 1000, 3600)
    assert meter.snap.soc_pm == 500


@each([(2000,), (100_000,), (20_000_000,)])
def test_state_of_charge_of_the_smallest_and_largest_pack(row):
    meter = gauge(capacity_mah=row[0])
    for pm in (0, 1, 499, 500, 999, 1000):
        meter.set_soc(pm)
        assert abs(meter.snap.soc_pm - pm) <= 10
        assert 0 <= meter.snap.soc_pm <= 1000
    meter.set_soc(1000)
    assert meter.snap.soc_pm == 1000


def test_run_time_counts_real_time():
    meter = gauge()
    count(meter, 0, 50, 19)
    assert meter.snap.run_s == 0
    count(meter, 0, 50)
    assert meter.snap.run_s == 1
    count(meter, 0, 10_500)
    assert meter.snap.run_s == 11
    count(meter, 0, 500)
    assert meter.snap.run_s == 12


def test_no_time_counts_nothing():
    meter = gauge()
    count(meter, 500_000, 0, 100)
    assert (meter.counted_mah, meter.carry_mams, meter.snap.run_s) == (0, 0, 0)
