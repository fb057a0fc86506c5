"""Service: what an authorised person asks of the board besides changing parameters.

Each verb does what it says, or raises `firmware.settings.Refused` and nothing changed.
Whether the person may ask, and to write down that it was asked, is the session's business.
"""

from micropython import const

from firmware.calibrate import ZeroTracker, current_gain_ppm, volt_gain_ppm, zero_ma
from firmware.events import CLOCK_SET, FACTORY_RESET, SHUTDOWN
from firmware.records import ACCESS, CALIBRATION, CALIBRATION_LAYOUT
from firmware.settings import CHEMISTRIES, Refused, Settings, preset

_DATE_MAX_S = const(0x3FFFFFFF)  # the year 2054


class Service:
    """Commissioning (D38), calibration (D18, D19), state of charge, date, reset, shutdown."""

    def __init__(self, bms):
        self._bms = bms
        payload = bms.keeper.payload(CALIBRATION)
        self.calibration = CALIBRATION_LAYOUT.unpack(payload, True)
        self._tracker = ZeroTracker(
            bms.board.facts.FULL_SCALE_MA, self.calibration["current_zero_ma"]
        )
        self._before_mv = 0
        self._moved_mv = 0
        self._use()

    def commission(self, chemistry, cell_count, sensors_fitted):
        """Confirm what the pack is: chemistry 1..3, cells, sensors fitted (bit 0 T1, bit 1 T2).

        Another chemistry brings its preset. Refused while a cell lies outside the new
        limits. Both MOSFETs open and every rule earns its release anew.
        """
        bms = self._bms
        if chemistry not in CHEMISTRIES:
            raise Refused("chemistry", "%d is none of 1..3" % chemistry)
        changes = {}
        if chemistry != bms.settings.get("chemistry"):
            changes = preset(chemistry)
        changes["chemistry"] = chemistry
        changes["cell_count"] = cell_count
        changes["sensors_fitted"] = sensors_fitted
        record = bms.settings.changed(changes, bms.board.facts)
        self._need_cells_within(record, chemistry, cell_count)
        bms.gates.drive(0)
        bms.change(changes)
        bms.guard.begin_again()

    def calibrate_voltage(self, pack_mv):
        """The pack's true voltage in mV: one gain for all cells and the stack (D18)."""
        snap = self._bms.snap
        faulty = bool(snap.fault_word & ~self._bms.guard.standing_word) or snap.cells_age_ms > 0
        gain_ppm = volt_gain_ppm(
            self.calibration["cell_gain_ppm"], snap.pack_mv, pack_mv, self._moved_mv, faulty
        )
        self._keep(cell_gain_ppm=gain_ppm, stack_gain_ppm=gain_ppm)

    def calibrate_current(self, true_ma):
        """The true current in mA, signed as the reading (D19)."""
        gain_ppm = current_gain_ppm(
            self.calibration["current_gain_ppm"],
            self._current_ma(),
            true_ma,
            self._bms.board.facts.FULL_SCALE_MA,
        )
        self._keep(current_gain_ppm=gain_ppm)

    def zero_current(self):
        """No current flows now: what is read becomes 0 (D19)."""
        snap = self._bms.snap
        if snap.gates_on or snap.gates_cmd:
            if snap.charger_present or snap.load_present:
                raise Refused("zero", "a charger or a load is attached")
        offset_ma = zero_ma(
            self.calibration["current_zero_ma"],
            self._current_ma(),
            self._bms.board.facts.FULL_SCALE_MA,
        )
        self._keep(current_zero_ma=offset_ma)
        self._tracker.zero_ma = offset_ma

    def _current_ma(self):
        """What the current sensor reads, while it answers."""
        snap = self._bms.snap
        if snap.current_age_ms:
            raise Refused("current", "nothing is read")
        return snap.current_ma

    def set_soc(self, pm):
        """State the state of charge, 0..1000 per mille."""
        if not 0 <= pm <= 1000:
            raise Refused("soc_pm", "%d is outside 0..1000" % pm)
        self._bms.gauge.set_soc(pm)

    def store_record(self, number, payload):
        """Store what belongs to another module (`records.ACCESS` …), or raise `Refused`."""
        self._bms.need_quiet()
        self._bms.keeper.save(number, payload)

    def factory_reset(self):
        """Settings, passwords and name as new; not configured any more (D27), or `Refused`.

        Counters, learned capacity, calibration, journal and latches stay. Settings go
        first: a cut between the two leaves a board that can do nothing but be logged in to.
        """
        bms = self._bms
        bms.need_quiet()
        settings = Settings(None, bms.board.facts)
        bms.keeper.save_settings(settings)
        bms.apply(settings)
        bms.events.post(FACTORY_RESET, 0, 0)
        bms.keeper.save(ACCESS, b"")

    def set_clock(self, date_s):
        """Take over the date, in seconds since 2020-01-01, for the journal."""
        if not 0 < date_s <= _DATE_MAX_S:
            raise Refused("clock", "%d is outside 1..%d" % (date_s, _DATE_MAX_S))
        self._bms.events.post(CLOCK_SET, self.date_s(), date_s)
        self._bms.keeper.epoch_s = date_s - self._bms.snap.run_s

    def date_s(self):
        """Now, in seconds since 2020-01-01; 0 when the clock was never set."""
        return self._bms.keeper.date_s(self._bms.snap.run_s)

    def restart(self):
        """Write down what is left, open both gates, reset the processor."""
        self._end()
        self._bms.board.power.restart()

    def shutdown(self):
        """Write down what is left, open both gates, cut the supply."""
        self._bms.power_off()

    def look(self):
        """Once a second: follow the zero while both MOSFETs are open, watch the voltage."""
        snap = self._bms.snap
        self._moved_mv = snap.pack_mv - self._before_mv
        self._before_mv = snap.pack_mv
        both_open = not (snap.gates_cmd or snap.gates_on)
        tracker = self._tracker
        offset_ma = self.calibration["current_zero_ma"]
        tracker.track(snap.current_ma + offset_ma, both_open and snap.current_age_ms == 0, 1000)
        if tracker.zero_ma != offset_ma:
            self.calibration["current_zero_ma"] = tracker.zero_ma
            self._use()

    def _end(self):
        self._bms.gates.drive(0)
        self._bms.events.post(SHUTDOWN, self._bms.snap.cell_max_mv, self._bms.snap.cell_min_mv)
        self._bms.keeper.end(self._bms)

    def _keep(self, **changes):
        calibration = dict(self.calibration)
        calibration.update(changes)
        self.store_record(CALIBRATION, CALIBRATION_LAYOUT.pack(calibration))
        self.calibration = calibration
        self._use()

    def _use(self):
        calibration = self.calibration
        self._bms.board.sampler.calibrate(
            calibration["cell_gain_ppm"],
            calibration["stack_gain_ppm"],
            calibration["current_gain_ppm"],
            calibration["current_zero_ma"],
        )

    def _need_cells_within(self, record, chemistry, cell_count):
        snap = self._bms.snap
        if snap.cells_age_ms > 1000:
            raise Refused("cell_count", "the cells cannot be read")
        floor_mv = CHEMISTRIES[chemistry][2]
        ceiling_mv = record.get("cell_ovp_mv")
        for i in range(cell_count):
            mv = snap.cell_mv[i]
            if not floor_mv <= mv <= ceiling_mv:
                raise Refused(
                    "chemistry",
                    "cell %d has %d mV, outside %d..%d" % (i + 1, mv, floor_mv, ceiling_mv),
                )
