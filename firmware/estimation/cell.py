"""What a cell's voltage should be: open circuit, hysteresis, polarisation.

Theory of operation. The open-circuit voltage is a middle curve plus a half
width times a state h (-1 discharged to here .. +1 charged to here), which
follows the direction of the charge that flows: dh = gamma |dz| (sign - h).
The cold shifts both by their own curves. It is read where the surface of the
particles is: ahead of z by lag times u3, the C rate of the last quarter of an
hour (the estimator does that).

That state is what the tables were fitted with, on drives that charge between
discharges; it takes a discharge that never turns to a level far below what any
sweep has seen. So there is a second, quick one: a play operator (tie 0), which
stands at the swept branch however many small loops the drive makes, as the
A123 recordings do. Near full, where the two branches part because of kinetics,
it is all there is; below, the estimator learns how far this cell is from one
towards the other. Where tie is 1, the quick one is a state like the other.

An ohmic drop R0 and two RC pairs add to it; what the lead explains (lag_part)
is taken off the slow pair. A model that begins while a current flows takes it
that what it has seen so far flowed before as well: until a state is older than
its pace, it is a plain mean, and the hysteresis leans that way.
Resistances are per C rate (ohm ampere-hours) and follow Arrhenius laws; R0 and
R1 rise towards empty as 1 + a exp(-z / b). The model is linear in its tables,
so the mean over a block of seconds is modelled by the means of the current and
of these states.

Outside the step only: floats. Tables are array('f').
"""

from array import array
from math import exp

NODES = 101  # one per cent of charge each
_T25 = 0.003354  # 1 / K, at 25 degrees
_LAG_S = 1000.0
_FLOWS_C = 0.1  # C rate in the first second that flowed before, too
_STILL_C = 0.003  # C rate below which hysteresis does not move
_BEFORE, _BEFORE_LEFT = 0.3, 0.85  # how far hysteresis then went that way; what stays unknown
_COLD_MIN, _COLD_MAX = -0.5, 1.5  # how far the cold is extrapolated
_QUICK = 30.0  # gamma of the quick state
_SWEPT = 0.25  # half gaps by which a sweep at C/30 still lies below the branch


class CellModel:
    """One kind of cell: tables from a profile, RC and hysteresis state."""

    def __init__(self, profile):
        self.p = profile
        zeros = [0.0] * NODES
        self.mid = array("f", zeros)
        self.half = array("f", zeros)
        self.mid_cold = array("f", zeros)  # what the cold adds to each, V
        self.half_cold = array("f", zeros)
        self._fill()
        # C rate that each RC pair sees (u1, u2), that the particles' surface runs ahead by (u3).
        self.u1 = self.u2 = self.u3 = self.h = self.h_quick = self.age_s = 0.0
        self.unknown = 1.0  # 1: h could be anything; 0: h is known
        self.temp_c = None
        self.heat(25.0)
        self.clear()

    def _fill(self):
        """Resample the profile on whole per cents."""
        p = self.p
        at = cold_at = 0
        cold_z = [0.01 * percent for percent in p.cold[0]]
        cold_dis = [-p.cold[3] * x for x in p.cold[1]]
        cold_chg = [p.cold[3] * x for x in p.cold[2]]
        for q in range(NODES):
            z = q / (NODES - 1)
            x = z / p.soc_unit
            at = _segment(p.soc, at, x)
            low_v = p.volt_unit * _line(p.soc, p.dis, at, x)
            half = 0.5 * (p.volt_unit * _line(p.soc, p.chg, at, x) - low_v)
            half = min(half, p.half_max)
            self.half[q] = half
            self.mid[q] = low_v + 2.0 * p.w_mid * half
            z = min(max(z, cold_z[0]), cold_z[-1])
            cold_at = _segment(cold_z, cold_at, z)
            low_v = _line(cold_z, cold_dis, cold_at, z)
            half = 0.5 * (_line(cold_z, cold_chg, cold_at, z) - low_v)
            self.half_cold[q] = half
            self.mid_cold[q] = low_v + 2.0 * p.w_mid * half
        p.soc = p.dis = p.chg = None  # 3 KB on the board

    def heat(self, temp_c):
        """Set the temperature: resistances, open circuit, width of the hysteresis."""
        if self.temp_c is not None and abs(temp_c - self.temp_c) < 0.2:
            return
        p = self.p
        self.temp_c = temp_c
        x = 1.0 / (temp_c + 273.15) - _T25
        self.r0 = p.r0 * exp(p.e0 * x)
        self.r1 = p.r1 * exp(p.e1 * x)
        self.r2 = p.r2 * (1.0 - p.lag_part) * exp(p.e2 * x)
        self.cold = min(max(exp(p.ec * x) - 1.0, _COLD_MIN), _COLD_MAX)

    def clear(self):
        """Begin a new block of seconds."""
        self.s = 0.0
        self.sum_i = self.sum_u1 = self.sum_u2 = self.sum_u3 = self.sum_v = 0.0
        self.sum_h = self.sum_quick = self.sum_q = 0.0

    def step(self, dt_s, rate_c, true_c, volt_v):
        """Add one second (or so): measured and offset-free C rate, volts."""
        p = self.p
        size = abs(true_c)
        if not self.age_s:
            self.flowed = size >= _FLOWS_C
            if self.flowed and self.unknown == 1.0:
                self.h = _BEFORE * true_c / size
                self.unknown = _BEFORE_LEFT
        self.age_s += dt_s
        least = self.flowed * dt_s / self.age_s
        self.u1 += max(1.0 - exp(-dt_s / p.tau1), least) * (true_c - self.u1)
        self.u2 += max(1.0 - exp(-dt_s / p.tau2), least) * (true_c - self.u2)
        self.u3 += max(1.0 - exp(-dt_s / _LAG_S), least) * (true_c - self.u3)
        if size > _STILL_C:
            sign = true_c / size
            moved = size * dt_s / 3600.0
            k = exp(-p.gamma * moved)
            self.unknown *= k
            self.h += (1.0 - k) * (sign - self.h)
            moved *= _QUICK
            h = (self.h_quick + moved * sign) / (1.0 + moved * p.tie)
            self.h_quick = min(max(h, -1.0), 1.0)
        self.s += dt_s
        self.sum_i += rate_c * dt_s
        self.sum_u1 += self.u1 * dt_s
        self.sum_u2 += self.u2 * dt_s
        self.sum_u3 += self.u3 * dt_s
        self.sum_h += self.h * dt_s
        self.sum_quick += self.h_quick * dt_s
        self.sum_v += volt_v * dt_s
        # As measured, offset and all, but for the charge that is lost.
        self.sum_q += (rate_c - (true_c * p.loss if true_c > 0.0 else 0.0)) * dt_s

    def charged(self):
        """The pack is full: hysteresis is known to be on the charge branch."""
        self.h = self.h_quick = 1.0
        self.unknown = 0.0

    def quick(self, h):
        """What multiplies the half width for the quick state: never below what was swept."""
        m = self.p.m_h
        low = max(-m, min(_SWEPT - 2.0 * self.p.w_mid, 0.0))
        return 0.5 * (m - low) * (h + 1.0) + low

    def open_v(self, q, slow, quick):
        """Open-circuit voltage at node q for m_h h half widths of the slow state, quick(h_quick).

        Up to some nodes beyond the ends the curve goes on as steeply as it ended.
        """
        if q < 0:
            edge = self.open_v(0, slow, quick)
            return edge + q * (self.open_v(1, slow, quick) - edge)
        if q >= NODES:
            edge = self.open_v(NODES - 1, slow, quick)
            return edge + (q - NODES + 1) * (edge - self.open_v(NODES - 2, slow, quick))
        blend = (q - self.p.quick_from) * 0.2
        if blend > 0.0:
            slow += (quick - slow) * (blend if blend < 1.0 else 1.0)
        cold = self.cold
        return (
            self.mid[q] + cold * self.mid_cold[q] + (self.half[q] + cold * self.half_cold[q]) * slow
        )


def _segment(xs, at, x):
    """The segment of the rising table xs that holds x, searched from at."""
    while at < len(xs) - 2 and xs[at + 1] < x:
        at += 1
    return at


def _line(xs, ys, at, x):
    """The table's value at x on segment at."""
    return ys[at] + (x - xs[at]) / (xs[at + 1] - xs[at]) * (ys[at + 1] - ys[at])
