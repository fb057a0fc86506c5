"""Resistance of every balance lead, from the balancer's own current (D17).

A cell is connected through two leads, and each lead but the outer ones serves two cells, so
one cell gives the sum of its two leads: n sums for n + 1 leads. The one freedom left (every
second lead up, the others down by the same amount) is fixed by the choice that leaves most
leads alike: the median, which a few bad leads do not move. The cell's own resistance, below
a milliohm at the sizes balanced here, is counted in.

This is the one use of a voltage taken while its cell is being moved (I14). Runs in the step:
one cell per few steps, integers, no allocation. A lead is bad above 200 milliohm or three
times the median; it is open when neither of its cells passes current.
"""

from array import array

_BAD_MOHM = 200
_BAD_MEDIANS = 3
_TRIES = 3
_STEADY_MA = 1000  # pack current that changed more between the two samples spoils them
_DEAD = -1
MOHM_MAX = 65535

SCAN, PULSE = 0, 1


class Wires:
    """Measures every lead from the balancer's own current; verdicts go to the snapshot (D17)."""

    def __init__(self, cells):
        self.cells = cells
        self.sum_mohm = array("i", bytes(4 * cells))
        leads = bytes(4 * (cells + 1))
        self.lead_mohm, self.sorted = array("i", leads), array("i", leads)
        self.cell = self.tries = self.open_mv = self.pack_ma = 0
        self.stage = SCAN

    def begin(self):
        """Start over with the first lead."""
        self.cell = self.tries = 0
        self.stage = SCAN

    def step(self, snap, transfer, ma, is_fresh):
        """Measure on; True when all leads are judged and written to the snapshot."""
        cell = self.cell
        if self.stage == SCAN:
            if is_fresh:
                self.open_mv, self.pack_ma = snap.cell_mv[cell], snap.current_ma
                self.stage = PULSE
                if transfer.kind == "direct":
                    transfer.move(cell, cell + 1 if cell + 1 < self.cells else 0, ma)
                elif transfer.storage_mv() < transfer.storage_full_mv:
                    transfer.take(cell, ma)
                else:
                    transfer.give(cell, ma)
            return False
        flow, under_mv = transfer.current_ma(), transfer.cell_mv_under_transfer()
        transfer.stop()
        self.stage = SCAN
        is_steady = abs(snap.current_ma - self.pack_ma) <= _STEADY_MA
        self.tries += 1
        if abs(flow) * 10 < ma:
            self.sum_mohm[cell] = _DEAD
        elif is_steady or self.tries >= _TRIES:
            self.sum_mohm[cell] = max((under_mv - self.open_mv) * 1000 // flow, 0)
        else:
            return False
        self.tries = 0
        self.cell += 1
        if self.cell < self.cells:
            return False
        self._judge(snap)
        return True

    def _judge(self, snap):
        """Solve every run of measured cells, then write resistance and verdict of each lead."""
        n, sums = self.cells, self.sum_mohm
        alive = 0
        for i in range(n):
            alive += sums[i] != _DEAD
        if not alive:
            return  # a converter that moves nothing says nothing about leads
        for i in range(n + 1):
            self.lead_mohm[i] = _DEAD
        start = 0
        while start < n:
            end = start
            while end < n and sums[end] != _DEAD:
                end += 1
            if end > start:
                self._solve(start, end)
            start = end + 1
        usual = self._usual()
        bad = opened = 0
        for i in range(n + 1):
            r = self.lead_mohm[i]
            if r == _DEAD:
                opened |= 1 << i
            elif r > _BAD_MOHM or r > _BAD_MEDIANS * usual:
                bad |= 1 << i
            if i < len(snap.wire_mohm):
                snap.wire_mohm[i] = MOHM_MAX if r == _DEAD else min(r, MOHM_MAX)
        snap.wire_bad, snap.wire_open = bad, opened

    def _solve(self, start, end):
        """Leads `start`..`end` of the cells between them, alike as far as the sums allow."""
        best, cost = start, -1
        for i in range(start, end):
            apart = self._spread(start, end, self.sum_mohm[i] // 2)
            if cost < 0 or apart < cost:
                best, cost = i, apart
        self._spread(start, end, self.sum_mohm[best] // 2)

    def _spread(self, start, end, usual):
        """Lay out the leads as near to `usual` as they can be; how far apart that leaves them."""
        sums, lead, order = self.sum_mohm, self.lead_mohm, self.sorted
        lead[start] = usual
        for i in range(start, end):
            lead[i + 1] = sums[i] - lead[i]
        sign = 1
        for i in range(start, end + 1):
            order[i - start] = sign * (lead[i] - usual)
            sign = -sign
        lift = -self._median(end + 1 - start)
        apart = 0
        for i in range(start, end + 1):
            lead[i] = max(lead[i] + lift, 0)
            apart += abs(lead[i] - usual)
            lift = -lift
        return apart

    def _usual(self):
        """Median of the measured leads."""
        count = 0
        for r in self.lead_mohm:
            if r != _DEAD:
                self.sorted[count] = r
                count += 1
        return self._median(count)

    def _median(self, count):
        """Middle of the first `count` of `sorted`; the lower mean of two, rounded down."""
        order = self.sorted
        for i in range(1, count):
            v, j = order[i], i
            while j and order[j - 1] > v:
                order[j] = order[j - 1]
                j -= 1
            order[j] = v
        return (order[(count - 1) // 2] + order[count // 2]) // 2
