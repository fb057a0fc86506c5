"""What a board.py may not say: clashing or forbidden pins, impossible shunts and limits."""

# Per chip: pins that exist, that the flash needs, that only read, that decide the boot mode.
_CHIPS = {
    "esp32": (
        tuple(range(0, 20)) + (21, 22, 23, 25, 26, 27, 32, 33, 34, 35, 36, 39),  # a WROOM-32E
        (6, 7, 8, 9, 10, 11),
        (34, 35, 36, 37, 38, 39),
        (0, 2, 5, 12, 15),
    ),
    "esp32c3": (tuple(range(0, 22)), (11, 12, 13, 14, 15, 16, 17), (), (2, 8, 9)),
}
_CONSOLE = {"esp32": (1, 3), "esp32c3": (18, 19)}
_SHUNT_UOHM = (10, 10_000)
_DROP_MV = 200  # no front end measures more than this over its shunt
_LEASE_MS = 300
_WATCHDOG_LEASE_MS = 2000  # where the front end's own watchdog is the lease


def problems(facts):
    """Everything wrong with a board module, one line each."""
    if facts.CHIP not in _CHIPS:
        return ["CHIP: no %r; there are %s" % (facts.CHIP, ", ".join(sorted(_CHIPS)))]
    return _pins(facts) + _limits(facts)


def _pins(facts):
    exist, flash, reading, straps = _CHIPS[facts.CHIP]
    wrong = []
    owner = {}
    for name, number in sorted(facts.PINS.items()):
        said = "PINS: %s on GPIO %s" % (name, number)
        if number in owner:
            wrong.append("%s clashes with %s" % (said, owner[number]))
        owner.setdefault(number, name)
        if number not in exist:
            wrong.append("%s: the %s has no such pin" % (said, facts.CHIP))
        elif number in flash:
            wrong.append("%s: that pin belongs to the flash" % said)
        elif number in _CONSOLE[facts.CHIP]:
            wrong.append("%s: that pin belongs to the console" % said)
        elif number in reading and name not in facts.INPUTS:
            wrong.append("%s: that pin can only read" % said)
        elif number in straps and number not in facts.STRAPS:
            wrong.append("%s: a strapping pin, and STRAPS does not say why it is safe" % said)
    for name in facts.INPUTS:
        if name not in facts.PINS:
            wrong.append("INPUTS: %s has no pin" % name)
    return wrong


def _limits(facts):
    shunt = facts.SHUNT_UOHM
    full_ma = facts.FULL_SCALE_MA
    lease_ms = _WATCHDOG_LEASE_MS if facts.BALANCER == "bleed" else _LEASE_MS
    wrong = []
    for name, true, said in (
        ("SHUNT_UOHM", _SHUNT_UOHM[0] <= shunt <= _SHUNT_UOHM[1], "outside 10..10000"),
        (
            "SHUNT_UOHM",
            shunt * facts.CURRENT_RANGE_MA <= _DROP_MV * 1_000_000,
            "more than 200 mV at CURRENT_RANGE_MA",
        ),
        ("CELLS_MAX", 3 <= facts.CELLS_MAX <= 8, "outside 3..8"),
        ("SUPPLY_MIN_MV", 0 < facts.SUPPLY_MIN_MV < facts.SUPPLY_MAX_MV, "not below the maximum"),
        ("OWN_MA", 0 <= facts.OWN_MA <= 1000, "outside 0..1000"),
        ("CHARGE_MAX_MA", 0 < facts.CHARGE_MAX_MA <= full_ma, "beyond full scale"),
        (
            "DISCHARGE_MAX_MA",
            0 < facts.DISCHARGE_MAX_MA <= facts.FULL_SCALE_MA,
            "beyond full scale",
        ),
        ("PEAK_MA", facts.FULL_SCALE_MA <= facts.PEAK_MA, "below full scale"),
        ("PEAK_MA", facts.PEAK_MA < facts.CURRENT_RANGE_MA, "beyond what can be measured"),
        ("SCP_THRESHOLD_MA", facts.SCP_THRESHOLD_MA > facts.PEAK_MA, "not above PEAK_MA"),
        ("SCP_MIN_US", 0 <= facts.SCP_MIN_US <= facts.SCP_MAX_US, "above SCP_MAX_US"),
        ("LEASE_MS", 0 < facts.LEASE_MS <= lease_ms, "longer than %d ms" % lease_ms),
        ("MOS_OTP_MAX_DC", facts.MOS_OTP_MAX_DC <= 1100, "above 110 degC"),
    ):
        if not true:
            wrong.append("%s: %s" % (name, said))
    return wrong
