"""The table of parameters and the presets against the manual and the protocol."""

from ble.jk02 import BY_REGISTER
from boards.jk8s import board as jk8s
from firmware.settings import LFP, LI_ION, LTO, PARAMS, Settings, check, preset
from tests.each import each
from tests.firmware.ranges import RANGES
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
