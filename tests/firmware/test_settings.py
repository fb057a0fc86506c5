"""The table of parameters against the manual's appendix, refusals, effective values."""

from array import array

from ble.jk02 import BY_REGISTER
from boards.jk8s import board as jk8s
from firmware.settings import (
    LFP,
    LI_ION,
    LTO,
    PARAMS,
    Limits,
    Refused,
    Settings,
    check,
    preset,
)
from tests.each import each
from tests.rig import commission

# The appendix of the manual, value for value, in its own units.
APPENDIX = (
    ("cell_uvp_mv", "2.9", "2.6", "1.8", "V"),
    ("cell_uvpr_mv", "3.2", "3.0", "2.0", "V"),
    ("cell_ovp_mv", "4.2", "3.6", "2.7", "V"),
    ("cell_ovpr_mv", "4.1", "3.4", "2.4", "V"),
    ("balance_trigger_mv", "0.01", "0.01", "0.01", "V"),
    ("power_off_mv", "2.8", "2.5", "1.7", "V"),
    ("chg_ocp_delay_s", "30", "30", "30", "Second"),
    ("chg_ocpr_s", "60", "60", "60", "Second"),
    ("dsg_ocp_delay_s", "30", "30", "30", "Second"),
    ("dsg_ocpr_s", "60", "60", "60", "Second"),
    ("scpr_s", "60", "60", "60", "Second"),
    ("chg_otp_dc", "60", "60", "60", "degC"),
    ("chg_otpr_dc", "55", "55", "55", "degC"),
    ("dsg_otp_dc", "60", "60", "60", "degC"),
    ("dsg_otpr_dc", "55", "55", "55", "degC"),
    ("chg_utp_dc", "-20", "-20", "-20", "degC"),
    ("chg_utpr_dc", "-10", "-10", "-10", "degC"),
    ("mos_otp_dc", "75", "75", "75", "degC"),
    ("mos_otpr_dc", "70", "70", "70", "degC"),
)
PER_UNIT = {"V": 1000, "Second": 1, "degC": 10}

# Range of every parameter: manual table 1 and 5.3.2, D9, D40, the JK protocol's table.
RANGES = {
    "cell_uvp_mv": (1200, 4350),
    "cell_uvpr_mv": (1200, 4350),
    "cell_ovp_mv": (1200, 4350),
    "cell_ovpr_mv": (1200, 4350),
    "power_off_mv": (1200, 4350),
    "balance_trigger_mv": (3, 1000),
    "balance_start_mv": (1200, 4250),
    "balance_max_ma": (300, 2000),
    "chg_limit_ma": (1000, 200_000),
    "chg_ocp_delay_s": (2, 600),
    "chg_ocpr_s": (2, 120),
    "dsg_limit_ma": (10_000, 200_000),
    "dsg_ocp_delay_s": (2, 600),
    "dsg_ocpr_s": (2, 120),
    "scpr_s": (2, 120),
    "scp_delay_us": (0, 1_000_000),
    "chg_otp_dc": (300, 800),
    "chg_otpr_dc": (300, 800),
    "dsg_otp_dc": (300, 800),
    "dsg_otpr_dc": (300, 800),
    "chg_utp_dc": (-450, 200),
    "chg_utpr_dc": (-450, 200),
    "dsg_utp_dc": (-450, 200),
    "dsg_utpr_dc": (-450, 200),
    "mos_otp_dc": (500, 1100),
    "mos_otpr_dc": (500, 1100),
    "cell_count": (3, 8),
    "capacity_mah": (2000, 20_000_000),
    "chg_switch_on": (0, 1),
    "dsg_switch_on": (0, 1),
    "balance_switch_on": (0, 1),
    "cell_delay_ms": (100, 10_000),
    "temp_delay_ms": (100, 30_000),
    "balance_hysteresis_on": (0, 1),
    "balance_mode": (0, 1),
    "balance_point": (0, 2),
    "chemistry": (0, 3),
    "sensors_fitted": (0, 3),
    "tick_muted_on": (0, 1),
}

# JK02_32S register of every parameter that has one.
REGISTERS = {
    0x02: "cell_uvp_mv",
    0x03: "cell_uvpr_mv",
    0x04: "cell_ovp_mv",
    0x05: "cell_ovpr_mv",
    0x06: "balance_trigger_mv",
    0x0B: "power_off_mv",
    0x0C: "chg_limit_ma",
    0x0D: "chg_ocp_delay_s",
    0x0E: "chg_ocpr_s",
    0x0F: "dsg_limit_ma",
    0x10: "dsg_ocp_delay_s",
    0x11: "dsg_ocpr_s",
    0x12: "scpr_s",
    0x13: "balance_max_ma",
    0x14: "chg_otp_dc",
    0x15: "chg_otpr_dc",
    0x16: "dsg_otp_dc",
    0x17: "dsg_otpr_dc",
    0x18: "chg_utp_dc",
    0x19: "chg_utpr_dc",
    0x1A: "mos_otp_dc",
    0x1B: "mos_otpr_dc",
    0x1C: "cell_count",
    0x1D: "chg_switch_on",
    0x1E: "dsg_switch_on",
    0x1F: "balance_switch_on",
    0x20: "capacity_mah",
    0x21: "scp_delay_us",
    0x22: "balance_start_mv",
}


def refusal(settings, changes, facts=jk8s):
    """The Refused that `changes` bring, after checking that nothing changed."""
    before = array("i", settings.values)
    try:
        settings.changed(changes, facts)
    except Refused as refused:
        assert settings.values == before
        assert str(refused) == "%s: %s" % (refused.key, refused.reason)
        return refused
    raise AssertionError("accepted: %r" % (changes,))


# Presets.


@each([(LI_ION, 1), (LFP, 2), (LTO, 3)])
def test_the_presets_are_the_appendix_value_for_value(row):
    chemistry, column = row
    button = preset(chemistry)
    for line in APPENDIX:
        wanted = round(float(line[column]) * PER_UNIT[line[4]])
        assert button[line[0]] == wanted, line[0]


@each([(LI_ION, 3800), (LFP, 3000), (LTO, 2300)])
def test_a_preset_holds_the_appendix_and_the_start_of_balancing_and_no_more(row):
    # D13: it never touches cell count, capacity, currents, calibration.
    chemistry, start_mv = row
    button = preset(chemistry)
    assert button["balance_start_mv"] == start_mv
    assert sorted(button) == sorted([line[0] for line in APPENDIX] + ["balance_start_mv"])


@each([(LI_ION, 3), (LI_ION, 8), (LFP, 4), (LFP, 8), (LTO, 6), (LTO, 8)])
def test_every_preset_is_accepted_for_every_count_of_its_chemistry(row):
    chemistry, count = row
    settings = commission({"cell_count": count}, chemistry)
    for key, value in preset(chemistry).items():
        assert settings.get(key) == value, key


# The table.


def test_ranges_and_keys_are_those_of_the_manual_and_the_protocol():
    assert sorted([row[0] for row in PARAMS]) == sorted(RANGES)
    for row in PARAMS:
        assert (row[1], row[2]) == RANGES[row[0]], row[0]


def test_registers_are_those_of_the_protocol():
    assert BY_REGISTER == REGISTERS


def test_mos_temperatures_alone_cannot_be_written():
    fixed = [row[0] for row in PARAMS if not row[8]]
    assert sorted(fixed) == ["mos_otp_dc", "mos_otpr_dc"]


def test_a_new_board_has_the_factory_values_and_is_unconfigured():
    # D13; the limits of the chemistry that real units ship with stand in.
    settings = Settings()
    for key, value in (
        ("cell_count", 8),
        ("capacity_mah", 100_000),
        ("balance_max_ma", 2000),
        ("chg_limit_ma", 25_000),
        ("dsg_limit_ma", 200_000),
        ("scp_delay_us", 1500),
        ("balance_start_mv", 3000),
        ("cell_delay_ms", 1000),
        ("temp_delay_ms", 2000),
        ("dsg_utp_dc", -200),
        ("dsg_utpr_dc", -100),
        ("chemistry", 0),
        ("sensors_fitted", 0),
        ("chg_switch_on", 1),
        ("dsg_switch_on", 1),
        ("balance_switch_on", 1),
        ("balance_hysteresis_on", 1),
        ("tick_muted_on", 0),
    ):
        assert settings.get(key) == value, key
    check(settings, jk8s)


# Change: whole, or refused.


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


# In force.

# chemistry, cells, changes -> UVP, UVPR, power-off in force (D6; supply 10 V, margin 0.3 V)
EFFECTIVE = (
    (LFP, 8, {}, 2600, 3000, 2500),
    (LFP, 8, {"cell_uvpr_mv": 2650}, 2600, 2700, 2500),  # as a real unit came: a gap of 50 mV
    (LFP, 4, {}, 2600, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400}, 2600, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400, "cell_uvp_mv": 2574}, 2575, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400, "cell_uvp_mv": 2575}, 2575, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400, "cell_uvp_mv": 2500, "cell_uvpr_mv": 2600}, 2575, 2675, 2500),
    (LFP, 4, {"power_off_mv": 2501}, 2600, 3000, 2501),
    (LI_ION, 3, {}, 3434, 3534, 3334),
    (LI_ION, 4, {}, 2900, 3200, 2800),
    (LTO, 6, {}, 1800, 2000, 1700),
    (LTO, 6, {"power_off_mv": 1600, "cell_uvp_mv": 1700}, 1717, 2000, 1667),
    (LTO, 8, {"power_off_mv": 1200}, 1800, 2000, 1250),
)


@each(EFFECTIVE)
def test_limits_in_force_keep_the_board_supplied(row):
    chemistry, cells, changes, uvp_mv, uvpr_mv, off_mv = row
    wanted = {"cell_count": cells}
    wanted.update(changes)
    settings = commission(wanted, chemistry)
    limits = Limits(settings, jk8s)
    assert limits.get("cell_uvp_mv") == uvp_mv
    assert limits.get("cell_uvpr_mv") == uvpr_mv
    assert limits.get("power_off_mv") == off_mv
    assert uvp_mv * cells >= 10_300 and off_mv * cells >= 10_000
    for key, value in changes.items():
        assert settings.get(key) == value  # the setting itself is shown as it was set


def test_an_order_that_only_fails_in_force_is_refused():
    # 3S Li-ion: UVPR acts at 3534, so OVPR must lie 50 above that, not above 3200.
    settings = commission({"cell_count": 3}, LI_ION)
    settings.changed({"cell_ovpr_mv": 3584}, jk8s)
    refused = refusal(settings, {"cell_ovpr_mv": 3583})
    assert refused.key == "cell_ovpr_mv"
    assert refused.reason == "3583 must be at least 50 above cell_uvpr_mv, which is 3534"
    # And a start of balancing below what acts as UVP.
    assert refusal(settings, {"balance_start_mv": 3433}).key == "balance_start_mv"
    settings.changed({"balance_start_mv": 3434}, jk8s)


# setting, capacity, board -> in force (D16: 0.1 C)
@each([(2000, 100_000, 2000), (2000, 19_999, 1999), (2000, 20_000, 2000), (500, 4000, 400)])
def test_balance_current_is_at_most_a_tenth_of_the_capacity(row):
    setting_ma, capacity_mah, due_ma = row
    settings = commission({"balance_max_ma": setting_ma, "capacity_mah": capacity_mah})
    limits = Limits(settings, jk8s)
    assert limits.get("balance_max_ma") == due_ma
    assert settings.get("balance_max_ma") == setting_ma


def test_balance_current_is_at_most_the_boards():
    class Weak:
        SUPPLY_MIN_MV = 10_000
        FULL_SCALE_MA = 200_000
        PEAK_MA = 350_000
        BALANCE_MAX_MA = 1000
        CELL = None

    assert Limits(commission(), Weak).get("balance_max_ma") == 1000


def test_the_short_circuit_delay_in_force_is_what_the_hardware_has():
    settings = commission({"scp_delay_us": 1234})
    assert Limits(settings, jk8s).get("scp_delay_us") == 1234
    assert Limits(settings, jk8s, 1300).get("scp_delay_us") == 1300
    assert Limits(settings, jk8s, 0).get("scp_delay_us") == 0


@each([(0, 0), (LI_ION, 2000), (LFP, 1800), (LTO, 1200)])
def test_the_deep_discharge_floor_of_each_chemistry(row):
    chemistry, floor_mv = row
    settings = commission({}, chemistry) if chemistry else Settings()
    limits = Limits(settings, jk8s)
    assert limits.get("floor_mv") == floor_mv
    assert limits.get("floor_release_mv") == floor_mv + 100


def test_what_board_and_chemistry_add():
    limits = Limits(commission(), jk8s)
    assert limits.get("peak_ma") == 350_000  # D37
    assert limits.get("weld_ma") == 3000  # D36: 1.5 % of 200 A
    assert limits.get("chg_limit_ma") == 25_000


@each([(LFP, True), (LI_ION, False), (0, False)])
def test_the_owners_cell_table_is_for_its_own_chemistry(row):
    chemistry, is_his = row

    class Calibrated:
        SUPPLY_MIN_MV = 10_000
        FULL_SCALE_MA = 200_000
        PEAK_MA = 350_000
        BALANCE_MAX_MA = 1000
        CELL = {"chemistry": LFP}

    settings = commission({}, chemistry) if chemistry else Settings()
    found = Limits(settings, Calibrated).get("cell_table")
    assert found is Calibrated.CELL if is_his else found == 0
    assert Limits(settings, jk8s).get("cell_table") == 0


@each([(LI_ION, -1, 1), (LFP, -1, 1), (LTO, -1, 0), (LI_ION, 0, 0), (LFP, 0, 0)])
def test_plating_is_warned_of_below_freezing_except_on_lto(row):
    chemistry, utp_dc, due = row
    settings = commission({"chg_utp_dc": utp_dc, "chg_utpr_dc": 50}, chemistry)
    assert Limits(settings, jk8s).get("plates_lithium") == due
