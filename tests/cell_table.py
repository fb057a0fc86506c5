"""An owner's cell table: read from a JSON file of several, checked, and made small.

    FILE.json:NAME      {NAME: {"chem": "LFP", "soc": [...], "dis": [...], "chg": [...], "R0": ...}}

| key | meaning |
|---|---|
| `chem` | the chemistry, one of KINDS |
| `soc` | 5 to 201 points, rising from 0 to 1 |
| `dis`, `chg` | open-circuit voltage there after a discharge and after a charge, V |
| `half_max` | half the gap between both is taken as this at most, V |
| `w_mid` | the middle is `dis` plus 2 `w_mid` half gaps |
| `m_h` | so many half gaps lie between the middle and h = 1 |
| `gamma` | how fast the hysteresis h turns: dh = gamma abs(dSOC) (sign - h) |
| `R0`, `R1`, `R2` | at 25 degrees: ohmic drop and two RC pairs, ohm ampere-hours |
| `tau1`, `tau2` | time constants of the pairs, s |
| `a0`, `a1`, `b` | towards empty R0 and R1 grow by 1 + a exp(-SOC / b) |
| `e0`, `e1`, `e2` | and in the cold by exp(e (1 / T - 1 / 298 K)), K |
| `v100`, `v0` | V at rest from which the pack counts as full, below which as empty |

`make deploy CELL=` puts one onto a board, the replay takes one with `--profile`.
"""

import json

from firmware.estimation.profiles import LFP, LI_ION, LTO

KINDS = {"LFP": LFP, "NMC": LI_ION, "NCA": LI_ION, "LCO": LI_ION, "LTO": LTO}
CURVES = ("soc", "dis", "chg")
# Every number that a profile reads, and what it may be.
NUMBERS = {
    "w_mid": (0.0, 1.0),
    "m_h": (0.0, 2.0),
    "half_max": (0.0, 0.2),
    "gamma": (0.5, 500.0),
    "R0": (0.0, 1.0),
    "R1": (0.0, 1.0),
    "R2": (0.0, 1.0),
    "tau1": (0.5, 5000.0),
    "tau2": (5.0, 20_000.0),
    "a0": (0.0, 100.0),
    "a1": (0.0, 100.0),
    "b": (0.005, 1.0),
    "e0": (0.0, 10_000.0),
    "e1": (0.0, 10_000.0),
    "e2": (0.0, 10_000.0),
    "v100": (1.5, 4.6),
    "v0": (1.0, 4.0),
}
_POINTS = (5, 201)
_VOLTS = (0.5, 5.0)
_SLACK_V = 0.005  # by which measured branches may cross or sink


class Refused(ValueError):
    """What was given cannot be used; the message is one line and says where."""


def read(text, chemistry=None):
    """The table that `FILE.json:NAME` names; Refused with the key and the reason.

    chemistry: the number of the only one that it may be for, or None.
    """
    path, colon, name = text.rpartition(":")
    if not colon:
        raise Refused("profile %s: say FILE.json:NAME" % text)
    try:
        with open(path) as file:
            tables = json.load(file)
    except OSError as error:
        raise Refused("profile %s: %s" % (path, error)) from None
    except (ValueError, RecursionError) as error:
        raise Refused("profile %s: is no JSON (%s)" % (path, error)) from None
    if not isinstance(tables, dict) or name not in tables:
        there = ", ".join(tables) if isinstance(tables, dict) else "none"
        raise Refused("profile %s: no table %r; there are %s" % (path, name, there))
    why = problem(tables[name], chemistry)
    if why:
        raise Refused("profile %s: %s" % (text, why))
    return tables[name]


def problem(table, chemistry=None):
    """The first thing wrong with a table, for this chemistry or for any; key first, or None."""
    if not isinstance(table, dict):
        return "is no table"
    for key in CURVES + tuple(NUMBERS):
        if key not in table:
            return "%s: is missing" % key
    chem = table.get("chem")
    if not isinstance(chem, str) or chem not in KINDS:
        return "chem: %r; allowed are %s" % (chem, ", ".join(KINDS))
    if chemistry not in (None, KINDS[chem]):
        return "chem: %s is another chemistry" % chem
    for key, (low, high) in NUMBERS.items():
        if not _is_number(table[key]) or not low <= table[key] <= high:
            return "%s: %r is outside %g..%g" % (key, table[key], low, high)
    if table["v0"] >= table["v100"]:
        return "v0: is not below v100"
    return curves_problem(table)


def curves_problem(table):
    """The first thing wrong with the three curves, key first, or None."""
    count = len(table["soc"]) if _is_row(table["soc"]) else 0
    if not _POINTS[0] <= count <= _POINTS[1]:
        return "soc: needs %d..%d points" % _POINTS
    for key in CURVES:
        curve = table[key]
        if not _is_row(curve) or len(curve) != count:
            return "%s: needs the %d points of soc" % (key, count)
        low, high = (0.0, 1.0) if key == "soc" else _VOLTS
        slack = 0.0 if key == "soc" else -_SLACK_V
        for n, x in enumerate(curve):
            if not _is_number(x) or not low <= x <= high:
                return "%s: point %d, %r, is outside %g..%g" % (key, n, x, low, high)
            if n and x - curve[n - 1] <= slack:
                return "%s: point %d does not rise" % (key, n)
    if table["soc"][0] != 0.0 or table["soc"][-1] != 1.0:
        return "soc: does not go from 0 to 1"
    for n, (low, high) in enumerate(zip(table["dis"], table["chg"])):
        if high < low - _SLACK_V:
            return "chg: point %d is below dis" % n
    return None


def _is_row(x):
    """A list, or what else holds numbers in a row."""
    return hasattr(x, "__len__") and not isinstance(x, (str, bytes, dict))


def _is_number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def on_board(table):
    """The table as a board's facts hold it: what a profile reads, and the chemistry's number."""
    out = {"chemistry": KINDS[table["chem"]]}
    for key in CURVES:
        out[key] = tuple(round(x, 4) for x in table[key])
    for key in NUMBERS:
        out[key] = float("%.5g" % table[key])
    return out
