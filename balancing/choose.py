"""Who gives, who takes, and until when: pure functions of integers, free of state.

A pair is one integer, `source * 256 + sink`; NONE when nobody should move anything.
Masks are one bit per cell. Everything runs inside the step and allocates nothing.
"""

NONE = -1
_DOUBT_MAX = 10_000
_OVP_MARGIN_MV = 30
_UVP_MARGIN_MV = 50


def able_to_give(cell_mv, cells, uvp_mv):
    """Mask of the cells that stay clear of UVP when they give (I15)."""
    mask = 0
    for i in range(cells):
        if cell_mv[i] > uvp_mv + _UVP_MARGIN_MV:
            mask |= 1 << i
    return mask


def able_to_take(cell_mv, cells, ovp_mv):
    """Mask of the cells that stay clear of OVP when they take (I15)."""
    mask = 0
    for i in range(cells):
        if cell_mv[i] < ovp_mv - _OVP_MARGIN_MV:
            mask |= 1 << i
    return mask


def is_worth(ledger, high, low, squash, tenths, floor):
    """True where two offsets differ by more than their doubt makes prudent.

    In units of 0.1 per mille of the capacity: the difference must exceed `floor` plus the
    square of the doubt over `squash`, or `tenths` / 10 of the doubt where that is less.
    Little doubt costs little, much doubt forbids.
    """
    unit = ledger.unit_mas
    doubt = min(ledger.doubt_mas(high, low) // unit, _DOUBT_MAX)
    need = min(doubt * doubt // squash, doubt * tenths // 10) + floor
    return (ledger.offset_mas[high] - ledger.offset_mas[low]) // unit > need


def pair_by_debt(ledger, may_give, may_take, squash, tenths, floor):
    """The cell furthest above the level to the one furthest below it.

    Only cells in the masks count. The two must be worth it (`is_worth`) and lie on their
    own side of the level, so that a transfer always reduces the sum of offsets.
    """
    offset = ledger.offset_mas
    source = sink = -1
    for i in range(ledger.cells):
        if may_give >> i & 1 and (source < 0 or offset[i] > offset[source]):
            source = i
        if may_take >> i & 1 and (sink < 0 or offset[i] < offset[sink]):
            sink = i
    if source < 0 or sink < 0:
        return NONE
    if offset[source] <= ledger.level_mas or offset[sink] >= ledger.level_mas:
        return NONE
    if not is_worth(ledger, source, sink, squash, tenths, floor):
        return NONE
    return source * 256 + sink


def pair_by_lead(ledger, may_give, may_take):
    """From the cell that its knee voltage gives away to the poorest of those far below it."""
    source = ledger.leader
    if source < 0 or not may_give >> source & 1:
        return NONE
    offset, sink = ledger.offset_mas, -1
    for i in range(ledger.cells):
        if may_take & ledger.followers >> i & 1 and (sink < 0 or offset[i] < offset[sink]):
            sink = i
    return NONE if sink < 0 else source * 256 + sink


def pair_by_voltage(cell_mv, cells, may_give, may_take, start_mv, difference_mv):
    """The manual's rule (5.3.2 f, o): the highest, above `start_mv`, to one far enough below."""
    source = sink = -1
    for i in range(cells):
        if may_give >> i & 1 and (source < 0 or cell_mv[i] > cell_mv[source]):
            source = i
        if may_take >> i & 1 and (sink < 0 or cell_mv[i] < cell_mv[sink]):
            sink = i
    if source < 0 or sink < 0 or cell_mv[source] <= start_mv:
        return NONE
    if cell_mv[source] - cell_mv[sink] <= difference_mv:
        return NONE
    return source * 256 + sink


def bleed_by_debt(ledger, may_give, squash, tenths, floor, cells_max):
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
            if may_give & ~mask & 1 << i and (best < 0 or offset[i] > offset[best]):
                best = i
        if best < 0 or not is_worth(ledger, best, low, squash, tenths, floor):
            return mask
        mask |= 1 << best
    return mask


def bleed_by_voltage(cell_mv, cells, may_give, start_mv, difference_mv, cells_max):
    """Mask of the highest cells above `start_mv`, `difference_mv` above the lowest of all."""
    low = cell_mv[0]
    for i in range(cells):
        if cell_mv[i] < low:
            low = cell_mv[i]
    mask = 0
    for _ in range(cells_max):
        best = -1
        for i in range(cells):
            if may_give & ~mask & 1 << i and (best < 0 or cell_mv[i] > cell_mv[best]):
                best = i
        if best < 0 or cell_mv[best] <= start_mv or cell_mv[best] - low <= difference_mv:
            return mask
        mask |= 1 << best
    return mask
