"""Front: a Bq76952 as sampler, gates and bleeder of a board.

Theory of operation. A step asks for DASTATUS5 first and collects the answer last, so the
chip works while cells and temperatures are read. What could not be read keeps its value
and grows older; after the first failure the rest of the step is left out, which bounds
the time that a dead bus may cost. A chip that has reset is programmed anew, a piece each
step, and closes no gate meanwhile.

The lease is the chip's own host watchdog (facts.LEASE_MS): it opens both MOSFETs when
nothing is heard from the processor. Whatever else the chip cuts by itself shows as a lease
that is not alive, except the short circuit, which has its own mask.
"""

from micropython import const

from firmware.snapshot import NEVER_MS
from hal.chips import bq76952 as bq
from hal.chips.bq76952_setup import Setup, lost
from hal.correction import Correction
from protection.rule import BOTH, CHG, DSG

_FULLSCAN = const(1 << 7)  # all temperatures too, every third loop
_ADSCAN = const(1 << 1)
_SCD = const(1 << 7)  # of safety status A
_SCDL = const(1 << 6)  # of safety status C
_FET_CHG = const(1 << 0)
_FET_DSG = const(1 << 2)
_CHG_OFF = const(1 << 2)  # of FET_CONTROL
_PCHG_OFF = const(1 << 3)
_DSG_OFF = const(1 << 0)
_PDSG_OFF = const(1 << 1)

_ZERO_C_DK = const(2731)
_COLDEST_DC = const(-450)  # beyond these a thermistor is open or short
_HOTTEST_DC = const(1300)
_CC3_AT = const(20)  # CC3 current within DASTATUS5
_FLOWING_MA = const(200)
_ABOVE_MV = const(100)
_LOADED_MV = const(4000)  # LD pin below this: a load pulls it down
_CELL_MV = const(500)  # an input that shows less is shorted to its neighbour
_PATROL_STEPS = const(20)
_BLEED_STEPS = const(100)  # host balancing is renewed every 5 s


class Front:
    """hal.api.Sampler and Gates, and the bleeder of `transfer`."""

    def __init__(self, chip, facts):
        self.chip = chip
        self.setup = Setup(chip, facts)
        self._pairs = facts.CELLS_WIRED
        self._guarded = (1 << facts.CELLS_WIRED) - 1  # inputs that the chip takes for cells
        self._cells = bytearray(2 * facts.CELLS_WIRED)
        self._pack = bytearray(8)
        self._temps = bytearray(10)
        self._safety = bytearray(6)
        self._fets = bytearray(1)
        self._control = bytearray(1)
        self._bleed = bytearray(2)
        self._commanded = 0
        self._sent = -1  # what FET_CONTROL was last told; -1 unknown
        self._steps = 0
        self._bleed_age = 0
        self._correct = Correction()

    def calibrate(self, cell_ppm, stack_ppm, current_ppm, zero_ma):
        """Correct every later sample."""
        self._correct.calibrate(cell_ppm, stack_ppm, current_ppm, zero_ma)

    def start(self, calls):
        """Program the chip before the first step, in at most `calls` pieces."""
        if self.chip.read(bq.CELL_1, self._cells):
            self._guard_cells()  # it measured before anybody asked
        while calls and not self.setup.ready():
            self.setup.advance()
            calls -= 1
        return self.setup.ready()

    # Gates.

    def drive(self, mask):
        """Command both gates; nothing is closed while the chip is not configured."""
        self._commanded = mask & BOTH
        if not self.setup.ready():
            self._sent = -1
            if mask == 0:
                self.chip.ask(bq.ALL_FETS_OFF)
            return
        if self._commanded != self._sent:
            off = _PCHG_OFF | _PDSG_OFF
            if not mask & CHG:
                off |= _CHG_OFF
            if not mask & DSG:
                off |= _DSG_OFF
            self._control[0] = off
            if self.chip.write(bq.FET_CONTROL, self._control):
                self._sent = self._commanded
            else:
                self._sent = -1

    def renew(self):
        """Nothing to do: every transaction feeds the chip's host watchdog."""

    def rearm(self):
        """Release the latched short circuit."""
        self.chip.ask(bq.SCDL_RECOVER)

    def arm(self, delay_us):
        """Set the short-circuit delay; returns the effective one, us."""
        return self.setup.set_scd_delay(delay_us)

    # Sampler.

    def sample(self, snap, dt_ms):
        """Read everything once; at most 16 ms of bus at 100 kHz, 20 ms with a chip that is busy."""
        snap.cells_age_ms = _older(snap.cells_age_ms, dt_ms)
        snap.stack_age_ms = _older(snap.stack_age_ms, dt_ms)
        snap.current_age_ms = _older(snap.current_age_ms, dt_ms)
        snap.t1_age_ms = _older(snap.t1_age_ms, dt_ms)
        snap.t2_age_ms = _older(snap.t2_age_ms, dt_ms)
        snap.mos_age_ms = _older(snap.mos_age_ms, dt_ms)
        snap.lease_alive = False
        snap.gates_on = 0
        setup = self.setup
        if not setup.ready():
            self._sent = -1
            setup.advance()
            return
        status = self.chip.read_word(bq.BATTERY_STATUS)
        if status < 0:
            self._sent = -1
            return
        if lost(status):
            setup.restart()
            return
        if not self._read(snap):
            self._sent = -1
            return
        self._steps += 1
        if self._steps % _PATROL_STEPS == 0:
            setup.patrol()
        if self._bleed[0] or self._bleed[1]:
            self._renew_bleed()

    def _read(self, snap):
        chip = self.chip
        if not chip.ask(bq.DASTATUS5):
            return False
        scans = chip.read_word(bq.ALARM_STATUS)
        if scans < 0:
            return False
        if scans & _ADSCAN:
            # Cleared first: a scan that ends while it is read counts for the next step.
            if not chip.put(bq.ALARM_STATUS, scans & (_ADSCAN | _FULLSCAN)):
                return False
            if not self._scan(snap):
                return False
        if scans & _FULLSCAN and not self._temperatures(snap):
            return False
        if not chip.read(bq.SAFETY, self._safety) or not chip.read(bq.FET_STATUS, self._fets):
            return False
        if chip.answer(bq.DASTATUS5):
            snap.current_ma = self._correct.current_ma(chip.word_at(_CC3_AT) * 10)
            snap.current_age_ms = 0
        self._lines(snap)
        return True

    def _scan(self, snap):
        cells = self._cells
        pack = self._pack
        if not self.chip.read(bq.CELL_1, cells) or not self.chip.read(bq.STACK, pack):
            return False
        cell_mv = snap.cell_mv
        for i in range(self._pairs):
            mv = bq.signed(cells[2 * i], cells[2 * i + 1])
            cell_mv[i] = self._correct.cell_mv(mv) if mv > 0 else 0
        snap.cells_age_ms = 0
        snap.stack_mv = self._correct.stack_mv((pack[0] | pack[1] << 8) * 10)
        snap.stack_age_ms = 0
        if not self._commanded:
            self._guard_cells()
        return True

    def _guard_cells(self):
        # The chip must take no input that is shorted for an empty cell.
        cells = self._cells
        found = 0
        for i in range(self._pairs):
            if bq.signed(cells[2 * i], cells[2 * i + 1]) >= _CELL_MV:
                found |= 1 << i
        if found and found != self._guarded:
            self._guarded = found
            self.setup.set_cells(found)

    def _temperatures(self, snap):
        temps = self._temps
        if not self.chip.read(bq.TS1, temps):
            return False
        dc = (temps[0] | temps[1] << 8) - _ZERO_C_DK
        if _COLDEST_DC < dc < _HOTTEST_DC:
            snap.t1_dc = dc
            snap.t1_age_ms = 0
        dc = (temps[4] | temps[5] << 8) - _ZERO_C_DK
        if _COLDEST_DC < dc < _HOTTEST_DC:
            snap.t2_dc = dc
            snap.t2_age_ms = 0
        dc = (temps[8] | temps[9] << 8) - _ZERO_C_DK
        if _COLDEST_DC < dc < _HOTTEST_DC:
            snap.mos_dc = dc
            snap.mos_age_ms = 0
        return True

    def _lines(self, snap):
        safety = self._safety
        short = safety[1] & _SCD or safety[5] & _SCDL
        snap.short_mask = DSG if short else 0
        snap.lease_alive = not (safety[1] & ~_SCD or safety[3] or safety[5] & ~_SCDL)
        fets = self._fets[0]
        on = (CHG if fets & _FET_CHG else 0) | (DSG if fets & _FET_DSG else 0)
        current_ma = snap.current_ma
        told = self._commanded
        # The chip closes a blocked gate by itself to spare its body diode; that is not
        # disobedience while the current flows the other way.
        if on & CHG and told == DSG and current_ma < 0:
            on &= ~CHG
        elif on & DSG and told == CHG and current_ma > 0:
            on &= ~DSG
        snap.gates_on = on
        self._outside(snap, fets, current_ma)

    def _outside(self, snap, fets, current_ma):
        # A closed MOSFET ties its pin to the stack, so there only current tells; an open
        # one leaves PACK to the charger and LD to the load.
        pack = self._pack
        charger = current_ma > _FLOWING_MA
        load = current_ma < -_FLOWING_MA
        if not fets & _FET_CHG:
            above_mv = (pack[2] | pack[3] << 8) * 10 - snap.stack_mv
            charger = charger or above_mv > (_ABOVE_MV if fets & _FET_DSG else -_ABOVE_MV)
        if not fets & _FET_DSG:
            load = load or (pack[4] | pack[5] << 8) * 10 < _LOADED_MV
        snap.charger_present = charger
        snap.load_present = load

    # Bleeding.

    def bleed(self, mask):
        """Bleed the cells of `mask`; of two neighbours only the lower one."""
        kept = 0
        bit = 1
        for _ in range(self._pairs):
            if mask & bit and not kept & bit >> 1:
                kept |= bit
            bit <<= 1
        self._bleed[0] = kept & 0xFF
        self._bleed[1] = kept >> 8
        self._renew_bleed_now()

    def stop_bleeding(self):
        """Every bleeder off."""
        self._bleed[0] = self._bleed[1] = 0
        self._renew_bleed_now()

    def bleeding(self):
        """The mask that was last asked for."""
        return self._bleed[0] | self._bleed[1] << 8

    def _renew_bleed(self):
        self._bleed_age += 1
        if self._bleed_age >= _BLEED_STEPS:
            self._renew_bleed_now()

    def _renew_bleed_now(self):
        self._bleed_age = 0
        if self.setup.ready():
            self.chip.write(bq.CB_ACTIVE_CELLS, self._bleed)


class Bleeder:
    """hal.api.Transfer for a chip that can only bleed."""

    kind = "bleed"
    kappa_pm = 0
    storage_empty_mv = 0
    storage_full_mv = 0
    senses_leads = False

    def __init__(self, front, facts):
        self._front = front
        self.max_ma = facts.BLEED_MA
        self.bleed_cells = facts.BLEED_CELLS

    def take(self, cell, ma):
        """Bleed one cell."""
        self._front.bleed(1 << cell)

    def give(self, cell, ma):
        """A bleeder cannot give."""
        self.stop()

    def move(self, source, sink, ma):
        """A bleeder cannot move charge; it lowers the source."""
        self._front.bleed(1 << source)

    def bleed(self, mask):
        """Bleed the cells of the mask."""
        self._front.bleed(mask)

    def stop(self):
        """Every bleeder off."""
        if self._front.bleeding():
            self._front.stop_bleeding()

    def current_ma(self):
        """What a bleeder takes from its cell: the board's figure, it is not measured."""
        if not self._front.bleeding():
            return 0
        return -self.max_ma

    def storage_mv(self):
        """There is no storage."""
        return 0

    def cell_mv_under_transfer(self):
        """Not measured apart: the chip pauses bleeding while it converts."""
        return 0


def _older(age_ms, dt_ms):
    age_ms += dt_ms
    return age_ms if age_ms < NEVER_MS else NEVER_MS
