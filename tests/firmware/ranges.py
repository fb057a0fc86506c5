"""What every parameter may be, and the refusal of a change."""

from array import array

from boards.jk8s import board as jk8s
from firmware.settings import Refused

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
