"""Where voltage itself says something about charge: the knees, and rest on a steep stretch.

Runs outside the step. `volt` and `drop` are one window's cell voltages and the drop expected
over their resistances, in mV; charge is in bins of `BIN_PM` per mille (align.py).
"""

from balancing.align import BIN_PM, eliminate

FULL_BINS = 1000 / BIN_PM
_STEEP_MV = 1.5  # per bin: steep enough to trust a table's slope
_PULL = 0.02  # of the difference per window: counted charge is led, not replaced
_KNEE_BINS = 8.0  # the mean cell is at most so far from full when the first is at its knee
_LEAD_MV = 40  # far enough apart at the knee for any pair of sensors
_REST_SPAN_MV = 60  # wider apart, one slope does not describe all cells
_KNEE_NEAR_MV = 20
_PLATEAU_MV = 3270  # a cell with knees that rests below it is on its way down
_TABLE_DOUBT = 0.25  # another maker's curve is steeper or flatter there
_SPAN_DOUBT = 0.1
_REST_VAR = 9.0  # mV^2: a cell that was moved has turned by itself
_FLAT_MV = 1.5  # per bin: what a plateau may hide


def next_depth(chemistry, depth, volt, drop, gained):
    """Charge that the mean cell lacks to full after it gained some; negative means unknown.

    Counted, and corrected at the upper knee and where the curve is steep. It only weighs
    the capacity deviations, so 10 % is good enough.
    """
    count = len(volt)
    mean = high = 0.0
    for i in range(count):
        mv = volt[i] - drop[i]
        mean += mv / count
        high = max(high, mv)
    missing = FULL_BINS - chemistry.soc(mean) / BIN_PM
    if depth < 0:
        depth = missing
    depth = min(max(depth - gained, 0.0), FULL_BINS)
    knee_mv = chemistry.knee_mv
    if knee_mv and gained > 0 and high > knee_mv:
        return min(depth, _KNEE_BINS)
    is_steep = chemistry.slope(mean) * BIN_PM > _STEEP_MV
    if is_steep and (not knee_mv or mean < knee_mv):
        depth += _PULL * (missing - depth)
    return depth


def find_leader(chemistry, ledger, volt, drop):
    """One cell at the upper knee and others far below: voltage alone tells who is ahead.

    Half of the expected drop is held against it, as resistances differ by that much.
    """
    high, best = -1, chemistry.knee_mv
    ledger.leader, ledger.followers = -1, 0
    for i in range(ledger.cells):
        mv = volt[i] - 1.5 * max(drop[i], 0.0)
        if best and mv > best:
            high, best = i, mv
    for i in range(ledger.cells):
        if high >= 0 and best - volt[i] + min(drop[i], 0.0) > _LEAD_MV:
            ledger.followers |= 1 << i
    if ledger.followers:
        ledger.leader = high


def observe_rest(align, chemistry, volt, drop, shifted, depth):
    """A rested pack is one observation: of charge where steep, of the sensors where flat.

    `shifted` is what the balancer moved since the pass began, which `align.mean` precedes.
    """
    knee_mv = chemistry.knee_mv
    if knee_mv and max(volt) - min(volt) > _REST_SPAN_MV:
        return
    if knee_mv and max(volt) > knee_mv - _KNEE_NEAR_MV:
        return
    cells, n = align.cells, align.normal
    mean_mv = mean_drop = mean_missing = 0.0
    for i in range(cells):
        mean_mv += volt[i] / cells
        mean_drop += drop[i] / cells
        mean_missing += (align.mean[4 * i] - shifted[i]) / cells
    slope = chemistry.slope(mean_mv - mean_drop) * BIN_PM
    if knee_mv and mean_mv > _PLATEAU_MV:
        slope = 0.0
    span = max(volt) - min(volt)
    for i in range(cells):
        t, q = 4 * i, 16 * i
        apart = volt[i] - mean_mv - (drop[i] - mean_drop)
        if slope > _STEEP_MV:
            h0, h1 = -slope, slope * depth * 0.01
            var = _REST_VAR + (_TABLE_DOUBT * apart) ** 2 + (_SPAN_DOUBT * span) ** 2
        else:
            h0 = h1 = 0.0
            var = 1.0 + align.spread(i, 1.0, 0.0) * _FLAT_MV * _FLAT_MV
        missing = align.mean[t] - shifted[i] - mean_missing
        e = apart - h0 * missing - h1 * align.mean[t + 1] - align.mean[t + 2]
        h = (h0, h1, 1.0)
        for r in range(3):
            for c in range(3):
                align.info[q + 4 * r + c] += h[r] * h[c] / var
        for j in range(16):
            n[j] = align.info[q + j]
        n[16], n[17], n[18], n[19] = h0 * e / var, h1 * e / var, e / var, 0.0
        eliminate(n)
        for r in range(4):
            align.mean[t + r] += n[16 + r]
