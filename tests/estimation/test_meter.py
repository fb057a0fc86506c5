"""The coulomb meter conserves charge exactly (I16)."""

from firmware.estimation.meter import MA_MS_PER_MAH, Meter
from tests.each import each


def counted(meter):
    """All that is in the meter, mA ms: charge, discharge."""
    return (
        meter.chg_mah * MA_MS_PER_MAH + meter.chg_carry,
        meter.dsg_mah * MA_MS_PER_MAH + meter.dsg_carry,
    )


def test_every_sample_is_conserved():
    meter = Meter()
    chg = dsg = 0
    state = 1
    for _ in range(4000):
        state = state * 16007 % 65537
        current_ma = (state - 32768) * 10
        dt_ms = state % 173
        meter.integrate(current_ma, dt_ms)
        if current_ma > 0:
            chg += current_ma * dt_ms
        else:
            dsg -= current_ma * dt_ms
        assert counted(meter) == (chg, dsg)
        assert meter.net_mams() == chg - dsg
        assert 0 <= meter.chg_carry < MA_MS_PER_MAH
        assert 0 <= meter.dsg_carry < MA_MS_PER_MAH


def test_ten_milliamperes_count():
    meter = Meter()
    for _ in range(7200):
        meter.integrate(10, 50)
    assert counted(meter) == (10 * 50 * 7200, 0)
    assert meter.chg_mah == 1


@each((999, 1000, 1001, 2000, 60_000))
def test_a_long_dt_counts_as_its_pieces(row):
    whole = Meter()
    whole.integrate(-350_000, row)
    pieces = Meter()
    for _ in range(row):
        pieces.integrate(-350_000, 1)
    assert counted(whole) == counted(pieces) == (0, 350_000 * row)


@each((1, -1))
def test_a_whole_mah_is_carried_at_its_last_ma_ms(row):
    meter = Meter()
    for _ in range(3599):
        meter.integrate(row * 1000, 1)
    for _ in range(3596):
        meter.integrate(row * 1000, 1000)
    assert counted(meter)[row < 0] == 1000 * 3599 + 1000 * 1000 * 3596
    before = meter.chg_mah + meter.dsg_mah
    meter.integrate(row * 1000, 399)
    meter.integrate(row * 1, 999)
    meter.integrate(row * 1, 1)
    assert meter.chg_mah + meter.dsg_mah >= before


def test_the_carry_turns_exactly_at_one_mah():
    meter = Meter()
    meter.chg_carry = MA_MS_PER_MAH - 1
    meter.integrate(1, 0)
    assert meter.chg_mah == 0
    meter.integrate(1, 1)
    assert (meter.chg_mah, meter.chg_carry) == (1, 0)


@each(("chg", "dsg"))
def test_the_counters_stop_before_they_would_allocate(row):
    meter = Meter()
    meter.chg_mah = meter.dsg_mah = 1_000_000_000
    meter.integrate(300_000 if row == "chg" else -300_000, 1000)
    assert meter.chg_mah == meter.dsg_mah == 1_000_000_000
    assert counted(meter)[row == "dsg"] < 1_000_000_001 * MA_MS_PER_MAH
