"""The balancer on given or random packs: `python -m tests.balance`.

    python -m tests.balance --packs FILE.json [--out FILE.json]  run given packs
    python -m tests.balance --bench [N] [--seed S]               random packs, and the plain rule
    python -m tests.balance --plot FILE.png                      one session, drawn

`ReplayBalancer` is the device's own code (balancing/), driven by anyone: voltages and pack
current in, the pair to move charge between out. It is never told a state of charge.
The keys of the JSON files are listed in tests/balancing/README.md.
"""

import sys
from array import array

from balancing.chemistry import LI_ION, LIFEPO4, LTO
from balancing.scheduler import DIRECT, Scheduler

CHEMISTRIES = {"li_ion": LI_ION, "lfp": LIFEPO4, "lto": LTO}
# OVP, UVP, start balance of the presets (manual's appendix, D13), mV
PRESETS = {"li_ion": (4200, 2900, 3800), "lfp": (3600, 2600, 3000), "lto": (2700, 1800, 2300)}
_WORK_PER_S = 30  # pieces of learning per second: 5 ms at most, 20 ms lie between
_LOST_MS = 60_000


class Reading:
    """The part of the snapshot that balancing reads and writes."""

    def __init__(self, cells):
        self.cell_count = cells
        self.cell_mv = array("H", bytes(2 * cells))
        self.cells_age_ms = _LOST_MS
        self.current_ma = self.stack_mv = 0
        self.mos_dc = self.t1_dc = self.t2_dc = 250
        self.fault_word = 0
        self.bal_state = self.bal_ma = self.bal_stage = 0
        self.bal_from = self.bal_to = 255
        self.cell_pm = array("H", bytes(2 * cells))
        self.wire_mohm = array("H", bytes(2 * (cells + 1)))
        self.wire_bad = self.wire_open = 0


class OnePair:
    """A cell-to-cell converter that only remembers what it was told."""

    kind = "direct"
    senses_leads = False
    bleed_cells = 0
    storage_empty_mv = storage_full_mv = 0

    def __init__(self, max_ma, kappa_pm):
        self.max_ma, self.kappa_pm = max_ma, kappa_pm
        self.is_moving = False

    def move(self, source, sink, ma):
        self.is_moving = True

    def stop(self):
        self.is_moving = False

    def current_ma(self):
        return -self.max_ma if self.is_moving else 0


class ReplayBalancer:
    """The board's balancer behind one call per measurement.

    `chemistry` is "li_ion", "lfp" or "lto"; `profile` a cell type in the format of
    cell_profiles.json, or None for what the board ships with.
    """

    def __init__(self, chemistry, capacity_ah, n_cells, profile=None, i_take_a=2.0, kappa=0.9):
        if chemistry not in CHEMISTRIES:
            raise ValueError(
                "chemistry %r: one of %s" % (chemistry, ", ".join(sorted(CHEMISTRIES)))
            )
        if not 3 <= n_cells <= 8:
            raise ValueError("n_cells %r: 3 to 8" % n_cells)
        if not 0 < capacity_ah <= 2000:
            raise ValueError("capacity_ah %r: above 0, at most 2000" % capacity_ah)
        if not 0 < i_take_a <= 10 or not 0 < kappa <= 1:
            raise ValueError("i_take_a above 0, at most 10; kappa above 0, at most 1")
        ovp_mv, uvp_mv, start_mv = PRESETS[chemistry]
        capacity_mah, take_ma = round(capacity_ah * 1000), round(i_take_a * 1000)
        self.snap = Reading(n_cells)
        self.transfer = OnePair(take_ma, round(kappa * 1000))
        self.scheduler = Scheduler(self.snap, self.transfer, None, 0)
        self.scheduler.load(
            {
                "balance_switch_on": 1,
                "balance_trigger_mv": 10,
                "balance_start_mv": start_mv,
                "balance_max_ma": take_ma,
                "balance_hysteresis_on": 1,
                "balance_mode": 0,
                "balance_point": 0,
                "cell_ovp_mv": ovp_mv,
                "cell_uvp_mv": uvp_mv,
                "capacity_mah": capacity_mah,
                "chemistry": CHEMISTRIES[chemistry],
                "cell_count": n_cells,
                "cell_table": profile,
            }
        )

    def step(self, dt_s, t_s, cell_voltages_v, pack_current_a, temps_c):
        """Who moves charge until the next call, which is `dt_s` after the one before this.

        The voltages were taken with all taps open.
        """
        snap, scheduler = self.snap, self.scheduler
        dt_ms = int(dt_s * 1000 + 0.5)
        is_read = pack_current_a == pack_current_a
        for i in range(snap.cell_count):
            v = cell_voltages_v[i]
            if 0.2 < v < 6.0:
                snap.cell_mv[i] = int(v * 1000 + 0.5)
            else:
                is_read = False
        if is_read:
            snap.current_ma = int(pack_current_a * 1000 + (0.5 if pack_current_a > 0 else -0.5))
        snap.cells_age_ms = 1  # the slice just passed ends first, then the scan counts
        scheduler.step(dt_ms, True)
        snap.cells_age_ms = 0 if is_read else _LOST_MS
        scheduler.step(0, True)
        for _ in range(max(1, int(_WORK_PER_S * dt_s))):
            if not scheduler.work():
                break
        return (scheduler.source, scheduler.sink) if scheduler.stage == DIRECT else None


if __name__ == "__main__":
    from tests.balancing import bench

    sys.exit(bench.main(sys.argv[1:]))
