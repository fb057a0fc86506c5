"""What is made of one recording: as it is, its windows, or looped.

Rows are those of tests.cell_recording.load: (s, A, V, degrees, SOC).
"""

WINDOWS = ((0.15, 0.85), (0.3, 0.9), (0.2, 0.6))
_TIMES = 3
_FULL = 0.998
_LEAST_S = 7200.0


def whole(rows):
    """The recording as it is."""
    return [rows]


def windows(rows):
    """The pass down through each of WINDOWS that takes two hours or more, in one stretch."""
    passes = [_pass_down(rows, low, high) for low, high in WINDOWS]
    return [part for part in passes if part and part[-1][0] - part[0][0] >= _LEAST_S]


def loops(rows):
    """From full to full, three times; [] for a recording that is not full twice."""
    full = [n for n, row in enumerate(rows) if row[4] >= _FULL]
    if not full or min(row[4] for row in rows[full[0] : full[-1]]) > 0.5:
        return []
    part = rows[full[0] : full[-1] + 1]
    length_s = part[-1][0] + 1.0 - part[0][0]
    return [[(row[0] + n * length_s,) + row[1:] for n in range(_TIMES) for row in part]]


def begun(rows, wrong):
    """The recording from where a charge that is stated so far wrong is at most 100 %.

    The whole where that would leave less than two hours.
    """
    for n, row in enumerate(rows):
        if row[4] + wrong <= 1.0:
            return rows[n:] if rows[-1][0] - row[0] >= _LEAST_S else rows
    return rows


def _pass_down(rows, low, high):
    """The stretch that falls from high to low; [] without one."""
    begin = 0
    for n, row in enumerate(rows):
        if row[4] >= high:
            begin = n
        elif begin and row[4] <= low:
            return rows[begin : n + 1]
    return []
