"""A bank of Kalman filters: several explanations of what a pack shows, weighed.

Theory of operation. Unknown are the state of charge z, the offset b of the current
sensor (C rate), a scale k (believed over true capacity, the sensor's gain with it),
the offset v of the voltage reading, a part r by which the drop on the resistances
exceeds the model's, and the haste c of the hysteresis (estimator.py). Charge moves z by
k (q - b t). One filter carries the six and what ties them, so a charge from one anchor
to the next teaches b and k by itself.

Voltage is not straight in z: on the plateau of LiFePO4 two states of charge look alike
for hours. So there are many filters, each for a stretch of SOC that is straight enough,
weighed by how well it foretold what was seen. One that grew wide is cut in two, one that
stands upon another is joined with it. They come in groups, one for each belief about the
sensor and the capacity: right, or far off. The last group are strays, kept far around the
rest, so that a bank that is wrong finds back.

A filter is a record of 28 numbers in single precision, the same on every host: weight,
z b k v r c, and the upper half of their covariance, row by row.
"""

from array import array
from math import exp, log, sqrt
from struct import pack_into, unpack_from

Z_HIGH, Z_LOW = 1.01, -0.02
_GROUPS, _PER, _STRAYS = 4, 9, 4
SIZE = _GROUPS * _PER + _STRAYS
TIDYINGS = _GROUPS + 1
_N = 28
_RECORD = "28f"
_BYTES = 4 * _N
_UNKNOWNS = 6
_ZZ, _BB, _KK, _VV, _RR, _CC = 7, 13, 18, 22, 25, 27
_NODE = 1.7320508  # where Gauss and Hermite look, in deviations
_HALF = 0.8  # where the halves of a cut filter stand, in deviations
_CLOSE = 0.5  # squared distance at which two filters may be joined
CUT = 0.012  # of SOC: a wider filter is cut
_SPARE = 0.001  # part of its group's weight that is not worth a filter
GROUP_LEAST = 0.00025  # weight that every group keeps
STRAYS_LEAST = 0.002  # weight below which the strays are recalled
_STRAYS_WEIGHT, _STRAYS_SOC = 0.01, 0.13  # and how far around the mean they start
LEAN = 0.7  # part of what the others know of b and k that they take over
_LEAST_ZZ = 1e-6
_ANCHOR_SQUARE, _ANCHOR_BEND = 2.5e-5, 0.02
HASTE = 0.5  # at first
_HASTE_DOUBT, _HASTE_FADES = 0.12, 0.01  # its squared deviation; how soon that grows back


class Bank:
    """SIZE filters; z_mean, z_sd and so on for b, k and v, r_mean and c_mean, after each look."""

    def __init__(self, tune, full_scale_c):
        """full_scale_c: full scale of the current sensor over the capacity."""
        self.tune = tune
        self.full_scale_c = full_scale_c
        self.x = array("f", [0.0] * (_N * SIZE))

    def scatter(self, z):
        """Start over around a state of charge that somebody believes."""
        tune = self.tune
        for n in range(_GROUPS):
            weight = tune.offset_wide_part if n & 1 else 1.0 - tune.offset_wide_part
            weight *= tune.scale_wide_part if n & 2 else 1.0 - tune.scale_wide_part
            b = (tune.offset_wide if n & 1 else tune.offset) * self.full_scale_c
            k = tune.scale_wide if n & 2 else tune.scale
            rest = ((0.0, b), (1.0, k), (0.0, tune.volt), 0.0, HASTE)
            part = tune.start_wide_part
            self._spread(n * _PER, 1, weight * (1.0 - part), z, tune.start, rest)
            self._spread(n * _PER + 1, _PER - 1, weight * part, z, tune.start_wide, rest)
        self._begin(z, 0.0, 1.0, 0.0, 0.0, HASTE)

    def gather(self, z, b, k, v, r, c):
        """Start over from stored (mean, deviation) of z, b, k and v; means of r and c."""
        for n in range(_GROUPS):
            self._spread(n * _PER, _PER, 1.0, z[0], z[1], (b, k, v, r, c))
        self._begin(z[0], b[0], k[0], v[0], r, c)

    def renew_haste(self):
        """The haste becomes another thing's: at its first value, less known than it was."""
        for o in range(0, _N * SIZE, _N):
            self.x[o + _UNKNOWNS] = HASTE
            self.x[o + _CC] += _HASTE_DOUBT
        self.c_mean = HASTE

    def _begin(self, z, b, k, v, r, c):
        self.z_mean, self.b_mean, self.k_mean = z, b, k
        self.v_mean, self.r_mean, self.c_mean = v, r, c
        self.total = 1.0
        self._recall()
        for _ in self.look(0.0, 0.0, 0.0, 0.0, None):
            pass

    def _spread(self, first, count, weight, z, z_sd, rest):
        """Set filters first..first+count-1: together about a normal distribution of z."""
        (b, b_sd), (k, k_sd), (v, v_sd), r, c = rest
        away = 4.8 / count  # deviations apart: so many filters are as wide as one of z_sd
        for n in range(count):
            at = (n - 0.5 * (count - 1)) * away
            x = [0.0] * _N
            x[0] = weight * exp(-0.5 * at * at) * away * 0.4
            x[1:7] = min(max(z + z_sd * at, 0.0), 1.0), b, k, v, r, c
            sd = z_sd if count == 1 else z_sd * away * 0.6
            x[_ZZ], x[_BB], x[_KK], x[_VV] = sd * sd, b_sd * b_sd, k_sd * k_sd, v_sd * v_sd
            x[_RR] = self.tune.ohm**2
            x[_CC] = _HASTE_DOUBT
            pack_into(_RECORD, self.x, (first + n) * _BYTES, *x)

    def look(self, q, hours, spread, moved, seen):
        """Move all filters by charge q (C hours) and weigh them; yields between slices.

        spread: deviation by which charge that was not seen moves z; moved: C hours.
        seen: None without a voltage, else a Sight (what each z should show). Means and
        deviations are those of before until it has ended.
        """
        tune = self.tune
        wander = min(moved / tune.fades, 0.5)
        vv_far = tune.volt**2
        rr_far = (seen.ohm if seen else tune.ohm) ** 2
        bb_more = tune.offset_drift**2 * hours
        kk_more = tune.scale_drift**2 * moved
        zz_more = spread * spread + tune.count_noise**2 * moved
        # Sums run around a near point: the device has single precision.
        z_near = self.z_mean
        c_near = self.c_mean  # what seen was made with
        even = 1.0 / self.total
        total = sz = szz = sb = sbb = sk = skk = sv = svv = sr = sc = 0.0
        for i in range(SIZE):
            # fmt: off
            (
                w, z, b, k, v, r, c, zz, zb, zk, zv, zr, zc, bb, bk, bv, br, bc,
                kk, kv, kr, kc, vv, vr, vc, rr, rc, cc,
            ) = unpack_from(_RECORD, self.x, i * _BYTES)
            # fmt: on
            # Charge moves z, and ties it to what is not known of the charge.
            a = -k * hours
            g = q - b * hours
            z += k * g
            zz += a * zb + g * zk
            zb += a * bb + g * bk
            zk += a * bk + g * kk
            zv += a * bv + g * kv
            zr += a * br + g * kr
            zc += a * bc + g * kc
            zz += a * zb + g * zk + zz_more
            bb += bb_more
            kk += kk_more
            # Doubt grows back and is never taken away: that would break what ties the unknowns.
            if vv < vv_far:
                vv += wander * (vv_far - vv)
            if rr < rr_far:
                rr += wander * (rr_far - rr)
            if cc < _HASTE_DOUBT:
                cc += _HASTE_FADES * wander * (_HASTE_DOUBT - cc)
            is_anchor = False
            loss = 0.0
            while seen is not None:
                if is_anchor:
                    s, one, pol, wide, bow, bend = 1.0, 0.0, 0.0, 0.0, 0.0, _ANCHOR_BEND
                    square, weight = _ANCHOR_SQUARE, seen.anchor_weight
                    y = (seen.least if z < seen.least else seen.most) - z
                else:
                    reach = _NODE * sqrt(zz if zz > _LEAST_ZZ else _LEAST_ZZ)
                    here, square, wide = seen.at(z)
                    up, _, _ = seen.at(z + reach)
                    down, _, _ = seen.at(z - reach)
                    s = (up - down) / (2.0 * reach)
                    bow = up + down - 2.0 * here
                    one, pol, weight, bend = 1.0, seen.pol_v, seen.weight, seen.bend
                    y = seen.volt_v - here - bow / 6.0 - v - pol * r - wide * (c - c_near)
                # How each unknown goes with what is seen, and what that teaches of all.
                hz = s * zz + one * zv + pol * zr + wide * zc
                hb = s * zb + one * bv + pol * br + wide * bc
                hk = s * zk + one * kv + pol * kr + wide * kc
                hv = s * zv + one * vv + pol * vr + wide * vc
                hr = s * zr + one * vr + pol * rr + wide * rc
                hc = s * zc + one * vc + pol * rc + wide * cc
                sure = s * hz + one * hv + pol * hr + wide * hc + bow * bow / 18.0
                sure = sure * weight / square if sure > 0.0 else 0.0
                inverse = weight / (square * (1.0 + sure))
                x = y * y * inverse
                calm = 1.0 / (1.0 + x * bend)
                loss += x * calm + one * weight * log(square) + log(1.0 + sure)
                inverse *= calm
                y *= inverse
                z += hz * y
                b += hb * y
                k += hk * y
                v += hv * y
                r += hr * y
                c += hc * y
                x = hz * inverse
                zz -= x * hz
                zb -= x * hb
                zk -= x * hk
                zv -= x * hv
                zr -= x * hr
                zc -= x * hc
                x = hb * inverse
                bb -= x * hb
                bk -= x * hk
                bv -= x * hv
                br -= x * hr
                bc -= x * hc
                x = hk * inverse
                kk -= x * hk
                kv -= x * hv
                kr -= x * hr
                kc -= x * hc
                x = hv * inverse
                vv -= x * hv
                vr -= x * hr
                vc -= x * hc
                x = hr * inverse
                rr -= x * hr
                rc -= x * hc
                cc -= hc * inverse * hc
                if is_anchor or seen.least <= z <= seen.most:
                    break
                is_anchor = True
            w *= even * exp(-0.5 * loss)
            z = Z_HIGH if z > Z_HIGH else Z_LOW if z < Z_LOW else z
            if zz < _LEAST_ZZ:
                zz = _LEAST_ZZ
            # fmt: off
            pack_into(
                _RECORD, self.x, i * _BYTES,
                w, z, b, k, v, r, c, zz, zb, zk, zv, zr, zc, bb, bk, bv, br, bc,
                kk, kv, kr, kc, vv, vr, vc, rr, rc, cc,
            )
            # fmt: on
            total += w
            z -= z_near
            sz += w * z
            szz += w * (z * z + zz)
            sb += w * b
            sbb += w * (b * b + bb)
            k -= 1.0
            sk += w * k
            skk += w * (k * k + kk)
            sv += w * v
            svv += w * (v * v + vv)
            sr += w * r
            sc += w * c
            yield
        # The weights add up to one at the next look.
        self.total = total
        z = sz / total
        self.z_mean = z_near + z
        self.z_sd = sqrt(max(szz / total - z * z, 0.0))
        self.b_mean = b = sb / total
        self.b_sd = sqrt(max(sbb / total - b * b, 0.0))
        k = sk / total
        self.k_mean = 1.0 + k
        self.k_sd = sqrt(max(skk / total - k * k, 0.0))
        self.v_mean = v = sv / total
        self.v_sd = sqrt(max(svv / total - v * v, 0.0))
        self.r_mean = sr / total
        self.c_mean = sc / total

    def tidy(self, group):
        """Keep a group fit: join what stands together, cut what is wide, recall strays.

        Yields between slices.
        """
        x = self.x
        if group == _GROUPS:
            least = STRAYS_LEAST * self.total
            if sum([x[o] for o in range(_N * _GROUPS * _PER, _N * SIZE, _N)]) < least:
                self._recall()
            return
        filters = range(_N * group * _PER, _N * (group + 1) * _PER, _N)
        total = sum([x[o] for o in filters]) + 1e-30
        more = max(GROUP_LEAST * self.total / total, 1.0)
        total *= more
        low = wide = filters[0]
        for o in filters:
            x[o] *= more
            if x[o] < x[low]:
                low = o
            if x[o] * x[o + _ZZ] > x[wide] * x[wide + _ZZ]:
                wide = o
        if x[wide + _ZZ] <= CUT**2:
            return
        if x[low] <= _SPARE * total:
            self._cut(wide, low)
            return
        # Make room for a cut, at the next look: join the closest.
        least = _CLOSE
        for o in filters:
            z = x[o + 1]
            zz = x[o + _ZZ]
            for u in range(o + _N, filters[-1] + 1, _N):
                away = z - x[u + 1]
                away *= away / (zz + x[u + _ZZ])
                if away < least:
                    least = away
                    into = o
                    other = u
            yield
        if least < _CLOSE:
            self._join(into, other)
            x[other] = 0.0

    def _join(self, o, u):
        """The record at o takes over the one at u; together they are what they were."""
        x = self.x
        total = x[o] + x[u]
        part = x[u] / total
        away = [x[u + n] - x[o + n] for n in range(_UNKNOWNS + 1)]
        for n in range(1, _N):
            x[o + n] += part * (x[u + n] - x[o + n])
        self._add(o, away, part * (1.0 - part))
        x[o] = total

    def _cut(self, o, u):
        """The record at o becomes two, o and u, one on either side along z."""
        x = self.x
        scale = _HALF / sqrt(x[o + _ZZ])
        away = [scale * x[o + _UNKNOWNS + n] for n in range(_UNKNOWNS + 1)]
        self._add(o, away, -1.0)
        x[o] *= 0.5
        for n in range(_N):
            x[u + n] = x[o + n]
        for n in range(1, _UNKNOWNS + 1):
            x[o + n] -= away[n]
            x[u + n] += away[n]

    def _add(self, o, away, scale):
        """Add the product of away[1:] with itself to the covariance at o."""
        o += _ZZ
        for s in range(1, _UNKNOWNS + 1):
            for t in range(s, _UNKNOWNS + 1):
                self.x[o] += scale * away[s] * away[t]
                o += 1

    def _recall(self):
        """Start the strays over, around the mean."""
        tune = self.tune
        rest = (
            (LEAN * self.b_mean, tune.offset_wide * self.full_scale_c),
            (1.0 + LEAN * (self.k_mean - 1.0), tune.scale_wide),
            (self.v_mean, tune.volt),
            self.r_mean,
            self.c_mean,
        )
        weight = _STRAYS_WEIGHT * self.total
        self._spread(_GROUPS * _PER, _STRAYS, weight, self.z_mean, _STRAYS_SOC, rest)
