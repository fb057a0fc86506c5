"""A change of settings: whole, or refused with the field and the reason."""

from boards.jk8s import board as jk8s
from firmware.settings import LFP, LI_ION, LTO, PARAMS, Limits, Refused, Settings, check
from tests.each import each
from tests.firmware.ranges import RANGES, refusal
from tests.rig import commission


def test_a_change_gives_a_new_record_and_leaves_the_old_one_alone():
    old = commission()
    new = old.changed({"cell_ovp_mv": 3650, "cell_delay_ms": 500}, jk8s)
    assert (new.get("cell_ovp_mv"), new.get("cell_delay_ms")) == (3650, 500)
    assert (old.get("cell_ovp_mv"), old.get("cell_delay_ms")) == (3600, 1000)


def test_no_change_at_all_is_accepted():
    settings = commission()
    assert settings.changed({}, jk8s).values == settings.values


def test_limits_that_fit_only_together_are_accepted_together():
    settings = commission()
    refusal(settings, {"cell_uvp_mv": 3000})
    moved = settings.changed({"cell_uvp_mv": 3000, "cell_uvpr_mv": 3200}, jk8s)
    assert moved.get("cell_uvp_mv") == 3000


def test_one_bad_value_refuses_the_whole_change():
    settings = commission()
    refused = refusal(settings, {"cell_delay_ms": 500, "cell_ovp_mv": 4351})
    assert refused.key == "cell_ovp_mv"


def test_an_unknown_key_is_refused_by_name():
    refused = refusal(commission(), {"cell_ovp": 3650})
    assert refused.key == "cell_ovp"
    assert refused.reason == "no such parameter"


@each([("3650",), (3650.0,), (None,), (True,), (b"\x0e\x42",)])
def test_what_is_not_an_integer_is_refused(row):
    key = "chg_switch_on" if row[0] is True else "cell_ovp_mv"
    refused = refusal(commission(), {key: row[0]})
    assert refused.key == key
    assert refused.reason.endswith("is not an integer")


@each(sorted(RANGES))
def test_beyond_either_end_of_its_range_each_parameter_is_refused_by_name(row):
    low, high = RANGES[row]
    for value in (low - 1, high + 1, -(1 << 31), 1 << 31, 1 << 40):
        refused = refusal(commission(), {row: value})
        assert refused.key == row
        assert refused.reason == "%d is outside %d..%d" % (value, low, high)


def test_mos_temperature_limits_cannot_be_changed_but_may_be_repeated():
    settings = commission()
    assert refusal(settings, {"mos_otp_dc": 740}).reason == "cannot be changed"
    assert refusal(settings, {"mos_otpr_dc": 690}).key == "mos_otpr_dc"
    settings.changed({"mos_otp_dc": 750, "mos_otpr_dc": 700}, jk8s)


# lower, upper, how far apart at least, which of them has room to be moved up to the other
CHAIN = (
    ("power_off_mv", "cell_uvp_mv", 50, "both"),
    ("cell_uvp_mv", "cell_uvpr_mv", 50, "both"),
    ("cell_uvpr_mv", "cell_ovpr_mv", 50, "both"),
    ("cell_ovpr_mv", "cell_ovp_mv", 50, "both"),
    ("cell_uvp_mv", "balance_start_mv", 0, "upper"),
    ("balance_start_mv", "cell_ovp_mv", 1, "lower"),
    ("chg_otpr_dc", "chg_otp_dc", 1, "both"),
    ("dsg_otpr_dc", "dsg_otp_dc", 1, "both"),
    ("chg_utp_dc", "chg_utpr_dc", 1, "both"),
    ("dsg_utp_dc", "dsg_utpr_dc", 1, "both"),
)


@each([row for row in CHAIN if row[3] != "upper"])
def test_the_lower_limit_of_a_pair_keeps_its_distance(row):
    lower, upper, gap, _ = row
    settings = commission()
    edge = settings.get(upper) - gap
    assert settings.changed({lower: edge}, jk8s).get(lower) == edge
    assert refusal(settings, {lower: edge + 1}).key == upper


@each([row for row in CHAIN if row[3] != "lower"])
def test_the_upper_limit_of_a_pair_keeps_its_distance_and_the_refusal_says_from_what(row):
    lower, upper, gap, _ = row
    settings = commission()
    edge = settings.get(lower) + gap
    assert settings.changed({upper: edge}, jk8s).get(upper) == edge
    refused = refusal(settings, {upper: edge - 1})
    assert refused.key == upper
    assert refused.reason == "%d must be at least %d above %s, which is %d" % (
        edge - 1,
        gap,
        lower,
        settings.get(lower),
    )


# chemistry, key, last value that is accepted, first that is not, changes that go with it (D33)
BOUNDS = (
    (LI_ION, "cell_ovp_mv", 4350, 4351, {}),
    (LFP, "cell_ovp_mv", 3850, 3851, {}),
    (LTO, "cell_ovp_mv", 2900, 2901, {}),
    (LI_ION, "cell_uvp_mv", 2500, 2499, {"power_off_mv": 2000}),
    (LFP, "cell_uvp_mv", 2000, 1999, {"power_off_mv": 1900}),
    (LTO, "cell_uvp_mv", 1500, 1499, {"power_off_mv": 1300}),
    (LI_ION, "power_off_mv", 2000, 1999, {}),
    (LFP, "power_off_mv", 1800, 1799, {}),
    (LTO, "power_off_mv", 1200, 1199, {}),
    (LI_ION, "cell_count", 3, 2, {}),
    (LFP, "cell_count", 4, 3, {}),
    (LTO, "cell_count", 6, 5, {}),
    (LI_ION, "cell_count", 8, 9, {}),
    (LFP, "cell_count", 8, 9, {}),
    (LTO, "cell_count", 8, 9, {}),
)


@each(BOUNDS)
def test_the_chemistrys_own_bounds(row):
    chemistry, key, last, beyond, also = row
    settings = commission({}, chemistry).changed(also, jk8s)
    settings.changed({key: last}, jk8s)
    refused = refusal(settings, {key: beyond})
    assert refused.key == key
    assert "outside" in refused.reason


def test_another_chemistry_is_refused_while_the_limits_are_not_its_own():
    # Changing it alone would leave 3600 mV on LTO.
    assert refusal(commission(), {"chemistry": LTO}).key == "cell_ovp_mv"


def test_a_board_that_can_do_less_refuses_more():
    class Small:
        CELLS_MAX = 6
        SUPPLY_MIN_MV = 10_000
        FULL_SCALE_MA = 100_000
        CHARGE_MAX_MA = 50_000
        DISCHARGE_MAX_MA = 60_000
        PEAK_MA = 120_000
        MOS_OTP_MAX_DC = 750
        BALANCE_MAX_MA = 1000
        CELL = None

    fits = {
        "cell_count": 6,
        "chg_limit_ma": 50_000,
        "dsg_limit_ma": 60_000,
        "balance_max_ma": 1000,
    }
    settings = commission(fits, LFP, Small)
    for key, most in fits.items():
        refused = refusal(settings, {key: most + 1}, Small)
        assert refused.key == key
        assert refused.reason == "%d is above the board's limit of %d" % (most + 1, most)
    limits = Limits(settings, Small)
    assert (limits.get("peak_ma"), limits.get("weld_ma")) == (120_000, 1500)


def test_a_board_with_a_lower_ceiling_for_its_mosfets_refuses_the_factory_value():
    class Cool:
        CELLS_MAX = 8
        SUPPLY_MIN_MV = 10_000
        FULL_SCALE_MA = 200_000
        CHARGE_MAX_MA = DISCHARGE_MAX_MA = 200_000
        PEAK_MA = 350_000
        MOS_OTP_MAX_DC = 749
        BALANCE_MAX_MA = 2000

    assert refusal(Settings(), {}, Cool).key == "mos_otp_dc"


@each(sorted(RANGES))
def test_a_stored_record_out_of_range_is_refused(row):
    for value in (RANGES[row][0] - 1, RANGES[row][1] + 1):
        settings = commission()
        at = [entry[0] for entry in PARAMS].index(row)
        settings.values[at] = value
        try:
            check(settings, jk8s)
        except Refused as refused:
            assert refused.key == row
        else:
            raise AssertionError(row)
