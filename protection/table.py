"""RULES: every protection is a row. Reading this table is reading what the board guards.

Columns: name · signal · sense · trip past · release past · trip after · release after ·
opens · bit of the JK alarm word · bit of our own word · stops balancing · log code.

A text in a limit or delay column names a parameter (`firmware.settings.PARAMS`) or a
limit that board and chemistry give (`firmware.settings.Limits`); `_s` is seconds, other
delays are ms. Log codes follow the JK logbook: the code of the trip, the release is the
next number; codes from 0x84 to 0xBF are our own.
"""

from protection import signals as s
from protection.retry import LIMIT as TRIES
from protection.rule import BOTH, CHG, DSG, HIGH, LATCHED, LOW, TIMED

NONE = 0

# Bits of our own second word (D41): what the JK word has no bit for.
STARTING = 1 << 0
NOT_CONFIGURED = 1 << 1
STORE_FAILED = 1 << 2
CHG_RETRY_LATCH = 1 << 3
DSG_RETRY_LATCH = 1 << 4
RESTART_HOLD = 1 << 5
DEEP_DISCHARGED = 1 << 6
STACK_LOST = 1 << 7
POWERING_OFF = 1 << 8
NO_SENSORS = 1 << 9
COLD_CHARGING = 1 << 10
SUM_MISMATCH = 1 << 11
SELF_TEST = 1 << 12

# Bits of the JK alarm word that no rule sets.
DEFAULT_PASSWORD = 1 << 19

# fmt: off
RULES = (
    # Manual 5.3.2 j, i; delays D9; equality D8.
    ("cell_ovp", s.CELL_MAX_MV, HIGH, "cell_ovp_mv", "cell_ovpr_mv",
     "cell_delay_ms", "cell_delay_ms", CHG, 1 << 4, 0, False, 0x11),
    ("cell_uvp", s.CELL_MIN_MV, LOW, "cell_uvp_mv", "cell_uvpr_mv",
     "cell_delay_ms", "cell_delay_ms", DSG, 1 << 11, 0, False, 0x1D),
    # Manual 5.3.2 l, m; the board's own peak limit D37; retries D11.
    ("chg_ocp", s.CHG_MA, HIGH, "chg_limit_ma", TIMED,
     "chg_ocp_delay_s", "chg_ocpr_s", CHG, 1 << 6, 0, False, 0x15),
    ("dsg_ocp", s.DSG_MA, HIGH, "dsg_limit_ma", TIMED,
     "dsg_ocp_delay_s", "dsg_ocpr_s", DSG, 1 << 13, 0, False, 0x21),
    ("chg_peak", s.CHG_MA, HIGH, "peak_ma", TIMED,
     1000, "chg_ocpr_s", CHG, 1 << 25, 0, False, 0x40),
    ("dsg_peak", s.DSG_MA, HIGH, "peak_ma", TIMED,
     1000, "dsg_ocpr_s", DSG, 1 << 25, 0, False, 0x40),
    ("chg_tries", s.CHG_TRIES, HIGH, TRIES, TRIES + 1,
     0, 0, CHG, 0, CHG_RETRY_LATCH, False, 0x84),
    ("dsg_tries", s.DSG_TRIES, HIGH, TRIES, TRIES + 1,
     0, 0, DSG, 0, DSG_RETRY_LATCH, False, 0x86),
    # Manual 5.3.2 n: hardware cuts, firmware sees the latch and waits the SCPR time.
    ("chg_scp", s.CHG_SHORT, HIGH, 0, TIMED,
     0, "scpr_s", BOTH, 1 << 7, 0, True, 0x17),
    ("dsg_scp", s.DSG_SHORT, HIGH, 0, TIMED,
     0, "scpr_s", BOTH, 1 << 14, 0, True, 0x23),
    ("scp_tries", s.SHORT_TRIES, HIGH, TRIES, TRIES + 1,
     0, 0, BOTH, 1 << 24, 0, True, 0x42),
    ("restart_hold", s.NOTHING, HIGH, 0, TIMED,
     0, "scpr_s", BOTH, 0, RESTART_HOLD, True, 0x88),
    # Manual 5.3.2 q, r and appendix; open before charging starts (D4); discharge D2.
    ("chg_otp", s.TEMP_MAX_DC, HIGH, "chg_otp_dc", "chg_otpr_dc",
     "temp_delay_ms", "temp_delay_ms", CHG, 1 << 8, 0, False, 0x19),
    ("chg_utp", s.TEMP_MIN_DC, LOW, "chg_utp_dc", "chg_utpr_dc",
     "temp_delay_ms", "temp_delay_ms", CHG, 1 << 9, 0, False, 0x1B),
    ("dsg_otp", s.TEMP_MAX_DC, HIGH, "dsg_otp_dc", "dsg_otpr_dc",
     "temp_delay_ms", "temp_delay_ms", DSG, 1 << 15, 0, False, 0x25),
    ("dsg_utp", s.TEMP_MIN_DC, LOW, "dsg_utp_dc", "dsg_utpr_dc",
     "temp_delay_ms", "temp_delay_ms", DSG, 1 << 27, 0, False, 0x48),
    # Manual 5.3.2 s says 65, the appendix 70: the appendix is the table of defaults (D1).
    ("mos_otp", s.MOS_DC, HIGH, "mos_otp_dc", "mos_otpr_dc",
     "temp_delay_ms", "temp_delay_ms", BOTH, 1 << 1, 0, True, 0x0B),
    # Below the floor of the chemistry a cell is damaged: charging it is refused (D32).
    ("deep_discharge", s.CELL_MIN_MV, LOW, "floor_mv", "floor_release_mv",
     "cell_delay_ms", "cell_delay_ms", CHG, 0, DEEP_DISCHARGED, True, 0x8A),
    # Blindness is a fault.
    ("cells_stale", s.CELLS_AGE_MS, HIGH, 800, 800,
     0, "cell_delay_ms", BOTH, 1 << 10, 0, True, 0x0F),
    ("current_stale", s.CURRENT_AGE_MS, HIGH, 300, 300,
     0, "cell_delay_ms", BOTH, 1 << 3, 0, True, 0x0D),
    ("stack_stale", s.STACK_AGE_MS, HIGH, 5000, 800,
     0, "cell_delay_ms", CHG, 0, STACK_LOST, True, 0x8C),
    # A fitted battery sensor that is open, short or silent: D22.
    ("temp_lost", s.TEMP_AGE_MS, HIGH, 500, 500,
     0, "temp_delay_ms", CHG, 1 << 22, 0, True, 0x8E),
    ("temp_lost_long", s.TEMP_AGE_MS, HIGH, 600_000, 500,
     0, "temp_delay_ms", DSG, 1 << 22, 0, True, 0x90),
    ("mos_lost", s.MOS_AGE_MS, HIGH, 500, 500,
     0, "temp_delay_ms", BOTH, 1 << 22, 0, True, 0x92),
    # D26: count the taps; never changed by itself.
    ("cell_count", s.TAPS_WRONG, HIGH, 0, 1,
     "cell_delay_ms", "cell_delay_ms", BOTH, 1 << 2, 0, True, 0x3C),
    ("sum_mismatch", s.SUM_OFF_PM, HIGH, 20, 20,
     2000, 2000, BOTH, 1 << 10, SUM_MISMATCH, True, 0x94),
    ("cells_odd", s.CELLS_ODD, HIGH, 0, 1,
     0, 2000, BOTH, 1 << 10, 0, True, 0x96),
    ("current_odd", s.CURRENT_ODD, HIGH, 0, 1,
     100, 2000, BOTH, 1 << 3, 0, True, 0x98),
    # D36: the latch survives a reset and needs an authorised command.
    ("chg_disobeys", s.CHG_DISOBEYS, HIGH, 1, LATCHED,
     0, 0, CHG, 1 << 16, 0, False, 0x39),
    ("dsg_disobeys", s.DSG_DISOBEYS, HIGH, 1, LATCHED,
     0, 0, DSG, 1 << 17, 0, False, 0x3A),
    ("chg_welded", s.CHG_LEAK_MA, HIGH, "weld_ma", LATCHED,
     2000, 0, CHG, 1 << 16, 0, False, 0x39),
    ("dsg_welded", s.DSG_LEAK_MA, HIGH, "weld_ma", LATCHED,
     2000, 0, DSG, 1 << 17, 0, False, 0x3A),
    # Zone 3 of the manual's status page: yellow, balancing inhibited (D17).
    ("wire", s.WIRES_BAD, HIGH, 0, 1,
     0, 0, NONE, 1 << 0, 0, True, 0x9A),
    ("unconfigured", s.UNCONFIGURED, HIGH, 0, 1,
     0, 0, BOTH, 0, NOT_CONFIGURED, True, 0xA0),
    ("store_failed", s.STORE_BAD, HIGH, 0, 1,
     0, 0, BOTH, 0, STORE_FAILED, True, 0xA2),
    # The value is the board's: bits of hal.selftest.NAMES.
    ("self_test", s.BOARD_WRONG, HIGH, 0, 1,
     0, 0, BOTH, 0, SELF_TEST, True, 0xAA),
)

# Rows that end in power-off. A lost reading or a stall must not switch the board off, so
# they start quiet and lost time hurries them no more than it hurries a release (D7).
POWER_RULES = (
    # Manual 5.3.2 k; any single cell for ten minutes as well (D7).
    ("power_off", s.REST_MAX_MV, LOW, "power_off_mv", "power_off_mv",
     5000, 1000, BOTH, 0, POWERING_OFF, True, 0x9C),
    ("deep_sleep", s.REST_MIN_MV, LOW, "power_off_mv", "power_off_mv",
     600_000, 1000, BOTH, 0, POWERING_OFF, True, 0x9E),
)
# fmt: on

# Codes without a release: the logbook has one number for them.
SINGLE = (0x39, 0x3A, 0x3C, 0x40, 0x42)
