"""Snapshot: the one telemetry record, allocated once; one writer per field."""

from array import array

from micropython import const

NEVER_MS = const(1 << 20)  # the age of a signal that was never read
ABSENT_DC = const(-2000)  # temperature of a sensor that is not fitted (JK's own code)
CELLS_MAX = const(8)


class Snapshot:
    """Everything the board knows about this moment, in integers.

    Units stand in the names: mV, mA, 0.1 degC (`dc`), ms, s, mAh, per mille (`pm`), mOhm.
    Currents are positive while charging. `seq` counts completed steps.
    """

    def __init__(self):
        self.seq = 0

        # Written by the board's sampler.
        self.cell_mv = array("H", [0] * CELLS_MAX)
        self.cells_age_ms = NEVER_MS
        self.stack_mv = 0
        self.stack_age_ms = NEVER_MS
        self.current_ma = 0
        self.current_age_ms = NEVER_MS
        self.t1_dc = ABSENT_DC
        self.t1_age_ms = NEVER_MS
        self.t2_dc = ABSENT_DC
        self.t2_age_ms = NEVER_MS
        self.mos_dc = ABSENT_DC
        self.mos_age_ms = NEVER_MS
        self.gates_on = 0
        self.lease_alive = False
        self.short_mask = 0
        self.charger_present = False
        self.load_present = False

        # Written by the pack summary.
        self.cell_count = CELLS_MAX
        self.pack_mv = 0
        self.cell_max_mv = 0
        self.cell_min_mv = 0
        self.cell_max_at = 0
        self.cell_min_at = 0
        self.cell_avg_mv = 0
        self.cell_delta_mv = 0
        self.cells_found = 0
        self.taps_wrong = 0
        self.power_mw = 0

        # Written by the gauge.
        self.soc_pm = 0
        self.soc_est_pm = 0
        self.soc_conf_pm = 1000
        self.remain_mah = 0
        self.full_mah = 0
        self.cycle_mah = 0
        self.cycle_count = 0
        self.charge_count = 0
        self.full_cycles = 0  # equivalent ones: charge drawn over capacity
        self.soh_pm = 1000
        self.ohm_pm = 1000  # resistance over the cell table's
        self.run_s = 0

        # Written by the guard.
        self.fault_word = 0
        self.own_word = 0
        self.allowed = 0
        self.assist_ok = False
        self.balance_ok = False
        self.power_down = False

        # Written by the arbiter.
        self.wanted = 0
        self.gates_cmd = 0
        self.assist = 0

        # Written by the balancing scheduler.
        self.bal_state = 0
        self.bal_stage = 0
        self.bal_ma = 0
        self.bal_from = 255
        self.bal_to = 255
        self.cell_pm = array("H", [1000] * CELLS_MAX)  # capacity over the mean of all
        self.wire_mohm = array("H", [0] * CELLS_MAX)
        self.wire_bad = 0
        self.wire_open = 0
