"""Runs the converter: in short slices, between which all taps open and all cells are scanned.

Theory of operation
-------------------
    OFF ──allowed──▶ REST ──storage board──▶ TAKE ─▶ SETTLE ─▶ TAKE … until storage is full
                      │                      GIVE ─▶ SETTLE ─▶ GIVE … until it is empty ─▶ REST
                      ├───cell to cell─────▶ DIRECT ─▶ SETTLE ─▶ DIRECT …
                      ├───passive chip─────▶ BLEED ─▶ SETTLE ─▶ BLEED …
                      └───leads due────────▶ PROBE (wires.py) ─▶ REST
    any state ──not allowed, stale, hot, bad lead, switch──▶ OFF, within the step, taps open

Decisions use only a scan that began with all taps open (`cells_age_ms` 0, I14); a slice never
outlives `_SLICE_MS`, a phase `_PHASE_MS`, and a converter that does not deliver is left
alone for a while. What flowed is booked from the measured current, mAs by mAs.

The transfer object (hal/api.py): attributes `kind` ("storage", "direct", "bleed", "none"),
`max_ma`, `kappa_pm`, `storage_empty_mv`, `storage_full_mv`, `bleed_cells`, `senses_leads`;
verbs `take(cell, ma)`, `give(cell, ma)`, `move(source, sink, ma)`, `bleed(mask)`, `stop()`,
each of which opens every tap before it closes one; readings `current_ma()` (at the cell,
- taking, + giving), `storage_mv()`, `cell_mv_under_transfer()`.
"""

from balancing import choose, saved
from balancing.chemistry import LIFEPO4, Chemistry
from balancing.ledger import Ledger
from balancing.observer import Observer
from firmware.events import BALANCED

# in this order: from TAKE on a tap is closed, TAKE..DIRECT move charge between cells
OFF, REST, SETTLE, TAKE, GIVE, DIRECT, BLEED, PROBE = range(8)
NO_CELL = 255
JK_OFF, JK_CHARGING, JK_DISCHARGING = 0, 1, 2  # JK record 02, byte 172

_SLICE_MS = 500
_PHASE_MS = 120_000
_FRESH_MS = 0
_LOOK_MS = 2000  # at rest a decision may wait this long
_HOT_DC, _COOL_DC = 700, 650  # below the MOS OTP of 75 C, so that balancing yields first
_NOT_DUE, _BEFORE_A_TRANSFER, _NOW = 0, 1, 2  # measuring the leads
_TOLD_MAS = 36_000  # a session that moved less than 10 mAh is not worth a line in the journal
_STAY_MS = 4000  # so long a pair goes on without comparing all cells anew
_JUMP_MV = 200  # of the stack, within a slice
_DEAF_MS = 2000  # a converter that moves less than a tenth of what it was told
_REPRIEVE_MS = 60_000
# choose.is_worth: what a difference must exceed to start and to go on, while the ledger is
# young; the same after a long pass; and after the cells were full. Before that nothing is
# urgent, so it starts surely; from there on the rest of the debt is due, but for the last tenths
# of a per cent: 1 % is asked for, and which way they would have to go is in doubt.
_TENTHS = (25, 20, 12, 8, 6, 3)
_FLOOR = (50, 20, 25, 20, 12, 8)
# choose.pair_by_debt: by how many tenths of its own doubt each cell of a pair must lie on its
# side of the level, so that one cell's great debt does not push another across. Full cells with
# knees know their sides; where there is none, only a difference of `_FAR` overrules the doubt.
_SIDE_KNEE, _SIDE_STEEP = (20, 3, 0), (20, 10, 8)
_NEVER = 1 << 28
_FAR = (_NEVER, _NEVER, 58)


class Scheduler:
    """Writes the balancer's fields of the snapshot and is the only one to drive the transfer.

    events: where a session that ended is told; look_ms: how often it decides while nothing
    moves, 0 for a caller with slow steps.
    """

    def __init__(self, snap, transfer, events=None, look_ms=_LOOK_MS):
        self.events, self.look_ms = events, look_ms
        self.snap, self.transfer = snap, transfer
        self.stage, self.phase = OFF, REST
        self.ledger = self.observer = self.wires = None
        self.cells = self.max_ma = 0
        self.mode = self.trigger_mv = self.stop_mv = self.start_mv = self.low_mv = 0
        self.take_mv = self.give_mv = 0
        self.is_on = self.is_running = self.is_hot = False
        self.probe_due = _NOT_DUE
        self.session_mas = 0
        self.slice_ms = self.phase_ms = self.deaf_ms = self.banned_ms = 0
        self.is_idle = False
        self.stack_mv = self.flow_mams = self.stay_ms = 0
        self.idle_ms = self.idle_mams = 0
        self.source = self.sink = NO_CELL
        self.mask = 0
        self.can_probe, self.bleed_cells = False, 0
        self.identity, self.side = None, _SIDE_KNEE
        self._show(0)

    def load(self, settings):
        """At a settings swap: resolve every name; a pack that changed is learned anew."""
        get, board = settings.get, self.transfer
        # An unconfigured board does not balance; some chemistry stands in until it does.
        chemistry = get("chemistry") or LIFEPO4
        identity = (get("cell_count"), chemistry, get("capacity_mah"), get("balance_point"))
        self._halt(OFF)
        if identity != self.identity:
            self.identity = identity
            self.cells = identity[0]
            self.ledger = Ledger(self.cells, identity[2])
            chemistry = Chemistry(chemistry, get("cell_table"))
            self.side = _SIDE_KNEE if chemistry.knee_mv else _SIDE_STEEP
            self.observer = Observer(
                self.cells,
                chemistry,
                identity[2],
                self.ledger,
                board.kappa_pm,
                self.snap.cell_pm,
                identity[3],
            )
            self.wires = None
        self.is_on = bool(get("balance_switch_on")) and board.kind != "none"
        self.max_ma = min(get("balance_max_ma"), board.max_ma, get("capacity_mah") // 10)
        self.mode = get("balance_mode")
        self.trigger_mv, self.start_mv = get("balance_trigger_mv"), get("balance_start_mv")
        has_hysteresis = get("balance_hysteresis_on")
        self.stop_mv = self.trigger_mv // 2 if has_hysteresis else self.trigger_mv
        self.low_mv = self.start_mv - 10 if has_hysteresis else self.start_mv
        self.take_mv = get("cell_ovp_mv") - choose.OVP_MARGIN_MV
        self.give_mv = get("cell_uvp_mv") + choose.UVP_MARGIN_MV
        # a converter that cannot report voltage under transfer says so; passive chips never can
        self.can_probe = board.kind in ("storage", "direct") and getattr(
            board, "senses_leads", True
        )
        if self.can_probe and not self.wires:
            # Only here: a board that senses no lead leaves the module out.
            from balancing.wires import Wires

            self.wires = Wires(self.cells)
        self.bleed_cells = getattr(board, "bleed_cells", 4)
        self.probe_due = _BEFORE_A_TRANSFER if self.can_probe else _NOT_DUE

    def probe(self):
        """On command: forget the verdict and measure the leads as soon as balancing may.

        False where that is never: no such converter, or balancing is switched off.
        """
        if not (self.can_probe and self.is_on):
            return False
        self.probe_due = _NOW
        self.snap.wire_bad = self.snap.wire_open = 0
        return True

    def work(self):
        """Outside the step: a bounded piece of learning; False when there is none to do."""
        return self.observer.work()

    def save(self, buf, at):
        """Write what is owed into `buf` from `at` on, for the store: `SAVED_BYTES`."""
        saved.save(self.observer, self.identity, buf, at)

    def restore(self, buf, at):
        """Go on from `buf` after a reset; False if it is not this pack's."""
        return saved.restore(self.observer, self.identity, buf, at)

    def step(self, dt_ms, allowed):
        """In the step: act on this sample, `allowed` by the arbiter or not.

        At rest no tap is closed and nothing is in a hurry: the charge is summed, and one
        look every two seconds does the rest.
        """
        current_ma = self.snap.current_ma
        if self.is_idle:
            self.idle_ms += dt_ms
            self.idle_mams += current_ma * dt_ms
            if self.idle_ms < self.look_ms:
                return
            dt_ms, self.idle_ms = self.idle_ms, 0
            current_ma, self.idle_mams = self.idle_mams // dt_ms, 0
        self._act(current_ma, dt_ms, allowed)

    def _act(self, current_ma, dt_ms, allowed):
        """Account for what flowed, stop what must stop, decide on a fresh scan."""
        snap, stage = self.snap, self.stage
        ma = 0
        if stage >= TAKE:
            ma = self.transfer.current_ma()
            self.flow_mams += ma * dt_ms
        is_fresh = snap.cells_age_ms == _FRESH_MS
        if is_fresh:
            self.observer.note(snap, current_ma, dt_ms)
        else:
            self.observer.count(current_ma, dt_ms)
        self.banned_ms = max(self.banned_ms - dt_ms, 0)
        if not (allowed and self.is_on and self._is_sound(dt_ms)):
            self._halt(OFF)
        elif stage == PROBE:
            self._probe(is_fresh)
        elif stage >= TAKE:
            self._watch(dt_ms, ma)
        elif not is_fresh or self.banned_ms:
            self.stage = SETTLE if stage == SETTLE else REST
        else:
            self._decide()
        if stage != self.stage:
            ma = self.transfer.current_ma() if TAKE <= self.stage <= BLEED else 0
        self._show(ma)
        self.is_idle = self.look_ms > 0 and self.stage <= REST and not self.is_running

    def _is_sound(self, dt_ms):
        """False where the hardware asks for a pause, whatever the arbiter allows."""
        snap = self.snap
        self.is_hot = snap.mos_dc > (_COOL_DC if self.is_hot else _HOT_DC)
        is_stale = snap.cells_age_ms > _SLICE_MS + 2 * max(dt_ms, 50)
        return not (self.is_hot or is_stale or snap.wire_bad or snap.wire_open)

    def _book(self):
        """Enter what the slice that ends here has moved into the ledger."""
        stage, flow, ledger = self.stage, self.flow_mams, self.ledger
        self.flow_mams = 0
        if stage == PROBE:
            ledger.book(self.wires.cell, flow)
        elif stage == BLEED:
            for i in range(self.cells):
                if self.mask >> i & 1:
                    self.session_mas -= flow // 1000
                    ledger.book(i, flow)
        else:
            if stage != GIVE:
                self.session_mas -= flow // 1000
            ledger.book(self.sink if stage == GIVE else self.source, flow)
            if stage == DIRECT:
                ledger.book(self.sink, -(flow // 100) * self.transfer.kappa_pm // 10)

    def _watch(self, dt_ms, ma):
        """End the slice in time; end the phase where storage or patience is at its limit."""
        board, stage = self.transfer, self.stage
        self.slice_ms += dt_ms
        self.phase_ms += dt_ms
        if abs(self.snap.stack_mv - self.stack_mv) > _JUMP_MV:
            # While a tap is closed no cell is seen, but the stack is: something happened.
            self._pause(stage)
            return
        is_deaf = abs(ma) * 10 < self.max_ma
        self.deaf_ms = self.deaf_ms + dt_ms if is_deaf else 0
        if self.deaf_ms > _DEAF_MS:
            self.deaf_ms, self.banned_ms = 0, _REPRIEVE_MS
            self._run(False)
            self._halt(REST)
        elif stage == TAKE and (
            board.storage_mv() >= board.storage_full_mv or self.phase_ms >= _PHASE_MS
        ):
            self._pause(GIVE)
        elif stage == GIVE and (
            board.storage_mv() <= board.storage_empty_mv or self.phase_ms >= _PHASE_MS
        ):
            self._pause(REST)
        elif self.phase_ms >= _PHASE_MS:
            self._pause(REST)
        elif self.slice_ms + dt_ms > _SLICE_MS:
            self._pause(stage)

    def _pause(self, phase):
        """All taps open until a fresh scan; then `phase` goes on."""
        self.transfer.stop()
        self._book()
        if phase != self.phase:
            self.phase_ms = 0
        self.stage, self.phase = SETTLE, phase

    def _halt(self, stage):
        """All taps open, nothing to go on with."""
        if self.stage > REST:
            self.transfer.stop()
        if self.flow_mams:
            self._book()
        self.stage, self.phase = stage, REST
        self.phase_ms = 0
        if stage == OFF:
            self._run(False)

    def _run(self, is_running):
        """Open or close a session; the leads are measured again before the next one."""
        if self.is_running and not is_running:
            self.probe_due = max(self.probe_due, self.can_probe)
            if self.events and self.session_mas >= _TOLD_MAS:
                self.events.post(BALANCED, self.source << 8 | self.sink, self.session_mas // 3600)
            self.session_mas = 0
        self.is_running = is_running

    def _decide(self):
        """On a fresh scan with all taps open: the next slice, or rest."""
        kind = self.transfer.kind
        if kind == "bleed":
            self._bleed()
            return
        pair = self._pair()
        if self.probe_due > (pair == choose.NONE):
            self.wires.begin()
            self.probe_due = _NOT_DUE
            self._enter(PROBE)
            return
        self._run(pair != choose.NONE)
        if self.is_running:
            self.source, self.sink = pair >> 8, pair & 255
        if kind == "storage":
            self._store()
        elif self.is_running:
            self._enter(DIRECT)
            self.transfer.move(self.source, self.sink, self.max_ma)
        else:
            self._halt(REST)

    def _store(self):
        """A storage board: go on taking or giving, or begin."""
        board = self.transfer
        if self.phase == GIVE or (self.phase == TAKE and not self.is_running):
            holds_some = board.storage_mv() > board.storage_empty_mv
            if holds_some and self.snap.cell_mv[self.sink] < self.take_mv:
                self._enter(GIVE)
                board.give(self.sink, self.max_ma)
                return
            self._halt(REST)
        elif self.is_running and board.storage_mv() < board.storage_full_mv:
            self._enter(TAKE)
            board.take(self.source, self.max_ma)
        elif self.is_running:
            self._enter(GIVE)
            board.give(self.sink, self.max_ma)
        else:
            self._halt(REST)

    def _pair(self):
        """Debt first; voltage where the mode or the knee makes it trustworthy."""
        cell_mv, give_mv, take_mv = self.snap.cell_mv, self.give_mv, self.take_mv
        if self.mode:
            give_mv = max(give_mv, self.low_mv if self.is_running else self.start_mv)
            return choose.pair_by_voltage(cell_mv, self.cells, give_mv, take_mv, self._apart_mv())
        p = self._prudence()
        tenths, floor = _TENTHS[p], _FLOOR[p]
        self.stay_ms -= self.slice_ms
        if self.is_running and self.stay_ms > 0:
            source, sink = self.source, self.sink
            if cell_mv[source] > give_mv and cell_mv[sink] < take_mv:
                if choose.is_worth(self.ledger, source, sink, tenths, floor):
                    return source * 256 + sink
        self.stay_ms = _STAY_MS
        ripe = self.ledger.ripe
        side, far = self.side[ripe], _FAR[ripe]
        pair = choose.pair_by_debt(self.ledger, cell_mv, give_mv, take_mv, tenths, floor, side, far)
        if pair == choose.NONE and self.ledger.leader >= 0:
            give_mv = max(give_mv, self.start_mv)
            pair = choose.pair_by_lead(self.ledger, cell_mv, give_mv, take_mv)
        return pair

    def _apart_mv(self):
        return self.stop_mv if self.is_running else self.trigger_mv

    def _prudence(self):
        """Which column of the table above holds now."""
        return 2 * self.ledger.ripe + self.is_running

    def _bleed(self):
        """A passive chip: the richest cells, by debt or by the manual's rule."""
        cell_mv, give_mv, most = self.snap.cell_mv, self.give_mv, self.bleed_cells
        if self.mode:
            give_mv = max(give_mv, self.low_mv if self.is_running else self.start_mv)
            self.mask = choose.bleed_by_voltage(
                cell_mv, self.cells, give_mv, self._apart_mv(), most
            )
        else:
            p = self._prudence()
            self.mask = choose.bleed_by_debt(
                self.ledger, cell_mv, give_mv, _TENTHS[p], _FLOOR[p], most
            )
        self._run(self.mask != 0)
        if self.is_running:
            self._enter(BLEED)
            self.transfer.bleed(self.mask)
        else:
            self._halt(REST)

    def _enter(self, stage):
        if stage != self.phase:
            self.phase_ms = 0
        self.stage = self.phase = stage
        self.slice_ms = 0
        self.stack_mv = self.snap.stack_mv

    def _probe(self, is_fresh):
        """Let wires.py take its samples; publish its verdict when it is complete."""
        self._book()
        if self.wires.step(self.snap, self.transfer, self.max_ma, is_fresh):
            self._halt(REST)

    def _show(self, ma):
        """The balancer's part of the snapshot: current with sign, the two cells (5.3.2 o)."""
        snap, stage = self.snap, self.stage
        snap.bal_stage = stage
        snap.bal_ma = ma
        acting = self.phase if stage == SETTLE else stage
        is_pair = TAKE <= acting <= DIRECT
        snap.bal_from = self.source if is_pair else NO_CELL
        snap.bal_to = self.sink if is_pair else NO_CELL
        if acting == GIVE:
            snap.bal_state = JK_CHARGING
        else:
            snap.bal_state = JK_DISCHARGING if is_pair or acting == BLEED else JK_OFF
