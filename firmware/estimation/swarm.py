"""A swarm of hypotheses about a pack, weighed by what its voltage says.

Theory of operation. Each hypothesis holds a state of charge z, an offset of
the current sensor b (C rate) and a scale k (believed over true capacity, and
the current sensor's gain with it); and what it makes of the voltage: an offset
v of the reading and a part r by which the drop on the resistances exceeds the
model's. Charge moves each by its own arithmetic; voltage teaches v and r and
multiplies its weight by the likelihood of what they leave (sight.py). When few
carry all the weight, the light ones are replaced by copies of the heavy ones,
shaken a little (Liu and West), and some are drawn afresh, so that a swarm that
is wrong finds back. A swarm keeps two explanations apart where a Kalman filter
would settle between them: on the plateau of LiFePO4 that is what decides.

A grid over the same four unknowns would need thousands of nodes. 280
hypotheses in array("f") are 5.6 KB, and single precision on every host.
Every verb works on a range of hypotheses, so that a caller can slice it.
"""

from array import array
from math import exp, sqrt

from firmware.estimation.noise import Noise

_Z_HIGH = 1.01
_Z_LOW = -0.02


class Swarm:
    """size hypotheses; mean and deviation of each unknown after each look."""

    def __init__(self, size, seed=1):
        self.size = size
        self.noise = Noise(seed)
        zeros = [0.0] * size
        self.z = array("f", zeros)
        self.b = array("f", zeros)
        self.k = array("f", zeros)
        self.v = array("f", zeros)
        self.r = array("f", zeros)
        self.w = array("f", zeros)
        self.copies = array("B", bytes(size))
        self.total = 1.0

    def scatter(self, z, tune, full_scale_c):
        """Start over around a state of charge that somebody believes."""
        noise = self.noise
        for i in range(self.size):
            sd = tune.start_wide if noise.uniform() < tune.start_wide_part else tune.start
            at = z + sd * noise.normal()
            if at > 1.0:
                at = 1.0 - abs(noise.normal()) * 0.01
            if at < 0.0:
                at = abs(noise.normal()) * 0.01
            self.z[i] = at
            sd = tune.offset_wide if noise.uniform() < tune.offset_wide_part else tune.offset
            self.b[i] = sd * full_scale_c * noise.normal()
            self.v[i] = self.r[i] = 0.0
            sd = tune.scale_wide if noise.uniform() < tune.scale_wide_part else tune.scale
            self.k[i] = 1.0 + sd * noise.normal()
            self.w[i] = 1.0 / self.size
        self._begin()

    def gather(self, z, b, k, v, r):
        """Start over from stored (mean, deviation) of z, b and k; means of v and r."""
        self._spread(self.z, z)
        self._spread(self.b, b)
        self._spread(self.k, k)
        for i in range(self.size):
            self.z[i] = min(max(self.z[i], 0.0), 1.0)
            self.v[i] = v
            self.r[i] = r
            self.w[i] = 1.0 / self.size
        self._begin()

    def _spread(self, values, about):
        # In pairs, of just this mean and deviation: either would wander from start to start.
        mean, sd = about
        square = 0.0
        for i in range(0, self.size, 2):
            values[i] = self.noise.normal()
            square += values[i] * values[i]
        sd *= (self.size / (2.0 * square)) ** 0.5
        for i in range(0, self.size, 2):
            away = sd * values[i]
            values[i] = mean + away
            values[i + 1] = mean - away

    def _begin(self):
        self.total = 1.0
        self.look(0, self.size, 0.0, 0.0, 0.0, None)
        self.settle()
        self.measure(0, self.size)
        self.settle_rest()

    def look(self, first, last, q, hours, spread, seen):
        """Move hypotheses first..last-1 by charge q (C hours) and weigh them.

        spread: deviation by which charge that was not seen moves z.
        seen: None without a voltage, else a Sight (what each z should show).
        """
        zs = self.z
        bs = self.b
        ks = self.k
        vs = self.v
        rs = self.r
        ws = self.w
        noise = self.noise
        if first == 0:
            # Sums run around a near point: the device has single precision.
            self.z_near = zs[0]
            self.even = 1.0 / self.total  # keeps the weights from fading away
            self.total = self.square = self.sz = self.szz = 0.0
        z_near = self.z_near
        total = self.total
        square = self.square
        sz = self.sz
        szz = self.szz
        even = self.even
        if seen is not None:
            tab = seen.volt
            inv = seen.inverse
            log_s = seen.log_square
            top = len(tab) - 1
            low_slope = (tab[1] - tab[0]) * top
            high_slope = (tab[top] - tab[top - 1]) * top
            volt = seen.volt_v
            bend = seen.bend
            pol = seen.pol_v
            gain_v = seen.gain_v
            gain_r = seen.gain_r
            anchor = seen.anchor
            anchor_z = seen.anchor_z
            anchor_inv = seen.anchor_inverse
        for i in range(first, last):
            z = zs[i] + ks[i] * (q - bs[i] * hours)
            if spread:
                z += spread * noise.normal()
            if z > _Z_HIGH:
                z = _Z_HIGH
            elif z < _Z_LOW:
                z = _Z_LOW
            zs[i] = z
            w = even * ws[i]
            if seen is not None:
                a = z * top
                if a < 0.0:
                    r = tab[0] + z * low_slope
                    n = 0
                elif a >= top:
                    r = tab[top] + (z - 1.0) * high_slope
                    n = top
                else:
                    n = int(a)
                    r = tab[n]
                    r += (a - n) * (tab[n + 1] - r)
                r = volt - r - vs[i] - pol * rs[i]
                x = r * inv[n]
                x /= 1.0 + r * x * bend
                loss = r * x + log_s[n]
                vs[i] += gain_v * x
                rs[i] += gain_r * x
                if anchor and (z - anchor_z) * anchor > 0.0:
                    r = (z - anchor_z) * anchor_inv
                    r *= r
                    loss += seen.anchor_weight * r / (1.0 + 0.02 * r)
                w *= exp(-0.5 * loss)
            ws[i] = w
            total += w
            square += w * w
            z -= z_near
            w *= z
            sz += w
            szz += w * z
        self.total = total
        self.square = square
        self.sz = sz
        self.szz = szz

    def settle(self):
        """After a look at all: mean and deviation of z."""
        x = self.sz / self.total
        self.z_mean = self.z_near + x
        self.z_sd = sqrt(max(self.szz / self.total - x * x, 0.0))

    def measure(self, first, last):
        """Add hypotheses first..last-1 to the sums of b, k, v and r."""
        if first == 0:
            self.sb = self.sk = self.sv = self.sr = 0.0
            self.sbb = self.skk = 0.0
        sb, sk, sv, sr = self.sb, self.sk, self.sv, self.sr
        sbb, skk = self.sbb, self.skk
        for i in range(first, last):
            w = self.w[i]
            x = self.b[i]
            y = w * x
            sb += y
            sbb += y * x
            x = self.k[i] - 1.0
            y = w * x
            sk += y
            skk += y * x
            sv += w * self.v[i]
            sr += w * self.r[i]
        self.sb, self.sk, self.sv, self.sr = sb, sk, sv, sr
        self.sbb, self.skk = sbb, skk

    def settle_rest(self):
        """After measuring all: means of b, k, v and r, deviations of b and k."""
        total = self.total
        self.b_mean = x = self.sb / total
        self.b_sd = sqrt(max(self.sbb / total - x * x, 0.0))
        x = self.sk / total
        self.k_mean = 1.0 + x
        self.k_sd = sqrt(max(self.skk / total - x * x, 0.0))
        self.v_mean = self.sv / total
        self.r_mean = self.sr / total

    def lean(self, scale):
        """Something else says what the scale is: take half of it."""
        away = 0.5 * (scale - self.k_mean)
        for i in range(self.size):
            self.k[i] += away
        self.k_mean += away

    def is_thin(self):
        """True once fewer than half of the hypotheses carry the weight."""
        return self.square * self.size > 2.0 * self.total * self.total

    def count(self, first, last):
        """Systematic resampling: how many copies hypotheses first..last-1 get."""
        if first == 0:
            self.step = self.total / self.size
            self.next = self.noise.uniform() * self.step
            self.summed = 0.0
            self.source = 0
        summed = self.summed
        at = self.next
        for i in range(first, last):
            summed += self.w[i]
            n = 0
            while at < summed and n < 255:
                n += 1
                at += self.step
            self.copies[i] = n
        self.summed = summed
        self.next = at

    def copy(self, first, last, shake):
        """Overwrite the hypotheses among first..last-1 that got no copy."""
        copies = self.copies
        noise = self.noise
        keep = sqrt(1.0 - shake * shake)
        even = 1.0 / self.size
        source = self.source
        for i in range(first, last):
            self.w[i] = even
            if copies[i]:
                continue
            while source < self.size and copies[source] < 2:
                source += 1
            if source == self.size:
                continue
            copies[source] -= 1
            z = self.z[source] + shake * self.z_sd * noise.normal()
            self.z[i] = z if z < _Z_HIGH else _Z_HIGH
            x = self.b_mean
            self.b[i] = x + keep * (self.b[source] - x) + shake * self.b_sd * noise.normal()
            x = self.k_mean
            self.k[i] = x + keep * (self.k[source] - x) + shake * self.k_sd * noise.normal()
            self.v[i] = self.v[source]
            self.r[i] = self.r[source]
        self.source = source

    def freshen(self, tune, full_scale_c):
        """Replace a few hypotheses by new ones that carry less weight.

        One half doubts the scale, the other everything else; both lean back
        to a sensor and a belief without error.
        """
        noise = self.noise
        light = tune.fresh_weight / self.size
        lean = tune.fresh_lean
        self.total = 1.0
        for n in range(int(tune.fresh * self.size)):
            i = int(noise.uniform() * self.size)
            self.w[i] = light
            if n & 1:
                self.z[i] = self.z_mean + 1.5 * self.z_sd * noise.normal()
                self.k[i] = 1.0 + (self.k_mean - 1.0) * lean + tune.fresh_scale * noise.normal()
                continue
            z = self.z_mean + tune.fresh_soc * noise.normal()
            self.z[i] = min(max(z, 0.0), 1.0)
            self.b[i] = self.b_mean * lean + tune.fresh_offset * full_scale_c * noise.normal()
            self.v[i] = self.v_mean + tune.volt * noise.normal()
            self.r[i] = self.r_mean
