"""Coulomb meter: every step's charge, in integers, nothing lost.

Promise (invariant I16): the sum of current_ma * dt_ms that went in equals
3 600 000 * mAh + carry, exactly, for charge and for discharge apart. The
smallest current that the sensor gives counts; there is no dead band (a real
B2A8S20P drops everything below 0.7 A). Runs inside the step: integers below
2**30, no allocation.
"""

from micropython import const

MA_MS_PER_MAH = const(3_600_000)
_PIECE_MS = const(1000)  # 350 A for 1 s is 3.5e8 mA ms, below 2**30
_MAH_MAX = const(1_000_000_000)  # stays below 2**30: the counters stop, never wrap


class Meter:
    """Charge taken in and given out since the first start, and a net count.

    chg_mah, dsg_mah  whole mAh, never falling; the rest of each waits in
                      chg_carry and dsg_carry (mA ms, 0..3 599 999)
    """

    def __init__(self):
        self.chg_mah = 0
        self.dsg_mah = 0
        self.chg_carry = 0
        self.dsg_carry = 0

    def net_mams(self):
        """Net charge since the first start, mA ms. Outside the step: it may be large."""
        return (self.chg_mah - self.dsg_mah) * MA_MS_PER_MAH + self.chg_carry - self.dsg_carry

    def integrate(self, current_ma, dt_ms):
        """Count current_ma (+ charges, |.| <= 1 000 000) flowing for dt_ms >= 0."""
        while dt_ms > _PIECE_MS:
            self.integrate(current_ma, _PIECE_MS)
            dt_ms -= _PIECE_MS
        charge = current_ma * dt_ms
        if charge > 0:
            carry = self.chg_carry + charge
            while carry >= MA_MS_PER_MAH:
                carry -= MA_MS_PER_MAH
                if self.chg_mah < _MAH_MAX:
                    self.chg_mah += 1
            self.chg_carry = carry
        else:
            carry = self.dsg_carry - charge
            while carry >= MA_MS_PER_MAH:
                carry -= MA_MS_PER_MAH
                if self.dsg_mah < _MAH_MAX:
                    self.dsg_mah += 1
            self.dsg_carry = carry
