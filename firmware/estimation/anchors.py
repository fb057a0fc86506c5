"""Anchors: when a pack is full or empty, and what that tells of its state of charge.

Full takes voltage, a tail of the charging current and time, or a rest at that voltage;
empty takes voltage, a small current, warmth and time.

An anchor is a bound: a full pack is at least as full as its tail tells and at
most full, whatever was counted; so a charge from empty to full tells how large
the capacity is. The longer it stands, the less it tells anew: what flows into a
full pack for days is no measure of anything.
"""

from firmware.estimation.cell import NODES
from firmware.estimation.sight import ANYWHERE

_STANDS_S = 60.0
_WEIGHT, _STALE_S = 0.1, 1800.0  # of a witness; a quarter when it stood so long
_FULL_TAIL_C = 0.06
_TAIL_S = 1200.0  # a tail that falls faster was cut off
_REST_C, _REST_PART = 0.02, 0.2  # what an offset may make of a rest; it tells a fifth of a tail
_FULL_LEAST = 95  # per cent at which a charge may have ended
_FULL_DOUBT_V = 0.01  # of the reading and of the curve
_TAIL_MISSES = 0.3  # of SOC per C rate: at 6 % C the A123 cell still takes in 1.8 %
_EMPTY_C = 0.1  # the empty anchor needs |I| <= C/10 and 10 degrees
_EMPTY_TEMP_C = 10.0


class Anchors:
    """is_full, is_empty; look() writes the bounds of the sight and what they weigh."""

    def __init__(self, cell, sight):
        self.cell = cell
        self.sight = sight
        self.is_full = self.is_empty = False
        self.full_s = self.empty_s = self._tail_c = 0.0

    def lose(self):
        """Without a voltage nobody knows."""
        self.is_full = self.is_empty = False

    def look(self, s, rate_c, volt_v, blind_c, slow, quick):
        """s seconds at means of C rate and cell voltage.

        blind_c: C rate that may have flowed unseen; slow, quick: as for CellModel.open_v.
        """
        cell = self.cell
        sight = self.sight
        # What flows unseen is neither a tail nor a rest.
        self.full_s += s if self.is_full or rate_c > _REST_C else _REST_PART * s
        if blind_c or volt_v < cell.p.v100 or not -_REST_C < rate_c < _FULL_TAIL_C:
            self.full_s = 0.0
        # Where a charger cuts the tail off, what it missed stays missed.
        self._tail_c -= self._tail_c * s / _TAIL_S
        self._tail_c = min(max(self._tail_c, rate_c, 0.0), _FULL_TAIL_C)
        self.empty_s += s
        if blind_c or volt_v > cell.p.v0 or abs(rate_c) > _EMPTY_C or cell.temp_c < _EMPTY_TEMP_C:
            self.empty_s = 0.0
        self.is_full = self.full_s >= _STANDS_S
        self.is_empty = self.empty_s >= _STANDS_S
        sight.least, sight.most = ANYWHERE
        if self.is_full:
            cell.charged()
            sight.most = 1.0
            sight.least = min(1.0 - _TAIL_MISSES * self._tail_c, self._full_z(volt_v))
        elif self.is_empty:
            sight.least = 0.0
            sight.most = self._empty_z(slow, quick)
        stands = 1.0 + (self.full_s + self.empty_s) / _STALE_S
        sight.anchor_weight = _WEIGHT / (stands * stands)

    def _full_z(self, volt_v):
        """The state of charge at which a charged cell shows no more than this voltage."""
        cell = self.cell
        volt_v += _FULL_DOUBT_V - self.sight.pol_v
        branch = cell.p.m_h
        q = NODES - 1
        while q > _FULL_LEAST and cell.open_v(q, branch, branch) > volt_v:
            q -= 1
        low = cell.open_v(q, branch, branch)
        rise = cell.open_v(q + 1, branch, branch) - low
        return (q + (volt_v - low) / (rise or 1.0)) / (NODES - 1)  # a flat end tells nothing

    def _empty_z(self, slow, quick):
        """The state of charge at which the cell rests at v0, at most 2 %."""
        cell = self.cell
        q = 0
        while q < 2 and cell.open_v(q + 1, slow, quick) < cell.p.v0:
            q += 1
        return q / (NODES - 1)
