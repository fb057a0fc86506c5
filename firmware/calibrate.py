"""Calibration arithmetic: what a person corrects, and how far that may go.

Gains are parts per million of the board's nominal, the zero is in mA. Every
function returns the new value or raises Refused with the reason; nothing is
stored here. Bounds are on the sum of all calibrations (D18, D19), so ten small
steps reach no further than one.
"""

from firmware.settings import Refused

PPM = 1_000_000
VOLT_PPM_MAX = 30_000  # D18: within 3 % of nominal
CURRENT_PPM_MAX = 100_000  # D19: within 10 %
VOLT_MOVING_MV = 20  # pack reading moved since a second ago: not steady
CURRENT_MIN_OF_FULL = 20  # D19: a gain needs 5 % of full scale
ZERO_OF_FULL = 100  # D19: zero within 1 % of full scale
TRACK_OF_FULL = 1000  # D19: 0.1 % of full scale a minute
_MINUTE_MS = 60_000


def volt_gain_ppm(gain_ppm, read_mv, true_mv, moved_mv, is_faulty):
    """One gain for all cells from the true pack voltage (D18)."""
    if is_faulty:
        raise Refused("voltage", "a fault is active")
    if abs(moved_mv) > VOLT_MOVING_MV:
        raise Refused("voltage", "the reading moves")
    return _gain_ppm("voltage", gain_ppm, read_mv, true_mv, VOLT_PPM_MAX)


def current_gain_ppm(gain_ppm, read_ma, true_ma, full_scale_ma):
    """The gain from a true current; both with the sign of the reading (D19)."""
    if abs(read_ma) * CURRENT_MIN_OF_FULL < full_scale_ma:
        raise Refused("current", "below 5 % of full scale")
    if (read_ma > 0) != (true_ma > 0):
        raise Refused("current", "the signs differ")
    return _gain_ppm("current", gain_ppm, read_ma, true_ma, CURRENT_PPM_MAX)


def _gain_ppm(name, gain_ppm, read, true, limit_ppm):
    if read == 0:
        raise Refused(name, "nothing is read")
    new_ppm = (PPM + gain_ppm) * true // read - PPM
    if abs(new_ppm) > limit_ppm:
        raise Refused(name, "%d ppm from nominal, allowed are %d" % (new_ppm, limit_ppm))
    return new_ppm


def zero_ma(offset_ma, read_ma, full_scale_ma):
    """The zero, taken on request at rest: what is read now becomes 0 (D19)."""
    new_ma = offset_ma + read_ma
    if abs(new_ma) * ZERO_OF_FULL > full_scale_ma:
        raise Refused("zero", "%d mA, allowed is 1 %% of full scale" % new_ma)
    return new_ma


class ZeroTracker:
    """Follows the zero while both MOSFETs are open (D19). Runs in the step.

    zero_ma is what to subtract. It moves by at most 0.1 % of full scale a
    minute, and only while the raw reading is below 1 % of full scale; more
    than that is a current that somebody must look at, not an offset.
    """

    def __init__(self, full_scale_ma, offset_ma=0):
        self.full_scale_ma = full_scale_ma
        self.zero_ma = offset_ma
        self._credit = 0  # full_scale_ma * ms, a mA of zero costs 1000 minutes of it

    def track(self, raw_ma, both_open, dt_ms):
        """raw_ma: before the zero is subtracted; dt_ms <= 1000."""
        if not both_open or abs(raw_ma) * ZERO_OF_FULL >= self.full_scale_ma:
            self._credit = 0
            return
        away_ma = raw_ma - self.zero_ma
        if away_ma == 0:
            self._credit = 0
            return
        self._credit += self.full_scale_ma // TRACK_OF_FULL * dt_ms
        while self._credit >= _MINUTE_MS and away_ma:
            self._credit -= _MINUTE_MS
            move_ma = 1 if away_ma > 0 else -1
            self.zero_ma += move_ma
            away_ma -= move_ma
