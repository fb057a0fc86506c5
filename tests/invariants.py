"""The invariants: what must hold after every step of every run.

Two observers. `Measured` judges the gates against what the firmware itself measured, to
the tick. `Physical` judges them against the virtual pack's truth, with the slack that
sensor accuracy and sampling allow. Both are written from the manual and the settings, not
from the rules: they keep their own clocks.
"""

from firmware.app import PERIOD_MS
from protection.rule import CHG, DSG

SENSOR_MV = 6  # ± 5 mV (manual table 1) and a count
SENSOR_DC = 2
STEP_MS = PERIOD_MS
SLICE_MS = 500


class Broken(AssertionError):
    """An invariant that did not hold; says which, when and why."""


class Invariants:
    """Call it with the simulation after every step; raises `Broken`."""

    def __init__(self, physical=True):
        self._bms = None
        self._physical = physical

    def __call__(self, sim):
        if sim.bms is not self._bms:
            self._bms = sim.bms
            self._measured = Measured(sim)
            self._truth = Physical(sim)
        self._measured.look(sim)
        if self._physical:
            self._truth.look(sim)


class _Held:
    """How long a condition has been true without a break, in ms."""

    def __init__(self):
        self.ms = {}

    def count(self, name, true, dt_ms):
        self.ms[name] = self.ms.get(name, 0) + dt_ms if true else 0
        return self.ms[name]


class Measured:
    """I1–I10, I17, I18 on the firmware's own measurements."""

    def __init__(self, sim):
        self._held = _Held()
        self._then_ms = sim.clock.now_ms - STEP_MS
        self._short_ms = None
        self._settings = None
        self._run_s = 0
        self._on = 0
        self._opened_ms = {}

    def look(self, sim):
        bms, board = sim.bms, sim.board
        snap = bms.snap
        now_ms = sim.clock.now_ms
        dt_ms = now_ms - self._then_ms
        self._then_ms = now_ms
        on = snap.gates_cmd & ~snap.assist
        self._toggles(bms, snap, on, now_ms)
        line = board.gates.line()

        self._limits(bms, snap, on, dt_ms)
        self._blind(bms, snap, line)
        self._short(bms, snap, line, now_ms)
        self._assist(bms, snap)
        _need(line & ~snap.gates_cmd == 0, sim, "a gate is closed that was not commanded")
        _need(on & ~snap.wanted == 0, sim, "I8 a switched-off gate is closed")
        _need(on & ~snap.allowed == 0, sim, "a forbidden gate is closed")
        _need(0 <= snap.soc_pm <= 1000, sim, "I17 SOC outside 0..1000")
        _need(snap.run_s >= self._run_s, sim, "I17 run time went back")
        self._run_s = snap.run_s
        if bms.settings is not self._settings:
            self._settings = bms.settings
            bms.settings.changed({}, board.facts)  # I18: raises when it would be refused

    def _limits(self, bms, snap, on, dt_ms):
        limits = bms.limits
        held = self._held.count
        cell_ms = limits.get("cell_delay_ms") + dt_ms
        temp_ms = limits.get("temp_delay_ms") + dt_ms
        fresh = snap.cells_age_ms == 0
        cells = snap.cell_mv[: limits.get("cell_count")]
        fitted = limits.get("sensors_fitted")
        temps = [dc for bit, dc in ((1, snap.t1_dc), (2, snap.t2_dc)) if fitted & bit]
        over = fresh and max(cells) > limits.get("cell_ovp_mv")
        under = fresh and min(cells) < limits.get("cell_uvp_mv")
        hot = temps and max(temps) > limits.get("chg_otp_dc")
        cold = temps and min(temps) < limits.get("chg_utp_dc")
        hot_load = temps and max(temps) > limits.get("dsg_otp_dc")
        hot_mos = snap.mos_dc > limits.get("mos_otp_dc")
        chg_over = snap.current_ma > limits.get("chg_limit_ma")
        dsg_over = -snap.current_ma > limits.get("dsg_limit_ma")
        for name, true, allowed_ms, gate in (
            ("I1 OVP", over, cell_ms, CHG),
            ("I2 UVP", under, cell_ms, DSG),
            ("I3 charge OCP", chg_over, limits.get("chg_ocp_delay_s") * 1000 + dt_ms, CHG),
            ("I3 discharge OCP", dsg_over, limits.get("dsg_ocp_delay_s") * 1000 + dt_ms, DSG),
            ("I4 charge OTP", hot, temp_ms, CHG),
            ("I4 charge UTP", cold, temp_ms, CHG),
            ("I4 discharge OTP", hot_load, temp_ms, DSG),
            ("I4 MOS OTP", hot_mos, temp_ms, CHG | DSG),
        ):
            past_ms = held(name, true, dt_ms)
            if past_ms >= allowed_ms and on & gate:
                raise Broken(
                    "%s: past its limit for %d ms and the gate is closed" % (name, past_ms)
                )

    def _toggles(self, bms, snap, on, now_ms):
        # I12, I6: a gate that a rule opened stays open for the shortest release time.
        for bit in (CHG, DSG):
            if self._on & bit and not snap.allowed & bit:
                self._opened_ms[bit] = now_ms
            if on & bit and not self._on & bit and bit in self._opened_ms:
                waited_ms = now_ms - self._opened_ms.pop(bit)
                if waited_ms < min(bms.limits.get("cell_delay_ms"), 1000) - STEP_MS:
                    raise Broken("I6: gate %d closed again after %d ms" % (bit, waited_ms))
        self._on = on

    def _blind(self, bms, snap, line):
        if snap.cells_age_ms > 800 or snap.current_age_ms > 300 or snap.mos_age_ms > 500:
            if line:
                raise Broken("I7: a needed signal is stale and a gate is closed")

    def _short(self, bms, snap, line, now_ms):
        if snap.short_mask:
            if line:
                raise Broken("I5: short latch seen and a gate is closed")
            if self._short_ms is None:
                self._short_ms = now_ms
        elif self._short_ms is not None:
            waited_ms = now_ms - self._short_ms
            self._short_ms = None
            if waited_ms < bms.limits.get("scpr_s") * 1000 - STEP_MS:
                raise Broken("I5: re-armed after %d ms" % waited_ms)

    def _assist(self, bms, snap):
        if not snap.assist:
            return
        full_ma = bms.board.facts.FULL_SCALE_MA
        flowing_ma = snap.current_ma if snap.assist == DSG else -snap.current_ma
        if flowing_ma < full_ma // 100:
            raise Broken("I9: assist at %d mA" % snap.current_ma)
        other = (CHG | DSG) ^ snap.assist
        if not (snap.gates_cmd | bms.guard.welded) & other:
            raise Broken("I9: assist while the other gate is open")


class Physical:
    """The same on the virtual pack's truth, while no sensor was made to lie."""

    def __init__(self, sim):
        self._held = _Held()
        self._slice_ms = -2000
        self._then_ms = sim.clock.now_ms - STEP_MS

    def look(self, sim):
        now_ms = sim.clock.now_ms
        dt_ms = now_ms - self._then_ms
        self._then_ms = now_ms
        board, pack, limits = sim.board, sim.pack, sim.bms.limits
        if board.faults.sensors:
            self._held = _Held()
            return
        channels = board.gates.channels()
        assist = sim.bms.snap.assist
        count = pack.cells.count
        # While a tap is closed no cell is seen: a slice of up to half a second goes unjudged.
        if sim.bms.snap.cells_age_ms:
            self._slice_ms = now_ms
        blind_ms = SLICE_MS if now_ms - self._slice_ms < 2000 else 0
        volts_mv = [pack.cell_v(i) * 1000 for i in range(count)]
        cell_ms = limits.get("cell_delay_ms") + 2 * STEP_MS + blind_ms
        temp_ms = limits.get("temp_delay_ms") + 2 * STEP_MS
        current_ma = pack.current_a * 1000
        slack_ma = board.facts.FULL_SCALE_MA // 200
        mos_dc = pack.mos_c * 10
        for name, true, allowed_ms, gate in (
            ("OVP", max(volts_mv) > limits.get("cell_ovp_mv") + SENSOR_MV, cell_ms, CHG),
            ("UVP", min(volts_mv) < limits.get("cell_uvp_mv") - SENSOR_MV, cell_ms, DSG),
            (
                "charge OCP",
                current_ma > limits.get("chg_limit_ma") + slack_ma,
                limits.get("chg_ocp_delay_s") * 1000 + 2 * STEP_MS,
                CHG,
            ),
            (
                "discharge OCP",
                -current_ma > limits.get("dsg_limit_ma") + slack_ma,
                limits.get("dsg_ocp_delay_s") * 1000 + 2 * STEP_MS,
                DSG,
            ),
            ("MOS OTP", mos_dc > limits.get("mos_otp_dc") + SENSOR_DC, temp_ms, CHG | DSG),
        ):
            past_ms = self._held.count(name, true, dt_ms)
            if past_ms > allowed_ms + dt_ms and channels & gate & ~assist & ~board.gates.welded:
                if not board.gates.slow:
                    raise Broken("physical %s for %d ms, MOSFET conducts" % (name, past_ms))


def _need(true, sim, what):
    if not true:
        raise Broken("%s at %d ms" % (what, sim.clock.now_ms))
