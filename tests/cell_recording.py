"""Recordings of a cell: read, and refused in one line where no gauge could use them."""

import csv
import gzip
import math

from tests.cell_table import Refused

COLUMNS = ("t_s", "i_A", "v_V", "T_C", "soc_ref")
_RANGE = {
    "t_s": (-1e12, 1e12),
    "i_A": (-1e4, 1e4),
    "v_V": (0.0, 5.0),
    "T_C": (-60.0, 100.0),
    "soc_ref": (-0.05, 1.05),
}
_GAP_MAX_S = 3600.0
_RATE_MAX = 100.0  # C; the most powerful cells bear 50 for some seconds
_SWING_MAX = 10.0  # capacities; a sensor that is off drifts through some in a month


def load(path, capacity_ah=math.inf):
    """The rows of a recording as tuples of floats in the order of COLUMNS.

    capacity_ah: of the cell recorded, if it is known: currents that it cannot bear are refused.
    """
    opener = gzip.open if path.endswith(".gz") else open
    rows = []
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or ())]
            if missing:
                raise Refused("%s: column %s is missing" % (path, missing[0]))
            names = [name for name in COLUMNS if name in reader.fieldnames]
            for number, row in enumerate(reader, 2):
                rows.append(_row(path, row, names, number, rows))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise Refused("%s: %s" % (path, error)) from None
    if len(rows) < 2:
        raise Refused("%s: fewer than two rows" % path)
    _refuse_swapped_sign(path, rows)
    _refuse_other_units(path, rows, capacity_ah)
    return rows


def _row(path, row, names, number, rows):
    at = "%s: row %d, column" % (path, number)
    values = []
    for name in names:
        try:
            value = float(row[name].replace("_", " "))  # Python would take 1_0 for ten
        except (AttributeError, ValueError):
            raise Refused("%s %s: %r is not a number" % (at, name, row[name])) from None
        low, high = _RANGE[name]
        if not low <= value <= high:
            raise Refused("%s %s: %s is outside %g..%g" % (at, name, row[name], low, high))
        values.append(value)
    if rows:
        step_s = values[0] - rows[-1][0]
        if step_s <= 0.0:
            raise Refused("%s t_s: time does not rise" % at)
        if step_s > _GAP_MAX_S:
            raise Refused("%s t_s: a gap of %d s, allowed are %d" % (at, step_s, _GAP_MAX_S))
    return tuple(values)


def _refuse_swapped_sign(path, rows):
    """A charge raises the voltage: refuse a current that it goes against, at once and in time."""
    mean_v = sum(row[2] for row in rows) / len(rows)
    charged = farthest = 0.0
    worst = len(rows) + 1
    at_once, over_hours = [], []
    for n in range(1, len(rows)):
        rise_v = rows[n][2] - rows[n - 1][2]
        rise_a = rows[n][1] - rows[n - 1][1]
        at_once.append((rise_a, rise_v))
        if rise_a * rise_v < farthest:
            farthest, worst = rise_a * rise_v, n + 2
        charged += rows[n][1] * (rows[n][0] - rows[n - 1][0])
        over_hours.append((charged, rows[n][2] - mean_v))
    if _goes_with(at_once) + _goes_with(over_hours) < 0.0:
        raise Refused(
            "%s: row %d, column i_A: the voltage falls as current charges; the sign is swapped"
            % (path, worst)
        )


def _refuse_other_units(path, rows, capacity_ah):
    """Milliamperes for amperes, or a sensor that went mad: more than any cell of this size."""
    charged = low = high = 0.0
    for n, row in enumerate(rows):
        why = ""
        if abs(row[1]) > _RATE_MAX * capacity_ah:
            why = "%g A are more than %g times the capacity an hour" % (row[1], _RATE_MAX)
        if n:
            charged += row[1] * (row[0] - rows[n - 1][0]) / 3600.0
            low, high = min(low, charged), max(high, charged)
        if high - low > _SWING_MAX * capacity_ah:
            why = "the charge swings by more than %g times the capacity" % _SWING_MAX
        if why:
            raise Refused("%s: row %d, column i_A: %s" % (path, n + 2, why))


def _goes_with(pairs):
    """How the two of each pair go together, -1..1; 0 where one of them never moves."""
    mean = sum(x for x, _ in pairs) / len(pairs)
    both = sum((x - mean) * y for x, y in pairs)
    size = sum((x - mean) ** 2 for x, _ in pairs) * sum(y * y for _, y in pairs)
    return both / math.sqrt(size) if size else 0.0
