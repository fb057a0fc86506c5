"""Setup: programs a Bq76952's data memory, reads every byte back, and keeps watch over it.

Theory of operation. The chip forgets its configuration whenever it resets. `advance` goes
through IDENTIFY → ENTER → WRITE → LEAVE → VERIFY → ENABLE → READY, a bounded number of
bus transactions a call, so that it can run inside a step; any failure goes back to
IDENTIFY. Once READY, `patrol` reads one row back a call, for ever: a row that differs
starts all over. While it is not READY no gate may be closed.

Hardware limits are wider than any that software may set and no setting touches them;
only the short-circuit delay is the user's, quantised as `scd_delay` says.
"""

import struct
from array import array

from micropython import const

from hal.chips import bq76952 as bq

IDENTIFY = const(0)
ENTER = const(1)
WRITE = const(2)
LEAVE = const(3)
VERIFY = const(4)
ENABLE = const(5)
READY = const(6)

_WRITES = const(6)  # rows a call: 2 transactions, 1.2 ms each at 100 kHz
_VERIFIES = const(3)  # rows a call: 2 transactions, 4 ms each
_PATIENCE = const(20)  # calls that a state may take before all begins anew

_CFGUPDATE = const(1 << 0)
_POR = const(1 << 3)
_FET_EN = const(1 << 4)

_SCD_THRESHOLD = const(0x9286)
_SCD_DELAY = const(0x9287)
_VCELL_MODE = const(0x9304)
_SCD_STEP_US = const(15)
_SCD_STEPS = const(31)
_SCD_MV = (10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500)

# Bits of the protection enables: A is COV, CUV, OCC, OCD1, SCD; B is OTF; C is HWDF, SCDL.
_ENABLED_A = const(0xBC)
_ENABLED_B = const(0x80)
_ENABLED_C = const(0x42)


def scd_threshold(facts):
    """(code, mA): the highest threshold that does not exceed the board's wish."""
    wish_mv = facts.SCP_THRESHOLD_MA * facts.SHUNT_UOHM // 1_000_000
    code = 0
    for i in range(len(_SCD_MV)):
        if _SCD_MV[i] <= wish_mv:
            code = i
    return code, _SCD_MV[code] * 1_000_000 // facts.SHUNT_UOHM


def scd_delay(delay_us):
    """(code, us): the longest delay that does not exceed the wish; 15 us steps, 0..450 us."""
    steps = min(delay_us // _SCD_STEP_US, _SCD_STEPS - 1)
    return steps + 1, steps * _SCD_STEP_US


def rows(facts):
    """The configuration as (address, bytes low first), from the board's facts."""

    def one(address, value):
        return (address, struct.pack("<B", value & 0xFF))

    def two(address, value):
        return (address, struct.pack("<H", value & 0xFFFF))

    return [
        (0x91A8, struct.pack("<f", 7568.4 / facts.SHUNT_UOHM)),  # CC gain
        two(0x9234, 0x2882),  # no sleep: it would open the charge MOSFET by itself
        one(0x925F + 2, _ENABLED_A),
        one(0x9262, _ENABLED_B),
        one(0x9263, _ENABLED_C),
        one(0x9265, 0x98),  # what opens CHG: SCD, OCC, COV
        one(0x9267, 0x56),  # and HWDF among others of C
        one(0x9269, 0xE4),  # what opens DSG: SCD, OCD2, OCD1, CUV
        one(0x926B, 0xE2),  # and HWDF, SCDL among others of C
        two(0x926D, 0xF882),  # alarm bits that latch: FULLSCAN and ADSCAN as well
        two(0x9273, 500),  # body-diode protection, mA
        one(0x9275, facts.CUV_MV * 10 // 506),
        two(0x9276, facts.CELL_HARD_MS * 10 // 33),
        one(0x9278, -(-facts.COV_MV * 10 // 506)),
        two(0x9279, facts.CELL_HARD_MS * 10 // 33),
        one(0x9280, facts.OCC_MA * facts.SHUNT_UOHM // 2_000_000),
        one(0x9282, facts.OCD_MA * facts.SHUNT_UOHM // 2_000_000),
        one(0x9281, 127),  # over-current delays: the longest, 426 ms
        one(0x9283, 127),
        one(_SCD_THRESHOLD, scd_threshold(facts)[0]),
        one(_SCD_DELAY, scd_delay(facts.SCP_MAX_US)[0]),
        one(0x9294, 1),  # SCD itself is over after a second, before the shortest SCPR time
        one(0x9295, 1),  # one short latches until the firmware releases it
        one(0x92A0, facts.OTF_C),
        two(0x92B2, facts.LEASE_MS // 1000),  # host watchdog, s
        one(0x92B4, 1),  # load detection: 1 s on,
        one(0x92B5, 1),  # 1 s off,
        two(0x92B6, 1),  # for an hour
        one(0x92C0, 0),  # no permanent failure in the chip: the firmware latches (D36)
        one(0x92C1, 0),
        one(0x92C2, 0),
        one(0x92C3, 0),
        one(0x92FD, 0x07),  # TS1: battery thermistor, 18 kOhm pull-up
        one(0x92FF, 0x07),  # TS3: likewise
        one(0x9301, 0x0F),  # DCHG: MOSFET thermistor
        one(0x9303, 0x06),  # currents in 10 mA, stack in 10 mV
        two(_VCELL_MODE, (1 << facts.CELLS_WIRED) - 1),
        one(0x9307, 17),  # CC3 averages 17 conversions of 3 ms: the mean of a step
        one(0x9308, 0x2D),  # series MOSFETs, host control, both off until told otherwise
        one(0x933A, facts.BLEED_CELLS),
    ]


class Setup:
    """Brings `chip` to READY and keeps it there."""

    def __init__(self, chip, facts):
        self.chip = chip
        # In RAM for good, so two plain lists, and one object for equal bytes.
        table = rows(facts)
        same: dict = {}
        self._addresses = array("H", [row[0] for row in table])
        self.data = [same.setdefault(row[1], row[1]) for row in table]
        self.state = IDENTIFY
        self.failures = 0  # times that it had to begin anew
        self.wrong_row = 0  # address of the last row that did not read back
        self._at = 0
        self._first = 0  # rows that this pass writes and verifies
        self._end = len(self.data)
        self._calls = 0
        self._beat = 0

    def ready(self):
        """The chip holds the whole configuration and takes commands."""
        return self.state == READY

    def restart(self):
        """The chip is not what it was: program it anew, from its first row on."""
        self.failures += 1
        self._first = 0
        self._end = len(self.data)
        self._go(IDENTIFY)

    def set(self, address, data):
        """Change one row; the chip is reprogrammed when it differs."""
        for i in range(len(self.data)):
            if self._addresses[i] == address and self.data[i] != data:
                self.data[i] = data
                if self.state == READY:
                    self._first = i
                    self._end = i + 1
                    self._go(ENTER)
                else:
                    self.restart()

    def set_cells(self, mask):
        """Let the chip guard these inputs: what is shorted is no cell below its limit."""
        self.set(_VCELL_MODE, struct.pack("<H", mask))

    def set_scd_delay(self, delay_us):
        """Program the short-circuit delay; returns the effective one, us."""
        code, effective_us = scd_delay(delay_us)
        self.set(_SCD_DELAY, bytes((code,)))
        return effective_us

    def advance(self):
        """A bounded piece of the way to READY: at most two states, 18 ms of bus."""
        self._calls += 1
        if self._calls > _PATIENCE:
            self.restart()
        before = self.state
        self._turn()
        if self.state != before:
            self._turn()

    def _turn(self):
        state = self.state
        if state == IDENTIFY:
            self._identify()
        elif state == ENTER:
            self._enter()
        elif state == WRITE:
            self._write()
        elif state == LEAVE:
            self._leave()
        elif state == VERIFY:
            self._verify()
        elif state == ENABLE:
            self._enable()

    def patrol(self):
        """Read one row back; what differs starts all over. Allocates nothing."""
        self._beat = (self._beat + 1) % len(self.data)
        if self._matches(self._beat) == 0:
            self.restart()

    def _go(self, state):
        self.state = state
        self._at = self._first
        self._calls = 0

    def _identify(self):
        chip = self.chip
        if chip.ask(bq.DEVICE_NUMBER_CODE) and chip.answer(bq.DEVICE_NUMBER_CODE):
            if chip.word_at(0) == bq.DEVICE_NUMBER:
                self._go(ENTER)

    def _enter(self):
        if self._in_update() == 1:
            self._go(WRITE)
        else:
            self.chip.ask(bq.SET_CFGUPDATE)

    def _write(self):
        for _ in range(_WRITES):
            if self._at >= self._end:
                self._go(LEAVE)
                return
            if not self.chip.write(self._addresses[self._at], self.data[self._at]):
                return
            self._at += 1

    def _leave(self):
        if self._in_update() == 0:
            self._go(VERIFY)
        else:
            self.chip.ask(bq.EXIT_CFGUPDATE)

    def _verify(self):
        for _ in range(_VERIFIES):
            if self._at >= self._end:
                self._go(ENABLE)
                return
            found = self._matches(self._at)
            if found == 0:
                self.restart()
                return
            if found < 0:
                return
            self._at += 1

    def _enable(self):
        # FET_ENABLE toggles, so it is sent only while the flag is seen clear.
        chip = self.chip
        if chip.ask(bq.MFG_STATUS) and chip.answer(bq.MFG_STATUS):
            if chip.word_at(0) & _FET_EN:
                self._go(READY)
            else:
                chip.ask(bq.FET_ENABLE)

    def _in_update(self):
        status = self.chip.read_word(bq.BATTERY_STATUS)
        return -1 if status < 0 else status & _CFGUPDATE

    def _matches(self, at):
        # 1 it reads back, 0 it differs, -1 it could not be read.
        address = self._addresses[at]
        chip = self.chip
        if not chip.ask(address) or not chip.answer(address):
            return -1
        if chip.holds(self.data[at]):
            return 1
        self.wrong_row = address
        return 0


def lost(status):
    """The battery status (a word) says that the chip has reset and lost its memory."""
    return status & (_POR | _CFGUPDATE)
