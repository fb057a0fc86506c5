"""State of charge from charge and voltage, in slices that delay no step.

Theory of operation. Once a second step() feeds the cell model; every block of
seconds work() carries the bank through one look, a bounded slice per call:

    what each per cent should show -> each filter of the bank -> tidy the bank

While a look is under way the next block is already being collected, so
nothing is lost. Between looks the estimate follows the counted charge.

How much a look may tell: residuals of a cell model stay the same for hours,
so ten thousand of them are not ten thousand witnesses. A look weighs by the
charge that moved and, far less, by the time that passed. A fresh bank listens
little for its first ten minutes, when nobody knows what flowed before, then
looks harder for a quarter of an hour if the current is known. The spread that
is granted to the voltage grows with the slope of the open-circuit curve (its
shape is known to a per cent of charge or so), with the polarisation and with
hysteresis that is not known.

Nor is how hysteresis follows the charge: a discharge that never turns, and
other makers' cells, go other ways than one state does. The haste says how far
this cell is from the slow state (0) towards the quick one (1), the bank learns
it, and what is left of the distance between the two is doubt. At a first power-up
nobody knows where the hysteresis begins, which on a plateau is ten per cent of
charge; until half of that is forgotten the haste lies between little (0) and much
(1) of what it may be, then the state takes over what was learned. That is for
LiFePO4, whose other state is no state.
"""

from array import array
from math import exp, sqrt

from firmware.estimation.anchors import Anchors
from firmware.estimation.bank import HASTE, TIDYINGS, Bank
from firmware.estimation.cell import NODES, CellModel
from firmware.estimation.shape import Shape
from firmware.estimation.sight import Sight

BLOCK_S = 10.0
_TABLE_SLICE = 3  # of its nodes: about 200 000 instructions, 4 ms on the board
_SETTLE_S = 600.0  # polarisation from before the start fades
_SETTLING = 0.2  # part of its weight that a look has until then
_FRESH_S = 1500.0  # a look weighs more from then to here
_WEIGHT_MAX = 0.3
_BEND = 30.0  # squared residual at which a witness is half believed
_STRETCHES = 25  # of the curve, and full
_HASTE_LEFT = 0.03  # squared deviation of one cell's, which no single figure tells
_KNOWN = 0.5  # of hysteresis, unknown: from more the haste stands for where it began
_BEGUN, _LEFT = 0.8, 0.6  # how far off that may be; part of the unknown that the haste leaves
_FAST = 0.7  # of the doubt of the polarisation is that of the fast pair
_OHM_COLD = 3.0  # by how much more the drop is unknown at 0 than at 25 degrees
_AGAIN, _FORGETS = 8.0, 200.0  # weight heard of one: of the next half is new; and is forgotten


class Estimator:
    """soc (0..1), its deviation, current and voltage offset, capacity scale."""

    def __init__(self, profile, full_scale_c):
        """full_scale_c: full scale of the current sensor over the capacity."""
        self.cell = CellModel(profile)
        self.tune = profile.tune
        self.bank = Bank(self.tune, full_scale_c)
        self.sight = Sight(self.cell.half, profile.quick_from)
        self.anchors = Anchors(self.cell, self.sight)
        self.learned = Shape(self.tune.curve)
        self.looking = None  # the look under way
        self._begun = True  # the haste is one; before, it stands for where hysteresis began
        self.seen_s = 0.0

    def start(self, soc):
        """First power-up: soc is somebody's belief, maybe 20 % wrong."""
        self.bank.scatter(soc)
        self._restart()

    def resume(self, z, b, k, v, r=0.0, c=HASTE):
        """Go on from stored (mean, deviation) of z, b, k and v; means of r and c."""
        self.bank.gather(z, b, k, v, r, c)
        self._restart()

    def _restart(self):
        self.looking = None
        self.told = array("f", [0.0] * (2 * _STRETCHES + 2))  # weight heard, down and up
        self.seen_s = self._lost_s = self._blind_c = 0.0
        self.cell.clear()
        self._publish()

    @property
    def soc(self):
        """The estimate now, 0..1: the last look and what was counted since."""
        bank = self.bank
        cell = self.cell
        q = self._flight_q + cell.sum_q - bank.b_mean * (self._flight_s + cell.s)
        return min(max(self._z_base + bank.k_mean * q / 3600.0, 0.0), 1.0)

    def step(self, dt_s, rate_c, volt_v, temp_c, blind_c=0.0):
        """Add one second: mean C rate, mean cell voltage (None: not known).

        blind_c: C rate that may flow unseen, while the current sensor is dead.
        """
        cell = self.cell
        if temp_c is not None:
            cell.heat(temp_c)
        if volt_v is None:
            self._lost_s += dt_s
            volt_v = 0.0
        self._blind_c = max(self._blind_c, blind_c)
        cell.step(dt_s, rate_c, rate_c - self.bank.b_mean, volt_v)

    def work(self):
        """One bounded slice of the look that is due; False when none is."""
        if not self.looking:
            if self.cell.s < BLOCK_S:
                return False
            self.looking = self._look()
        for _ in self.looking:
            return True
        self.looking = None
        return True

    def _look(self):
        """The look that is due; yields between its slices."""
        self._open()
        yield
        seen = self._seen
        if seen:
            for first in range(0, NODES, _TABLE_SLICE):
                self._table(first, min(first + _TABLE_SLICE, NODES))
                yield
        bank = self.bank
        for _ in bank.look(self._q, self._hours, self._spread, self._moved, seen):
            yield
        self._publish()
        if seen:
            self._learn()
        for group in range(TIDYINGS):
            yield
            for _ in bank.tidy(group):
                yield

    def _publish(self):
        """Base the running estimate on the means of the bank."""
        self._z_base = min(max(self.bank.z_mean, 0.0), 1.0)
        self._flight_q = self._flight_s = 0.0

    def _open(self):
        """Close the block of seconds and prepare to look at it."""
        cell = self.cell
        s = cell.s
        self._q = cell.sum_q / 3600.0
        self._hours = s / 3600.0
        self._flight_q = cell.sum_q
        self._flight_s = s
        self._rate = cell.sum_i / s - self.bank.b_mean
        self._moved = abs(cell.sum_u2) / 3600.0
        # A current that nobody sees wanders: its charge grows as a root.
        self._spread = self._blind_c * sqrt(self._hours)
        self._seen = None
        if self._lost_s == 0.0:
            self._seen = self.sight
            self._branches(s)
            self._ahead = cell.p.lag * cell.sum_u3 / s * (NODES - 1)
            self._aim(cell.sum_i / s, cell.sum_u1 / s, cell.sum_u2 / s, cell.sum_v / s)
        else:
            self.anchors.lose()
        self._lost_s = self._blind_c = 0.0
        cell.clear()

    def _branches(self, s):
        """What multiplies the half width, as the mean over s seconds, and how haste moves it."""
        cell = self.cell
        p = cell.p
        sight = self.sight
        haste = self.bank.c_mean
        wide = _BEGUN * cell.unknown
        if cell.unknown >= _KNOWN and not p.tie:
            self._begun = False
            # Near full as everywhere: no haste tells the one state from the other.
            sight.apart = 2.0 * p.m_h * wide
            self._slow = self._quick = p.m_h * (cell.h - wide) + haste * sight.apart
            sight.quick_from = NODES
            return
        if not self._begun:
            self._begun = True
            h = cell.h + wide * (2.0 * haste - 1.0)
            cell.h = min(max(h, -1.0), 1.0)
            cell.sum_h = s * cell.h
            cell.unknown *= _LEFT
            self.bank.renew_haste()
            haste = HASTE
        slow = p.m_h * cell.sum_h / s
        self._quick = cell.quick(cell.sum_quick / s)
        sight.apart = self._quick - slow
        self._slow = slow + haste * sight.apart
        sight.quick_from = p.quick_from

    def _aim(self, i, u1, u2, volt_v):
        """Everything about the look that is the same for all nodes."""
        cell = self.cell
        tune = self.tune
        sight = self.sight
        p = cell.p
        self._pol_0 = pol_0 = i * cell.r0
        self._pol_1 = pol_1 = u1 * cell.r1
        self._pol_2 = pol_2 = u2 * cell.r2
        cold = max(25.0 - cell.temp_c, 0.0) / 25.0
        sight.ohm = tune.ohm * (1.0 + _OHM_COLD * cold * cold)
        doubt = tune.doubt * (1.0 + cold)
        # R0, and R1 with it, are the bank's unknown; what is left of them is less.
        self._doubt_1 = (doubt * (_FAST * abs(pol_1) + abs(pol_2))) ** 2
        self._unseen = (self._blind_c * (cell.r0 + cell.r1 + cell.r2)) ** 2
        self._doubt_h = (
            (0.6 * self._begun * cell.unknown * p.m_h) ** 2
            + tune.doubt_half**2
            + _HASTE_LEFT * sight.apart**2
        )
        sight.volt_v = volt_v
        s = self._hours * 3600.0
        self.seen_s += s
        weight = self._moved / tune.moved + s / tune.passed_s
        if self.seen_s < _SETTLE_S:
            weight *= _SETTLING
        elif self.seen_s < _FRESH_S and not self._blind_c:
            weight += s / tune.fresh_s
        sight.weight = weight = self._new(min(weight, _WEIGHT_MAX))
        sight.bend = 1.0 / (_BEND * weight)
        low = exp(-self._z_base / p.b)
        sight.pol_v = pol_0 * (1.0 + p.a0 * low) + pol_1 * (1.0 + p.a1 * low) + pol_2
        self.anchors.look(s, self._rate, volt_v, self._blind_c, self._slow, self._quick)

    def _new(self, weight):
        """How much of a look's weight is new: a stretch of the curve that was seen before,
        with the current in this direction, is off by the same again."""
        n = int(min(max(self._z_base, 0.0), 1.0) * _STRETCHES)
        if self._rate > 0.0:
            n += _STRETCHES + 1
        told = self.told[n]
        again = told / _AGAIN
        new = weight / (1.0 + again * again)
        self.told[n] += new - told * weight / _FORGETS
        return new

    def _learn(self):
        """Teach the curve and the haste what this look showed at the estimate."""
        bank = self.bank
        sight = self.sight
        z = self._z_base
        top = NODES - 1
        n = min(int(z * top), top - 1)
        step = sight.volt[n + 1] - sight.volt[n]
        residual = (
            sight.volt_v
            - sight.volt[n]
            - (z * top - n) * step
            - bank.v_mean
            - bank.r_mean * sight.pol_v
        )
        own = self.learned.mean_square()
        blur = step * top * bank.z_sd
        square = max(sight.square[n] - own, 1e-6) + blur * blur + bank.v_sd * bank.v_sd
        self.learned.learn(z, residual, square, sight.weight * self.tune.teach)

    def _table(self, first, last):
        """Fill nodes first..last-1 of the sight."""
        cell = self.cell
        p = cell.p
        tune = self.tune
        sight = self.sight
        half = cell.half
        pol_0, pol_1, pol_2 = self._pol_0, self._pol_1, self._pol_2
        doubt_1, doubt_h = self._doubt_1, self._doubt_h
        learned = self.learned.volt
        noise = tune.noise**2 + self.learned.mean_square() + self._unseen
        slow = self._slow
        quick = self._quick
        ahead = self._ahead  # the surface of the particles shows its own open circuit
        n = int(ahead + 100.0) - 100
        ahead -= n
        node = cell.open_v(first + n, slow, quick)
        left = cell.open_v(first - 1 + n, slow, quick)
        left += ahead * (node - left)
        right = cell.open_v(first + 1 + n, slow, quick)
        here = node + ahead * (right - node)
        n += 2
        top = NODES - 1
        low = exp(-first / top / p.b)
        lower = exp(-1.0 / top / p.b)
        # By how much SOC the curve may be off: everywhere, near empty and near full.
        doubt = 0.5 * tune.shape * top
        doubt_low = 0.5 * tune.shape_low * top * exp(first / -15.0)
        doubt_high = 0.5 * tune.shape_high * top * exp((first - top) * 0.1)
        for q in range(first, last):
            f0 = 1.0 + p.a0 * low
            f1 = 1.0 + p.a1 * low
            node = right
            right = cell.open_v(q + n, slow, quick)
            there = node + ahead * (right - node)
            a = q * 0.25
            bin = int(a)
            a -= bin
            sight.volt[q] = (
                here
                + pol_0 * f0
                + pol_1 * f1
                + pol_2
                + learned[bin]
                + a * (learned[bin + 1] - learned[bin])
            )
            slope = (there - left) * (doubt + doubt_low + doubt_high)
            left = here
            here = there
            width = half[q]
            sight.square[q] = noise + slope * slope + doubt_1 * f1 * f1 + doubt_h * width * width
            low *= lower
            doubt_low *= 0.935507  # exp(-1 / 15)
            doubt_high *= 1.105171  # exp(0.1)
