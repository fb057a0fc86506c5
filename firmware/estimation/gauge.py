"""The gauge: charge counted in the step, state of charge worked out beside it.

integrate() runs inside the 50 ms step, counts in integers and allocates
nothing. work() runs outside, one bounded slice (below 5 ms on the board) a call;
once a second it hands the estimator what was counted and writes the gauge's
fields of the snapshot. The gauge knows no clock: time is the dt it is given.
"""

from struct import calcsize, pack_into, unpack_from

from firmware.estimation.capacity import Capacity
from firmware.estimation.estimator import Estimator
from firmware.estimation.meter import Meter
from firmware.estimation.profiles import Profile
from firmware.estimation.shown import Shown

_SAMPLE_MS = 1000
_SLICES_PER_S = 12  # a look takes 81 to 117, and ten seconds
_CURRENT_STALE_MS = 1000
_CELLS_STALE_MS = 5000
_BLIND_C = 0.3  # what may flow unseen while the current sensor is dead and a gate closed
_NO_SENSOR_DC = -2000
_ASLEEP_SD = 0.0002  # of SOC per root hour asleep: self-discharge, spread
_FULL_SCALE_MA = 200_000
_UNKNOWN_OFF_S = 3600
_UNCONFIGURED = 2  # until a person says what the cells are, LiFePO4 stands in
_VERSION = 5
_SAVED = "<BBHIIIIIIIIIII14f"
SAVED_BYTES = calcsize(_SAVED)


class Gauge:
    """Writes soc_pm, soc_est_pm, soc_conf_pm, remain_mah, full_mah, cycle_mah,
    cycle_count, charge_count, full_cycles, soh_pm, ohm_pm and run_s of the snapshot it is
    given. State of health is learned over design capacity.
    """

    def __init__(self, snap, full_scale_ma=_FULL_SCALE_MA, own_ma=0):
        self.snap = snap
        self.full_scale_ma = full_scale_ma
        self.own_ma = own_ma  # what the board itself draws ahead of the shunt
        self.chemistry = self.cell_count = 0
        self.table = None
        self.capacity = None
        self.meter = Meter()
        self.shown = Shown()
        self.run_s = 0
        self._run_ms = 0
        self._held_ms = 0
        self._blind_ms = 0
        self._last_mams = 0
        self._slices = 0  # that this second may still take
        self.estimator = None

    def load(self, limits):
        """Take over chemistry, cell_count, capacity_mah and cell_table; `limits.get` answers each.

        Another chemistry starts the estimate over at what is shown now, another capacity
        starts the belief in it over, and anything else changes nothing.
        """
        chemistry = limits.get("chemistry") or _UNCONFIGURED
        capacity_mah = limits.get("capacity_mah")
        self.cell_count = limits.get("cell_count")
        if chemistry != self.chemistry:
            self.chemistry = chemistry
            self.table = limits.get("cell_table")
            self.capacity = Capacity(capacity_mah)
            self._build()
            self.set_soc(int(self.shown.soc * 1000.0))
        elif capacity_mah != self.capacity.design_mah:
            self.capacity.design_mah = capacity_mah
            self.set_capacity(capacity_mah)

    def resume(self, counters):
        """Take over the stored counters (name → integer) at start; `restore` knows more."""
        meter = self.meter
        capacity = self.capacity
        self.run_s = counters["run_s"]
        meter.dsg_mah = counters["cycle_mah"]
        capacity.cycle_count = counters["cycle_count"]
        capacity.charge_count = counters["charge_count"]
        capacity.counted_mah = meter.chg_mah
        if counters["learned_mah"]:
            capacity.set(counters["learned_mah"])
            self._build()
        self._last_mams = meter.net_mams()
        self.set_soc(min(counters["remain_mah"] * 1000 // capacity.full_mah, 1000))

    def learned_mah(self):
        """The learned capacity in mAh, 0 while nothing was learned."""
        capacity = self.capacity
        return 0 if capacity.full_mah == capacity.design_mah else capacity.full_mah

    def _build(self):
        """An estimator for the believed capacity."""
        full_scale_c = self.full_scale_ma / self.capacity.believed_mah
        self.estimator = Estimator(Profile(self.chemistry, self.table), full_scale_c)

    def set_soc(self, pm):
        """An authorised person states the state of charge, per mille."""
        self.shown.soc = pm / 1000.0
        self.estimator.start(pm / 1000.0)
        self._publish()

    def set_capacity(self, mah):
        """An authorised person states the capacity; the SOC stays."""
        bank = self.estimator.bank
        z = (self.estimator.soc, bank.z_sd + 0.005)
        scale = self.capacity.believed_mah / mah
        b = (bank.b_mean * scale, bank.b_sd * scale)
        v = (bank.v_mean, bank.v_sd)
        self.capacity.set(mah)
        part, haste = bank.r_mean, bank.c_mean
        was = self.estimator.cell
        self._build()
        self.estimator.resume(z, b, (1.0, self.estimator.tune.scale), v, part, haste)
        cell = self.estimator.cell
        cell.h, cell.h_quick, cell.unknown = was.h, was.h_quick, was.unknown
        self._publish()

    def integrate(self, dt_ms):
        """Count this step's mean current. In the step: allocates nothing."""
        snap = self.snap
        if snap.current_age_ms <= _CURRENT_STALE_MS:
            self.meter.integrate(snap.current_ma, dt_ms)
        else:
            self._blind_ms += dt_ms
        self._held_ms += dt_ms
        self._run_ms = run_ms = self._run_ms + dt_ms
        if run_ms >= 1000:
            self.run_s += run_ms // 1000
            self._run_ms = run_ms % 1000
            snap.run_s = self.run_s

    def work(self):
        """One bounded slice outside the step; True while more is waiting."""
        if self._held_ms >= _SAMPLE_MS:
            self._slices = _SLICES_PER_S * self._held_ms // 1000
            self._sample()
            return True
        if not self._slices:
            return False
        self._slices -= 1
        return self.estimator.work()

    def _sample(self):
        """Hand the estimator the last second or so."""
        snap = self.snap
        held_ms = self._held_ms
        net_mams = self.meter.net_mams()
        seen_ms = held_ms - self._blind_ms
        mean_ma = (net_mams - self._last_mams) / seen_ms if seen_ms else 0.0
        mean_ma -= self.own_ma
        # Through open MOSFETs nothing flows, seen or not; a welded one has its own alarm.
        blind_c = _BLIND_C if self._blind_ms and snap.gates_on else 0.0
        volt_v = None
        if snap.cells_age_ms <= _CELLS_STALE_MS:
            volt_v = 0.0
            for n in range(self.cell_count):
                volt_v += snap.cell_mv[n]
            volt_v /= 1000.0 * self.cell_count
        self._held_ms = self._blind_ms = 0
        self._last_mams = net_mams
        estimator = self.estimator
        rate_c = mean_ma / self.capacity.believed_mah
        estimator.step(held_ms / 1000.0, rate_c, volt_v, self._temp_c(), blind_c)
        bank = estimator.bank
        counted = bank.k_mean * (rate_c - bank.b_mean) * held_ms / 3.6e6
        anchors = estimator.anchors
        self.shown.follow(
            counted, estimator.soc, held_ms / 1000.0, anchors.is_full, anchors.is_empty
        )
        self.capacity.learn(bank.k_mean)
        self.capacity.count(self.meter.chg_mah, self.meter.dsg_mah)
        self._publish()

    def _temp_c(self):
        """Mean of the battery sensors that were ever read; None before the first."""
        snap = self.snap
        t1, t2 = snap.t1_dc, snap.t2_dc
        if t1 <= _NO_SENSOR_DC:
            t1 = t2
        if t2 <= _NO_SENSOR_DC:
            t2 = t1
        return (t1 + t2) * 0.05 if t1 > _NO_SENSOR_DC else None

    def conf(self):
        """Half width that holds the truth nineteen times in twenty, 0..1."""
        return min(2.0 * self.estimator.bank.z_sd + 0.01, 1.0)

    def _publish(self):
        snap = self.snap
        capacity = self.capacity
        snap.soc_pm = int(self.shown.soc * 1000.0 + 0.5)
        snap.soc_est_pm = int(self.estimator.soc * 1000.0 + 0.5)
        snap.soc_conf_pm = int(self.conf() * 1000.0 + 0.5)
        snap.full_mah = capacity.full_mah
        snap.remain_mah = snap.soc_pm * capacity.full_mah // 1000
        snap.cycle_mah = self.meter.dsg_mah
        snap.cycle_count = capacity.cycle_count
        snap.charge_count = capacity.charge_count
        snap.soh_pm = capacity.full_mah * 1000 // capacity.design_mah
        snap.full_cycles = snap.cycle_mah // capacity.full_mah
        snap.ohm_pm = int(1000.0 * (1.0 + self.estimator.bank.r_mean) + 0.5)
        snap.run_s = self.run_s

    def save(self, buf):
        """Write the state into buf (SAVED_BYTES long), for the store, which adds a check sum."""
        m = self.meter
        c = self.capacity
        e = self.estimator
        s = e.bank
        pack_into(
            _SAVED,
            buf,
            0,
            _VERSION,
            self.chemistry,
            c.charge_count & 0xFFFF,
            m.chg_mah,
            m.chg_carry,
            m.dsg_mah,
            m.dsg_carry,
            self.run_s,
            c.design_mah,
            c.believed_mah,
            c.cycle_count,
            c.counted_mah,
            c.mark_chg_mah,
            c.mark_dsg_mah,
            e.soc,
            s.z_sd,
            s.b_mean,
            s.b_sd,
            s.k_mean,
            s.k_sd,
            s.v_mean,
            s.v_sd,
            e.cell.h,
            e.cell.h_quick,
            e.cell.unknown,
            s.r_mean,
            self.shown.soc,
            s.c_mean,
        )
        return SAVED_BYTES

    def restore(self, buf, off_s=_UNKNOWN_OFF_S):
        """Go on from buf after off_s seconds without power; False if it is not ours.

        No clock runs while the board is off, so an hour stands for what nobody knows. Its own
        consumption and self-discharge go on.
        """
        if len(buf) < SAVED_BYTES:
            return False
        x = unpack_from(_SAVED, buf, 0)
        if x[0] != _VERSION or x[1] != self.chemistry:
            return False
        m = self.meter
        c = self.capacity
        c.charge_count = x[2]
        m.chg_mah, m.chg_carry, m.dsg_mah, m.dsg_carry, self.run_s = x[3:8]
        c.design_mah, c.believed_mah, c.cycle_count, c.counted_mah = x[8:12]
        c.mark_chg_mah, c.mark_dsg_mah = x[12:14]
        self._last_mams = m.net_mams()
        self._build()
        e = self.estimator
        hours = off_s / 3600.0
        lost = self.own_ma * hours / c.believed_mah
        sd = (x[15] * x[15] + _ASLEEP_SD * _ASLEEP_SD * hours + 0.25 * lost * lost) ** 0.5
        e.resume((max(x[14] - lost, 0.0), sd), x[16:18], x[18:20], x[20:22], x[25], x[27])
        e.cell.h, e.cell.h_quick, e.cell.unknown = x[22:25]
        self.shown.soc = max(x[26] - lost, 0.0)
        c.learn(e.bank.k_mean)
        self._publish()
        return True
