"""What every cell owes: its charge offset against the pack's level, counted to the last mAs.

`offset_mas[i]` is cell i's charge above (+) or below (-) the others at the balance point,
`sigma_mas[i]` how far that may be wrong, `level_mas` where all meet when the shuttle
delivers `kappa_pm` of what it takes. Offsets are set by the observer, outside the step;
inside it every charge moved is booked. Integers below 2**30: up to 138 Ah of offset,
so that the difference of two fits as well.
"""

from array import array

LIMIT_MAS = 500_000_000
UNKNOWN_MAS = 500_000_000


class Ledger:
    """Each cell's charge offset and its doubt, in mA·s; the level that balancing aims at."""

    def __init__(self, cells, capacity_mah):
        self.cells = cells
        self.unit_mas = max(capacity_mah * 36 // 100, 1)  # 0.1 per mille of the capacity
        zeros = bytes(4 * cells)
        self.offset_mas = array("i", zeros)
        self.sigma_mas = array("i", zeros)
        self.moved_mas = array("i", zeros)  # since the observer last fetched it
        self._carry = array("i", zeros)  # mA ms, below 1000
        self.level_mas = 0
        self.leader, self.followers = -1, 0  # a cell at its knee, and the mask of those far below
        self.ripe = 0  # 1: a long pass stands behind what is claimed, 2: the cells were full
        self.forget()

    def forget(self):
        """Nothing is known: no debt is worth a transfer."""
        for i in range(self.cells):
            self.offset_mas[i] = 0
            self.sigma_mas[i] = UNKNOWN_MAS
        self.level_mas = 0
        self.leader, self.followers = -1, 0
        self.ripe = 0

    def book(self, cell, mams):
        """So many mA ms flowed into (+) or out of (-) the cell; the remainder is carried."""
        charge = self._carry[cell] + mams
        mas = charge // 1000
        self._carry[cell] = charge - mas * 1000
        self.moved_mas[cell] += mas
        q = self.offset_mas[cell] + mas
        if -LIMIT_MAS < q < LIMIT_MAS:
            self.offset_mas[cell] = q

    def doubt_mas(self, a, b):
        """How far the difference of two cells may be wrong: the hypotenuse, within 8 %."""
        p, q = self.sigma_mas[a], self.sigma_mas[b]
        return p + q * 2 // 5 if p > q else q + p * 2 // 5

    def find_level(self, kappa_pm):
        """Set the level q* of kappa * sum(q - q*)+ = sum(q* - q)+; outside the step."""
        offset = self.offset_mas
        low, high = min(offset), max(offset)
        while high - low > 1:
            level = (low + high) // 2
            taken = needed = 0
            for q in offset:
                if q > level:
                    taken += q - level
                else:
                    needed += level - q
            if taken * kappa_pm > needed * 1000:
                low = level
            else:
                high = level
        self.level_mas = high
