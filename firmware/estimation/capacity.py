"""Capacity, health and cycles.

Capacity is learned from every swing: the estimator's scale is the believed capacity over
the true one, weighed by how sure the ends of each swing are. A complete discharge and
charge (manual, appendix to 5.3.2 i) has the surest ends, two anchors, and decides alone.
"""

_MIN_CAPACITY_MAH = 100
_MIN_SCALE = 0.1  # a sensor that is stuck can make it anything
_SWING_MAH = 100  # one in a hundred of the capacity makes a charge a charge


class Capacity:
    """believed_mah is the scale of the estimator; full_mah what was learned."""

    def __init__(self, design_mah):
        self.design_mah = design_mah
        self.set(design_mah)
        self.cycle_count = self.charge_count = 0
        self.counted_mah = 0  # charge taken in up to the last cycle counted
        self.is_charging = False
        self.mark_chg_mah = self.mark_dsg_mah = 0

    def set(self, mah):
        """A person states the capacity: the belief starts over from it."""
        self.believed_mah = self.full_mah = mah

    def learn(self, scale):
        """Take over the estimator's scale, believed over true capacity."""
        scale = max(scale, _MIN_SCALE)
        self.full_mah = max(int(self.believed_mah / scale + 0.5), _MIN_CAPACITY_MAH)

    def count(self, chg_mah, dsg_mah):
        """Count cycles (D20: one capacity taken in) and charges begun."""
        while chg_mah - self.counted_mah >= self.full_mah:
            self.counted_mah += self.full_mah
            self.cycle_count += 1
        swing_mah = self.full_mah // _SWING_MAH
        if self.is_charging:
            if dsg_mah - self.mark_dsg_mah >= swing_mah:
                self.is_charging = False
                self.mark_chg_mah = chg_mah
        elif chg_mah - self.mark_chg_mah >= swing_mah:
            self.is_charging = True
            self.charge_count += 1
            self.mark_dsg_mah = dsg_mah
        if chg_mah > self.mark_chg_mah if self.is_charging else dsg_mah > self.mark_dsg_mah:
            self.mark_chg_mah = chg_mah
            self.mark_dsg_mah = dsg_mah
