"""Who gives, who takes, and until when: pure functions of integers, free of state.

A pair is one integer, `source * 256 + sink`; NONE when nobody should move anything. A cell
gives only above `give_mv` and takes only below `take_mv` (I15). Masks are one bit per cell.
Everything runs inside the step, in one loop over the cells, and allocates nothing.
"""

NONE = -1
OVP_MARGIN_MV = 30
UVP_MARGIN_MV = 50
_DOUBT_MAX = 10_000
_BEYOND_MAS = 1 << 29  # below what any cell's offset exceeds its doubt by


def is_worth(ledger, high, low, tenths, floor):
    """True where two offsets differ by more than `tenths` / 10 of their doubt and `floor`.

    In units of 0.1 per mille of the capacity.
    """
    unit = ledger.unit_mas
    doubt = min(ledger.doubt_mas(high, low) // unit, _DOUBT_MAX)
    need = doubt * tenths // 10 + floor
    return (ledger.offset_mas[high] - ledger.offset_mas[low]) // unit > need


def pair_by_debt(ledger, cell_mv, give_mv, take_mv, tenths, floor, side, far):
    """The cell most surely above the level to the one most surely below it, if that is worth it.

    Each lies on its own side of the level by more than `side` / 10 of its own doubt, so a
    transfer reduces the sum of offsets; or they are `far` apart, in units of 0.1 per mille.
    """
    offset, sigma, level = ledger.offset_mas, ledger.sigma_mas, ledger.level_mas
    high = low = -_BEYOND_MAS
    source = sink = -1
    for i in range(ledger.cells):
        q = offset[i] - level
        sure = abs(q) - sigma[i] // 10 * side
        if q > 0:
            if sure > high and cell_mv[i] > give_mv:
                source, high = i, sure
        elif sure > low and cell_mv[i] < take_mv:
            sink, low = i, sure
    if source < 0 or sink < 0 or not is_worth(ledger, source, sink, tenths, floor):
        return NONE
    if (high <= 0 or low <= 0) and not is_worth(ledger, source, sink, 0, far):
        return NONE
    return source * 256 + sink


def pair_by_lead(ledger, cell_mv, give_mv, take_mv):
    """From the cell that its knee voltage gives away to the poorest of those far below it."""
    source = ledger.leader
    if source < 0 or cell_mv[source] <= give_mv:
        return NONE
    offset, sink = ledger.offset_mas, -1
    for i in range(ledger.cells):
        if ledger.followers >> i & 1 and cell_mv[i] < take_mv:
            if sink < 0 or offset[i] < offset[sink]:
                sink = i
    return NONE if sink < 0 else source * 256 + sink


def pair_by_voltage(cell_mv, cells, give_mv, take_mv, difference_mv):
    """The manual's rule (5.3.2 f, o): the highest, above `give_mv`, to one far enough below."""
    source, high = -1, give_mv
    sink, low = -1, take_mv
    for i in range(cells):
        mv = cell_mv[i]
        if mv > high:
            source, high = i, mv
        if mv < low:
            sink, low = i, mv
    if source < 0 or sink < 0 or high - low <= difference_mv:
        return NONE
    return source * 256 + sink


def bleed_by_debt(ledger, cell_mv, give_mv, tenths, floor, cells_max):
    """Mask of the richest cells, at most `cells_max`, that lie surely above the poorest."""
    offset = ledger.offset_mas
    low = 0
    for i in range(ledger.cells):
        if offset[i] < offset[low]:
            low = i
    mask = 0
    for _ in range(cells_max):
        best = -1
        for i in range(ledger.cells):
            if cell_mv[i] > give_mv and not mask >> i & 1:
                if best < 0 or offset[i] > offset[best]:
                    best = i
        if best < 0 or not is_worth(ledger, best, low, tenths, floor):
            return mask
        mask |= 1 << best
    return mask


def bleed_by_voltage(cell_mv, cells, give_mv, difference_mv, cells_max):
    """Mask of the highest cells above `give_mv`, `difference_mv` above the lowest of all."""
    low = cell_mv[0]
    for i in range(cells):
        if cell_mv[i] < low:
            low = cell_mv[i]
    mask = 0
    for _ in range(cells_max):
        best, high = -1, max(give_mv, low + difference_mv)
        for i in range(cells):
            if cell_mv[i] > high and not mask >> i & 1:
                best, high = i, cell_mv[i]
        if best < 0:
            return mask
        mask |= 1 << best
    return mask
