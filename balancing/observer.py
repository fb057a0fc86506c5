"""Learns each cell's charge offset from voltage, where voltage tells the truth.

Theory of operation
-------------------
In the step, `note` adds up what was measured with all taps open. Outside it, `work` takes
these sums every few seconds, estimates what part of each voltage is the drop over the
resistances, and files the rest by the charge that passed: one pass per direction of the
current (align.py solves it). A pass ends when the current has turned for good; what it
taught becomes the prior of the next one. Where voltage itself tells of charge, anchors.py
listens. After each solution the ledger is written: offset, uncertainty, level.
"""

from array import array
from math import exp

from balancing.align import BIN_PM, BINS, DROP_MV, MISSING_MAX_BINS, Aligner
from balancing.anchors import find_leader, next_depth, observe_rest
from balancing.ledger import LIMIT_MAS, UNKNOWN_MAS

_WINDOW_MS, _WINDOW_MAX_MS = 5000, 1_800_000
_TURN_BINS = 6.0  # the current has turned for good: 3 %
_SOLVE_BINS = 4.0  # solve again every 2 %
_BACK_BINS = 0.2  # or when it pauses: a full pack is not to wait for the next 2 %
_FEW_BINS, _LONG_BINS = 6, 50  # a pass that teaches anything; one that makes ripe, and is kept
_TOP_BINS = 17  # as near to full shows what the sensors hid
_ROUNDS, _LAST_ROUNDS = 10, 40
# of C: below it the pack rests; without a plateau, where a millivolt is no charge to speak of,
# a night's load counts as rest
_REST_PM, _STEEP_REST_PM = 10, 35
_REST_S = 1800.0
_REST_AGAIN_BINS = 1.5
_ROUGH_S = 300.0  # of a current that jumps, nothing is believed for so long
_DRIFT = 7.7e-7  # bins per s: cells part by 1 % a month when nobody looks
_DRIFT_STEP = 0.1
_OFFSET_MAX_MV = 12.0  # of a sensor, over twice what the manual allows
_KEEP = 0.85  # of what a long pass taught counts as the prior of the next; of a short one less
_SIGMA = (6.0, 1.2, 2.4, 2.5)  # before anything is known: bins, %, mV, tenths of R
_TOP, _BOTTOM, _MIDDLE = 0, 1, 2
_WEIGHT_C = (0.0, 2.0, 1.0)  # bins of offset per % of capacity at top, bottom, middle


class Observer:
    """Collects scans and charge in the step, and outside of it feeds the ledger from them."""

    def __init__(self, cells, chemistry, capacity_mah, ledger, kappa_pm, cell_pm, point=_TOP):
        """cell_pm: where each cell's capacity is told, per mille of the mean."""
        self.cells, self.chemistry, self.ledger = cells, chemistry, ledger
        self.cell_pm = cell_pm
        self.capacity_mah, self.kappa_pm, self.point = capacity_mah, kappa_pm, point
        self.bin_mas = capacity_mah * 3600 * BIN_PM / 1000
        self.align = Aligner(cells)
        self.align.noise_mv = chemistry.noise_mv
        self.align.least = tuple([1 / (sigma * sigma) for sigma in _SIGMA])
        zeros = bytes(4 * cells)
        self.sum_mv = array("i", zeros)
        self.samples = self.window_ms = 0
        self.charge_mas = self.carry = 0
        self.slow1 = array("f", zeros)
        self.slow2 = array("f", zeros)
        self.ahead = array("f", zeros)  # own charge since the pass began, bins
        self.shifted = array("f", zeros)  # the balancer's part of it
        self.bin_mv = array("f", zeros)  # sums over the open bin, by charge
        self.bin_drop = array("f", zeros)
        self.bin_charge = array("f", zeros)
        self.volt = array("f", zeros)  # of this window: mV
        self.drop = array("f", zeros)
        self.pass_bins = self.peak_bins = self.solved_bins = 0.0
        self.turn_mv, self.turn_known = chemistry.turn_mv, 0.5
        self.direction = 0
        self.depth = -1.0
        self.rest_s, self.rest_shift = 0.0, -1.0
        self.drift_bins, self.drift_due = 0.0, _DRIFT_STEP
        self.usual_ma, self.rough_mv = 0.0, 0.0  # of the last window; how it jumps between them
        self.wants_solve = self.wants_turn = False
        for i in range(cells):
            cell_pm[i] = 1000
            for k in range(4):
                self.align.info[i * 16 + 5 * k] = self.align.least[k]
        self.align.cover[:] = self.align.info
        self.align.begin(1, 0.0)

    def note(self, snap, current_ma, dt_ms):
        """In the step: add one fresh scan (all taps open) and the charge since the last look."""
        self.count(current_ma, dt_ms)
        if self.samples < 4000:
            cell_mv, total = snap.cell_mv, self.sum_mv
            for i in range(self.cells):
                total[i] += cell_mv[i]
            self.samples += 1

    def count(self, current_ma, dt_ms):
        """In the step: integrate the pack current; voltages are not fit to be judged."""
        if self.window_ms > _WINDOW_MAX_MS:
            return  # nobody works on it; the sums must stay small integers
        self.window_ms += dt_ms
        charge = self.carry + current_ma * dt_ms
        mas = charge // 1000
        self.carry = charge - mas * 1000
        self.charge_mas += mas

    def work(self):
        """Outside the step, a bounded piece: take a window, or go on solving; False if idle."""
        if self.window_ms >= _WINDOW_MS and self.samples:
            self._take_window()
            self._file()
            find_leader(self.chemistry, self.ledger, self.volt, self.drop)
            self._look_for_rest()
            self._plan()
        elif self.align.solution:
            if self.align.work():
                self._write_ledger()
        elif self.wants_turn:
            self._turn()
        elif self.wants_solve:
            self._start()
        else:
            return False
        return True

    def resume(self, missing_bins, doubt_bins):
        """Go on with what was known before a reset; nothing was measured yet."""
        if doubt_bins >= _SIGMA[0]:
            return
        al = self.align
        for i in range(self.cells):
            al.theta[4 * i] = al.mean[4 * i] = missing_bins[i]
            al.info[16 * i] = 1 / (doubt_bins * doubt_bins)
        al.cover[:] = al.info
        self._write_ledger()

    def _take_window(self):
        dt_s = self.window_ms / 1000
        pack_bins = self.charge_mas / self.bin_mas
        r0, r1, r2, tau1, tau2 = self.chemistry.lean
        part1, part2 = dt_s / (tau1 + dt_s), dt_s / (tau2 + dt_s)
        moved = self.ledger.moved_mas
        for i in range(self.cells):
            own_mas = self.charge_mas + moved[i]
            ma_per_ah = own_mas / dt_s / self.capacity_mah
            self.slow1[i] += (ma_per_ah - self.slow1[i]) * part1
            self.slow2[i] += (ma_per_ah - self.slow2[i]) * part2
            self.drop[i] = r0 * ma_per_ah + r1 * self.slow1[i] + r2 * self.slow2[i]
            self.volt[i] = self.sum_mv[i] / self.samples
            self.shifted[i] += moved[i] / self.bin_mas
            self.ahead[i] += own_mas / self.bin_mas
            moved[i] = 0
            self.sum_mv[i] = 0
        now_ma = self.charge_mas / dt_s / self.capacity_mah
        jump_mv = abs(now_ma - self.usual_ma) * (r0 + r1)
        self.rough_mv += (jump_mv - self.rough_mv) * dt_s / (_ROUGH_S + dt_s)
        self.usual_ma = now_ma
        rest_pm = _REST_PM if self.chemistry.knee_mv else _STEEP_REST_PM
        is_still = abs(self.charge_mas) < self.capacity_mah * rest_pm * dt_s / 1000
        self.rest_s = self.rest_s + dt_s if is_still else 0.0
        if not is_still:
            self.rest_shift = -1.0
        self.drift_bins += _DRIFT * dt_s
        if self.drift_bins > self.drift_due:
            self.drift_due += _DRIFT_STEP
            self.wants_solve = True  # the ledger is to tell the greater doubt
        self.pass_bins += pack_bins
        self.depth = next_depth(self.chemistry, self.depth, self.volt, self.drop, pack_bins)
        self.charge_mas = self.window_ms = self.samples = 0

    def _file(self):
        """Put the window into the bin that each cell is in, if it is new ground."""
        if not self.direction:
            if abs(self.pass_bins) < 1:
                return
            self._begin(1 if self.pass_bins > 0 else -1)
        al, d = self.align, self.direction
        is_calm = self.rough_mv < self.chemistry.noise_mv
        for i in range(self.cells):
            ahead = d * self.ahead[i]
            k = al.seen[i]
            gain = ahead - k - self.bin_charge[i]
            if gain <= 0 or k >= BINS:
                continue
            self.bin_mv[i] += gain * self.volt[i]
            self.bin_drop[i] += gain * self.drop[i]
            self.bin_charge[i] += gain
            if self.bin_charge[i] >= 1:
                whole = self.bin_charge[i]
                v, drop = self.bin_mv[i] / whole, self.bin_drop[i] / whole
                while whole >= 1 and k < BINS:
                    al.keep(i, k, v - drop if is_calm else 0, drop)
                    whole -= 1
                    k += 1
                al.seen[i] = k
                self.bin_charge[i] = whole
                self.bin_mv[i], self.bin_drop[i] = whole * self.volt[i], whole * self.drop[i]

    def _look_for_rest(self):
        """A rested pack is one observation: of charge where steep, of the sensors where flat."""
        if self.rest_s < _REST_S or (self.chemistry.knee_mv and not self.direction):
            return
        # it tells something new only after a move: what lies still is off by the same again
        shift = 0.0
        for i in range(self.cells):
            shift = max(shift, abs(self.shifted[i]))
        if self.rest_shift >= 0 and abs(shift - self.rest_shift) < _REST_AGAIN_BINS:
            return
        self.rest_shift = shift
        observe_rest(self.align, self.chemistry, self.volt, self.drop, self.shifted, self.depth)
        self.wants_solve = True

    def _plan(self):
        """Decide whether to solve again, and whether the pass is over."""
        self.peak_bins = max(self.peak_bins, self.direction * self.pass_bins)
        new = self.peak_bins - self.solved_bins
        back = self.peak_bins - self.direction * self.pass_bins
        has_paused = new > 0.5 and (self.rest_s > 60 or back > _BACK_BINS)
        if self.peak_bins > _FEW_BINS and (new > _SOLVE_BINS or has_paused):
            self.wants_solve = True
        if self.direction and back > _TURN_BINS:
            self.wants_turn = True
            self.wants_solve = self.wants_solve or new > 0.5

    def _start(self):
        al = self.align
        total = count = 0
        for i in range(self.cells):
            for k in range(al.seen[i]):
                total += al.drop[i * BINS + k]
                count += 1
        al.drop_mean = DROP_MV * total / count if count else 0.0
        is_last = self.wants_turn or self.rest_s > 0
        al.depth_bins = self.depth + self.pass_bins
        self.solved_bins = self.peak_bins
        self.wants_solve = False
        al.start(_LAST_ROUNDS if is_last else _ROUNDS, 0.005 if is_last else 0.02)

    def _write_ledger(self):
        """Offsets at the balance point: the solution, and what was moved since the pass began."""
        al, ledger, wc = self.align, self.ledger, _WEIGHT_C[self.point]
        if not self._is_plausible():
            al.theta[:] = al.mean
            ledger.forget()
            return
        for i in range(self.cells):
            self.cell_pm[i] = max(int(1000.5 + 10 * al.theta[4 * i + 1]), 0)
            bins = wc * al.theta[4 * i + 1] - al.theta[4 * i] + self.shifted[i]
            mas = bins * self.bin_mas + ledger.moved_mas[i]
            ledger.offset_mas[i] = int(max(-LIMIT_MAS, min(LIMIT_MAS, mas)))
            sigma = (al.spread(i, -1.0, wc) ** 0.5 + self.drift_bins) * self.bin_mas
            ledger.sigma_mas[i] = int(min(UNKNOWN_MAS, sigma))
        ledger.find_level(self.kappa_pm)
        if 0 <= self.depth < _TOP_BINS:
            ledger.ripe = 2

    def _is_plausible(self):
        """False where the solution needs sensors or cells that cannot be: it is not believed."""
        theta = self.align.theta
        for i in range(self.cells):
            if abs(theta[4 * i]) >= MISSING_MAX_BINS or abs(theta[4 * i + 2]) > _OFFSET_MAX_MV:
                return False
        return True

    def _turn(self):
        """The pass is over: what it taught is the prior of the next."""
        if self.wants_solve:
            self._start()
            return
        self.wants_turn = False
        self._begin(-self.direction)

    def _begin(self, direction):
        al = self.align
        if self.peak_bins > _FEW_BINS:
            keep = _KEEP * min(self.peak_bins / _LONG_BINS, 1.0)
            for j in range(16 * self.cells):
                al.info[j] = keep * al.cover[j]
            al.mean[:] = al.theta
            for i in range(self.cells):
                for k in range(4):
                    al.info[16 * i + 5 * k] += (1 - keep) * al.least[k]
        for i in range(self.cells):
            al.mean[4 * i] -= self.shifted[i]
            al.theta[4 * i] = al.mean[4 * i]
            self.shifted[i] = self.ahead[i] = 0.0
            self.bin_charge[i] = self.bin_mv[i] = self.bin_drop[i] = 0.0
        if self.peak_bins > _LONG_BINS:
            self.ledger.ripe = max(self.ledger.ripe, 1)
        chem = self.chemistry
        al.turn_bins = chem.turn_pm / BIN_PM
        known = 1 - exp(-self.peak_bins / al.turn_bins)  # how far the last pass had settled
        if not self.direction:
            known = 0.5  # who knows which way the current flowed before
        elif self.peak_bins > 2 * al.turn_bins:
            self.turn_mv = min(al.turn_mv / self.turn_known, 2 * chem.turn_mv)
        self.turn_known = max(known, 0.1)
        al.turn_mv = al.turn_prior_mv = self.turn_mv * known
        al.turn_doubt_mv = 0.5 * chem.turn_mv
        self.pass_bins = self.peak_bins = self.solved_bins = 0.0
        self.direction = direction
        self.drift_bins, self.drift_due = 0.0, _DRIFT_STEP
        al.begin(direction, self.depth)
