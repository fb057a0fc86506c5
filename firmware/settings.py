"""Settings: every parameter is a row; a record is accepted whole or refused with a reason.

A row: key (with its unit) · low · high · Li-ion · LiFePO4 · LTO · factory · JK register ·
writable; what people call it stands in `firmware.labels`. The three presets are the
appendix of the manual, value for value; a preset leaves alone what its column leaves None.
`factory` is the value of a new board (D13); None means the value of the chemistry. Ranges:
D40, manual table 1; the rest as the JK protocol offers them. Registers are JK02_32S's.
"""

from array import array

LI_ION = 1
LFP = 2
LTO = 3

# fmt: off
PARAMS = (
    # Manual 5.3.2 i, j, k and appendix 1-4, 6.
    ("cell_uvp_mv", 1200, 4350, 2900, 2600, 1800, None, 0x02, True),
    ("cell_uvpr_mv", 1200, 4350, 3200, 3000, 2000, None, 0x03, True),
    ("cell_ovp_mv", 1200, 4350, 4200, 3600, 2700, None, 0x04, True),
    ("cell_ovpr_mv", 1200, 4350, 4100, 3400, 2400, None, 0x05, True),
    ("power_off_mv", 1200, 4350, 2800, 2500, 1700, None, 0x0B, True),
    # Manual 5.3.2 f, o, p and appendix 5.
    ("balance_trigger_mv", 3, 1000, 10, 10, 10, None, 0x06, True),
    ("balance_start_mv", 1200, 4250, 3800, 3000, 2300, None, 0x22, True),
    ("balance_max_ma", 300, 2000, None, None, None, 2000, 0x13, True),
    # Manual 5.3.2 l, m, n and appendix 7-11.
    ("chg_limit_ma", 1000, 200_000, None, None, None, 25_000, 0x0C, True),
    ("chg_ocp_delay_s", 2, 600, 30, 30, 30, None, 0x0D, True),
    ("chg_ocpr_s", 2, 120, 60, 60, 60, None, 0x0E, True),
    ("dsg_limit_ma", 10_000, 200_000, None, None, None, 200_000, 0x0F, True),
    ("dsg_ocp_delay_s", 2, 600, 30, 30, 30, None, 0x10, True),
    ("dsg_ocpr_s", 2, 120, 60, 60, 60, None, 0x11, True),
    ("scpr_s", 2, 120, 60, 60, 60, None, 0x12, True),
    ("scp_delay_us", 0, 1_000_000, None, None, None, 1500, 0x21, True),
    # Manual 5.3.2 q, r, s and appendix 12-19; discharge temperatures D2.
    ("chg_otp_dc", 300, 800, 600, 600, 600, None, 0x14, True),
    ("chg_otpr_dc", 300, 800, 550, 550, 550, None, 0x15, True),
    ("dsg_otp_dc", 300, 800, 600, 600, 600, None, 0x16, True),
    ("dsg_otpr_dc", 300, 800, 550, 550, 550, None, 0x17, True),
    ("chg_utp_dc", -450, 200, -200, -200, -200, None, 0x18, True),
    ("chg_utpr_dc", -450, 200, -100, -100, -100, None, 0x19, True),
    ("dsg_utp_dc", -450, 200, None, None, None, -200, None, True),
    ("dsg_utpr_dc", -450, 200, None, None, None, -100, None, True),
    ("mos_otp_dc", 500, 1100, 750, 750, 750, None, 0x1A, False),
    ("mos_otpr_dc", 500, 1100, 700, 700, 700, None, 0x1B, False),
    # Manual 5.3.2 d, e, control page; chemistry and cell count only as D38.
    ("cell_count", 3, 8, None, None, None, 8, 0x1C, True),
    ("capacity_mah", 2000, 20_000_000, None, None, None, 100_000, 0x20, True),
    ("chg_switch_on", 0, 1, None, None, None, 1, 0x1D, True),
    ("dsg_switch_on", 0, 1, None, None, None, 1, 0x1E, True),
    ("balance_switch_on", 0, 1, None, None, None, 1, 0x1F, True),
    # Where the manual is silent: D9, D15, D22, D31, D38.
    ("cell_delay_ms", 100, 10_000, None, None, None, 1000, None, True),
    ("temp_delay_ms", 100, 30_000, None, None, None, 2000, None, True),
    ("balance_hysteresis_on", 0, 1, None, None, None, 1, None, True),
    ("balance_mode", 0, 1, None, None, None, 0, None, True),
    ("balance_point", 0, 2, None, None, None, 0, None, True),
    ("chemistry", 0, 3, None, None, None, 0, None, True),
    ("sensors_fitted", 0, 3, None, None, None, 0, None, True),
    ("tick_muted_on", 0, 1, None, None, None, 0, None, True),
)

# chemistry: OVP ceiling, UVP floor, power-off floor, fewest cells, most cells, name (D33, D5)
CHEMISTRIES = {
    LI_ION: (4350, 2500, 2000, 3, 8, "li_ion"),
    LFP: (3850, 2000, 1800, 4, 8, "lfp"),
    LTO: (2900, 1500, 1200, 6, 8, "lto"),
}

# Each pair in order, at least so far apart (D14); UVP <= start balance < OVP stands apart.
CHAIN = (
    ("power_off_mv", "cell_uvp_mv", 50),
    ("cell_uvp_mv", "cell_uvpr_mv", 50),
    ("cell_uvpr_mv", "cell_ovpr_mv", 50),
    ("cell_ovpr_mv", "cell_ovp_mv", 50),
    ("cell_uvp_mv", "balance_start_mv", 0),
    ("balance_start_mv", "cell_ovp_mv", 1),
    ("chg_otpr_dc", "chg_otp_dc", 1),
    ("dsg_otpr_dc", "dsg_otp_dc", 1),
    ("chg_utp_dc", "chg_utpr_dc", 1),
    ("dsg_utp_dc", "dsg_utpr_dc", 1),
    ("mos_otpr_dc", "mos_otp_dc", 1),
)
# fmt: on

_SUPPLY_MARGIN_MV = 300  # UVP acts this far above the supply's end (D6)
_UVPR_GAP_MV = 100
_FLOOR_GAP_MV = 100  # a cell must come back this far above the floor to be charged again

INDEX = {row[0]: at for at, row in enumerate(PARAMS)}


class Refused(ValueError):
    """A change that was refused: `key` names the field, `reason` says why in words."""

    def __init__(self, key, reason):
        super().__init__("%s: %s" % (key, reason))
        self.key = key
        self.reason = reason


class Settings:
    """One whole record. Never edited in place: `changed` gives a new one or refuses.

    Without `values` it is the factory's, within the limits of the board `facts`.
    """

    def __init__(self, values=None, facts=None):
        self.values = array("i", values or [_factory(row) for row in PARAMS])
        if facts:
            for key, most in _board_limits(facts):
                self.values[INDEX[key]] = min(self.get(key), most)

    def get(self, key):
        """The value of `key`, in the unit that its name ends in."""
        return self.values[INDEX[key]]

    def changed(self, changes, facts):
        """A new record with `changes` (key → integer), validated whole against the board.

        Raises `Refused`; this record stays as it was.
        """
        values = array("i", self.values)
        for key, value in changes.items():
            if key not in INDEX:
                raise Refused(key, "no such parameter")
            # MicroPython counts a bool among the integers no more than we do.
            if not isinstance(value, int) or isinstance(value, bool):
                raise Refused(key, "%r is not an integer" % (value,))
            row = PARAMS[INDEX[key]]
            if not row[1] <= value <= row[2]:
                raise Refused(key, "%d is outside %d..%d" % (value, row[1], row[2]))
            if not row[8] and value != self.get(key):
                raise Refused(key, "cannot be changed")
            values[INDEX[key]] = value
        record = Settings(values)
        check(record, facts)
        return record


class Limits:
    """The limits in force: the settings, made effective for this board (D6, D12, D16).

    `get(key)` answers every parameter, and what board and chemistry add: `peak_ma` (D37),
    `weld_ma` (D36), `floor_mv` and `floor_release_mv` (D32), `plates_lithium` (D3), and
    `cell_table`: the owner's table, 0 where there is none for this chemistry.
    """

    def __init__(self, settings, facts, scp_delay_us=None):
        self.settings = settings
        cells = settings.get("cell_count")
        chemistry = settings.get("chemistry")
        least_mv = -(-(facts.SUPPLY_MIN_MV + _SUPPLY_MARGIN_MV) // cells)
        uvp_mv = max(settings.get("cell_uvp_mv"), least_mv)
        floor_mv = CHEMISTRIES[chemistry][2] if chemistry else 0
        self.effective = {
            "cell_uvp_mv": uvp_mv,
            "cell_uvpr_mv": max(settings.get("cell_uvpr_mv"), uvp_mv + _UVPR_GAP_MV),
            "power_off_mv": max(settings.get("power_off_mv"), -(-facts.SUPPLY_MIN_MV // cells)),
            "balance_max_ma": min(
                settings.get("balance_max_ma"),
                settings.get("capacity_mah") // 10,
                facts.BALANCE_MAX_MA,
            ),
            "scp_delay_us": settings.get("scp_delay_us") if scp_delay_us is None else scp_delay_us,
            "peak_ma": facts.PEAK_MA,
            "weld_ma": facts.FULL_SCALE_MA * 15 // 1000,
            "floor_mv": floor_mv,
            "floor_release_mv": floor_mv + _FLOOR_GAP_MV,
            "plates_lithium": 1
            if chemistry in (LI_ION, LFP) and settings.get("chg_utp_dc") < 0
            else 0,
            "cell_table": facts.CELL if facts.CELL and facts.CELL["chemistry"] == chemistry else 0,
        }

    def get(self, key):
        """The limit in force."""
        found = self.effective.get(key)
        return self.settings.get(key) if found is None else found


def check(settings, facts):
    """Refuse a record that is out of range, out of order or beyond chemistry or board."""
    for (key, low, high), value in zip((row[:3] for row in PARAMS), settings.values):
        if not low <= value <= high:
            raise Refused(key, "%d is outside %d..%d" % (value, low, high))
    chemistry = settings.get("chemistry")
    if chemistry:
        _check_chemistry(settings, CHEMISTRIES[chemistry])
    for key, most in _board_limits(facts):
        if settings.get(key) > most:
            raise Refused(key, "%d is above the board's limit of %d" % (settings.get(key), most))
    # Ordering is judged on the record as set, and again on what acts (D6).
    for record in (settings, Limits(settings, facts)):
        for lower, upper, gap in CHAIN:
            if record.get(upper) - record.get(lower) < gap:
                raise Refused(
                    upper,
                    "%d must be at least %d above %s, which is %d"
                    % (record.get(upper), gap, lower, record.get(lower)),
                )


def _board_limits(facts):
    return (
        ("chg_limit_ma", facts.CHARGE_MAX_MA),
        ("dsg_limit_ma", facts.DISCHARGE_MAX_MA),
        ("balance_max_ma", facts.BALANCE_MAX_MA),
        ("mos_otp_dc", facts.MOS_OTP_MAX_DC),
        ("cell_count", facts.CELLS_MAX),
    )


def _check_chemistry(settings, bounds):
    ceiling_mv, uvp_floor_mv, off_floor_mv, fewest, most, name = bounds
    for key, low, high in (
        ("cell_ovp_mv", 0, ceiling_mv),
        ("cell_uvp_mv", uvp_floor_mv, ceiling_mv),
        ("power_off_mv", off_floor_mv, ceiling_mv),
        ("cell_count", fewest, most),
    ):
        value = settings.get(key)
        if not low <= value <= high:
            raise Refused(key, "%d is outside %d..%d of %s" % (value, low, high, name))


def preset(chemistry):
    """What the one-click button of a chemistry changes: the manual's appendix."""
    column = 2 + chemistry
    return {row[0]: row[column] for row in PARAMS if row[column] is not None}


def _factory(row):
    # A new board is unconfigured; until then the LiFePO4 column stands in, the one that
    # real units ship with.
    return row[2 + LFP] if row[6] is None else row[6]
