"""Finds by how much charge each cell runs ahead of the others, from the shape of one pass.

Theory of operation
-------------------
Cells in series see one current. While the pack charges (or discharges) in one direction,
each draws the same curve of voltage over its own charge, only shifted: by the charge it
lacks against the others, and by a little less or more as its capacity differs; lifted by
its sensor's offset; and leaning on the current by its resistance. Where the curve is flat
nothing can be told, where it bends or rises the shift can. No table of a cell type is
needed: the curve is drawn by the cells themselves.

A pass is kept as bins of `BIN_PM` per mille of the capacity in each cell's own charge (the
pack's and the balancer's). Alternately the curve is drawn from all cells (`splat`, `draw`), and
each cell is moved to where it fits the curve best (`fit`, `weigh`, `move`: four parameters by
weighted least squares with what is known from earlier passes as the prior). Bins that only
one cell has seen tell nothing about it, so its own share of the curve is left out. What a
cell still differs by at the end is measured: where it is more than usual (`worse`), it is not
of that curve or stands elsewhere on it, and both the pass and what was known say less of it.

Parameters per cell: [0] missing charge in bins, [1] capacity deviation in per cent,
[2] sensor offset in mV, [3] resistance deviation in 0.1 of the usual one per 10 mV drop.
Runs outside the step, in pieces; floats, state in array('f').
"""

from array import array
from math import exp

BINS = 240
BIN_PM = 5
_PAD = 48
MISSING_MAX_BINS = 40.0
_NODES = BINS + 2 * _PAD
_P = 4
_CHUNK = 2  # bins of a piece: 257 000 instructions, about 5 ms on the board
_PIECE = _NODES // 12  # nodes of one, without a remainder
_STEP_MAX_BINS = 1.0  # of a cell in one round: with longer ones the rounds circle
DROP_MV = 2
# mV per bin, squared: a slope below the root is that of the 1 mV steps, and would lead astray
_SLOPE_SQUARE = 0.1225
# What a bin may be off: in mV per mV of drop that is not the usual, in bins of place; and
# more of both until hysteresis has turned: mV per mV of its doubt, bins, in `turn_bins`
_BEND, _PLACE = 0.1, 0.3
_LATE, _LATE_PLACE, _LATE_TURNS = 0.4, 0.7, 1.7
_EXP_MAX = 8.0
_STRAY = 0.25  # of a bin's squared misfit is added to its variance: one far out says little
_MISFIT = 0.05  # of the variance allowed for is what a usual pass leaves
_TOLD = 0.15  # three times as much, told beforehand


class Aligner:
    """Fits what each cell misses to be full from the curve that all cells draw together."""

    def __init__(self, cells):
        self.cells = cells
        # 0.1 mV without the drop expected over the usual resistance, 0 = not seen; and that
        # drop, which a cell's own deviation scales, in steps of DROP_MV
        self.volt = array("H", bytes(2 * BINS * cells))
        self.drop = array("b", bytes(BINS * cells))
        self.seen = array("h", bytes(2 * cells))  # bins closed in this pass
        four, sixteen = bytes(4 * _P * cells), bytes(4 * _P * _P * cells)
        self.theta = array("f", four)
        self.mean = array("f", four)  # prior: what earlier passes said
        self.info = array("f", sixteen)  # prior: its information matrix
        self.cover = array("f", sixteen)  # information after this pass
        self.worse = array("f", bytes(4 * cells))  # variance over what is usual
        nodes = bytes(4 * _NODES)
        self.sum, self.weight = array("f", nodes), array("f", nodes)
        self.rise = array("f", nodes)
        self.normal = array("f", bytes(4 * 20))
        self.noise_mv = 1.2
        self.least = (0.0,) * _P  # information of what holds for any cell
        self.direction, self.depth_bins = 1, 100.0
        self.drop_mean = 0.0
        self.turn_mv, self.turn_bins = 0.0, 1.0
        self.turn_prior_mv = self.turn_doubt_mv = 1.0
        self.solution, self.moved = None, 0.0

    def begin(self, direction, depth_bins):
        """Start a pass towards full (+1) or empty (-1) from `depth_bins` below full."""
        for i in range(len(self.volt)):
            self.volt[i] = 0
        for i in range(self.cells):
            self.seen[i], self.worse[i] = 0, 1.0
        self.direction, self.depth_bins = direction, depth_bins

    def keep(self, cell, k, rest_mv, drop_mv):
        """Bin `k` of a cell: its mean voltage without the drop, and the drop, mV.

        A voltage that no cell has, 0 among them, is not believed.
        """
        self.volt[cell * BINS + k] = int(rest_mv * 10 + 0.5) if 0 < rest_mv < 6553 else 0
        self.drop[cell * BINS + k] = int(max(-127.0, min(127.0, drop_mv / DROP_MV)))

    def place(self, cell, k):
        """Position of bin `k` of a cell on the common curve, in nodes."""
        d, t = self.direction, cell * _P
        depth = self.depth_bins - d * k
        return k + 0.5 + _PAD + d * (self.theta[t + 1] * depth * 0.01 - self.theta[t])

    def splat(self, cell, k0, k1):
        """Add bins k0 to k1 of a cell to the common curve, where its parameters place them."""
        base, t = cell * BINS, cell * _P
        volt, drops, rise = self.volt, self.drop, self.rise
        total, weight = self.sum, self.weight
        off, lean = self.theta[t + 2], self.theta[t + 3] * 0.1 * DROP_MV
        turn, fade = self._turned(k0)
        p, pace = self.place(cell, k0), self._pace(cell)
        for k in range(base + k0, base + k1):
            j = int(p)
            if volt[k] and 0 <= j < _NODES - 1:
                f = p - j
                v = volt[k] * 0.1 - off - lean * drops[k] + turn
                total[j] += (1 - f) * (v - f * rise[j])
                weight[j] += 1 - f
                total[j + 1] += f * (v + (1 - f) * rise[j + 1])
                weight[j + 1] += f
            p += pace
            turn *= fade

    def _pace(self, cell):
        """Nodes from one bin of a cell to its next."""
        return 1 - self.theta[cell * _P + 1] * 0.01

    def _turned(self, k):
        """What hysteresis still holds back at bin `k` since the current turned, in mV; and
        its factor from one bin to the next."""
        return self.direction * self.turn_mv * exp(-k / self.turn_bins), exp(-1 / self.turn_bins)

    def draw(self, j0, j1):
        """Turn the sums of nodes j0 to j1 into the common curve, and into its slope one behind."""
        total, weight = self.sum, self.weight
        for j in range(j0, j1):
            if weight[j] > 0.02:
                total[j] /= weight[j]
            else:
                weight[j] = 0.0
            if j > 1:
                a = j - 2 if weight[j - 2] else j - 1
                b = j if weight[j] else j - 1
                is_drawn = weight[j - 1] and b > a
                self.rise[j - 1] = (total[b] - total[a]) / (b - a) if is_drawn else 0.0

    def fit(self, cell, k0, k1):
        """Add bins k0 to k1 of a cell to its normal equations against the common curve."""
        base, t, d, n = cell * BINS, cell * _P, self.direction, self.normal
        volt, drops, rise = self.volt, self.drop, self.rise
        total, weight, last = self.sum, self.weight, self.seen[cell] - 1
        worse, noise = self.worse[cell], self.noise_mv * self.noise_mv
        off, lean = self.theta[t + 2], self.theta[t + 3] * 0.1
        late_bins, late_mv = _LATE_TURNS * self.turn_bins, _LATE * self.turn_doubt_mv
        turn, fade = self._turned(k0)
        p, pace = self.place(cell, k0), self._pace(cell)
        # a cell that is at this point later after the turn has turned further
        gone = exp(-k0 / self.turn_bins)
        further = exp(min((k0 + _PAD - p) / self.turn_bins, _EXP_MAX)) * self.turn_mean
        for k in range(k0, k1):
            place, p = p, p + pace
            held, turn = turn, turn * fade
            left, gone = gone, gone * fade
            j = int(place)
            if not (volt[base + k] and 0 <= j < _NODES - 1):
                continue
            f = place - j
            w0, w1 = weight[j], weight[j + 1]
            own = (1 - f) * w0 + f * w1
            if own <= 1.02 or not w0 or not w1:
                continue
            drop = DROP_MV * drops[base + k]
            e = volt[base + k] * 0.1 - off - lean * drop + held
            e -= (1 - f) * total[j] + f * total[j + 1]
            # half the common slope, half the cell's own: the latter still points the right
            # way where a cell lies so wrong that the common curve bends back
            a, b = base + max(k - 2, 0), base + min(k + 2, last)
            g = (1 - f) * rise[j] + f * rise[j + 1]
            if b > a and volt[a] and volt[b]:
                rose = 0.1 * (volt[b] - volt[a]) / (b - a)
                g = 0.5 * (g + rose - held / self.turn_bins)
            if d * g <= 0:
                continue
            g *= g * g / (g * g + _SLOPE_SQUARE)
            late = max(0.0, 1 - k / late_bins)
            bend = _BEND * (drop - self.drop_mean)
            curve = (_PLACE + _LATE_PLACE * late) * g
            late *= late_mv
            square = e * e
            var = (noise + late * late + bend * bend + curve * curve) * worse + _STRAY * square
            # the curve follows its own cell: only what the others drew says something
            part = 1 - 1 / own
            w = part / var
            self.misfit += w * square
            self.told += _MISFIT * part
            # position moves the prediction: curve(place) + off + lean * drop
            h0 = -d * g
            h1 = h0 * (d * k - self.depth_bins) * 0.01
            h3 = drop * 0.1
            e *= w
            w0, w1, w3 = w * h0, w * h1, w * h3
            h = left * (1 - further)
            self.turn_push -= d * e * h
            self.turn_info += w * h * h
            n[0] += w0 * h0
            n[1] += w0 * h1
            n[2] += w0
            n[3] += w0 * h3
            n[5] += w1 * h1
            n[6] += w1
            n[7] += w1 * h3
            n[10] += w
            n[11] += w3
            n[15] += w3 * h3
            n[16] += e * h0
            n[17] += e * h1
            n[18] += e
            n[19] += e * h3

    def weigh(self, cell):
        """Complete a cell's normal equations, and add what was known before.

        Where a cell does not fit either may be to blame, but not what holds for any cell.
        """
        n, t, q = self.normal, cell * _P, cell * 16
        self.worse[cell] = worse = max(self.worse[cell] * self.misfit / self.told, 1.0)
        n[4], n[8], n[9] = n[1], n[2], n[6]
        n[12], n[13], n[14] = n[3], n[7], n[11]
        for r in range(_P):
            for c in range(_P):
                i = r * _P + c
                known = self.info[q + i] / worse
                if r == c:
                    known = max(known, self.least[r])
                n[i] += known
                self.cover[q + i] = n[i]
                n[16 + r] += known * (self.mean[t + c] - self.theta[t + c])

    def move(self, cell):
        """Solve a cell's normal equations, and take the result."""
        n, t = self.normal, cell * _P
        eliminate(n)
        step = n[16]
        self.moved = max(self.moved, abs(step))
        scale = _STEP_MAX_BINS / abs(step) if abs(step) > _STEP_MAX_BINS else 1.0
        for r in range(_P):
            self.theta[t + r] += scale * n[16 + r]
        self.theta[t] = max(-MISSING_MAX_BINS, min(MISSING_MAX_BINS, self.theta[t]))

    def start(self, rounds_max, settled_bins):
        """Begin a solution over what was seen so far; `work` carries it out.

        It ends when a round moves no cell by more than `settled_bins`, or at `rounds_max`.
        """
        self.solution = self._solution(rounds_max, settled_bins)

    def work(self):
        """A bounded piece of the solution begun by `start`; True when it is complete."""
        for _ in self.solution:
            return False
        self.solution = None
        return True

    def _solution(self, rounds_max, settled_bins):
        """Rounds of drawing the curve and moving each cell on it; yields between pieces."""
        for _ in range(rounds_max):
            for j in range(0, _NODES, 4 * _PIECE):
                self.clear(j, j + 4 * _PIECE)
                yield
            self._begin_round()
            yield
            for cell in range(self.cells):
                k = 0
                while k < self.seen[cell]:
                    self.splat(cell, k, min(k + _CHUNK, self.seen[cell]))
                    k += _CHUNK
                    yield
            for j in range(0, _NODES, _PIECE):
                self.draw(j, j + _PIECE)
                yield
            for cell in range(self.cells):
                for j in range(20):
                    self.normal[j] = 0.0
                self.misfit, self.told = 0.0, _TOLD  # so few bins prove nothing
                k = 0
                while k < self.seen[cell]:
                    self.fit(cell, k, min(k + _CHUNK, self.seen[cell]))
                    k += _CHUNK
                    yield
                self.weigh(cell)
                yield
                self.move(cell)
                yield
            self._learn_turn()
            if self.moved < settled_bins:
                return

    def clear(self, j0, j1):
        """Take nodes j0 to j1 off the common curve."""
        for j in range(j0, j1):
            self.sum[j] = self.weight[j] = 0.0

    def _begin_round(self):
        self.turn_mean = self.turn_push = self.turn_info = self.moved = 0.0
        for i in range(self.cells):
            lead = min((self.place(i, 0) - _PAD) / self.turn_bins, _EXP_MAX)
            self.turn_mean += exp(lead) / self.cells

    def _learn_turn(self):
        """How much hysteresis turns in this pass: one more unknown, shared by all cells."""
        doubt = 1 / (self.turn_doubt_mv * self.turn_doubt_mv)
        push = self.turn_push + doubt * (self.turn_prior_mv - self.turn_mv)
        self.turn_mv = max(self.turn_mv + push / (self.turn_info + doubt), 0.0)

    def spread(self, cell, a0, a1):
        """Variance of a0 * missing + a1 * capacity deviation after this pass, in bins^2."""
        n, q = self.normal, cell * 16
        for i in range(16):
            n[i] = self.cover[q + i]
        n[16], n[17], n[18], n[19] = a0, a1, 0.0, 0.0
        eliminate(n)
        return max(a0 * n[16] + a1 * n[17], 0.0)


def eliminate(n):
    """Solve the 4 x 4 system n[:16] x = n[16:] in place; positive definite, as a prior is in it."""
    for c in range(_P):
        pivot = n[c * 5]
        for r in range(c + 1, _P):
            f = n[r * _P + c] / pivot
            for k in range(c, _P):
                n[r * _P + k] -= f * n[c * _P + k]
            n[16 + r] -= f * n[16 + c]
    for c in range(_P - 1, -1, -1):
        v = n[16 + c]
        for k in range(c + 1, _P):
            v -= n[c * _P + k] * n[16 + k]
        n[16 + c] = v / n[c * 5]
