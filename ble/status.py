"""Status: record 02, encoded in place twice a second for every client; allocates nothing.

The rows are written out as code: the same fields from a table with getattr() cost three
times as many instructions. `pack_into` takes neighbours together, and the sum is taken
over what can change only: summing 299 bytes costs more than encoding them.
"""

from array import array
from struct import pack_into

from micropython import const

from ble.jk02 import RECORD_BYTES, STATUS_RECORD, begin
from firmware.settings import LFP, LI_ION, LTO
from firmware.snapshot import ABSENT_DC, CELLS_MAX

STATUS_CONSTANTS = (
    (216, b"\x01\x00"),
    (220, b"\xe8\x03"),  # discharge current correction: one
    (226, b"\x00\x00\x40\x40"),  # battery voltage correction: 3.0
    (238, b"\x00\x01\x00\x01\x00\x05"),
    (254, b"\x30\xf8\x30\xf8\x30\xf8"),  # T3..T5: absent
    (260, b"\xe8\x03"),  # charge current correction: one
    (287, b"\xfe\xff\x7f\xdc\x1f\x01"),  # which fields mean something
)
BATTERY_TYPES = {0: 0, LFP: 0, LI_ION: 1, LTO: 2}

_STALE_MS = const(2000)  # a temperature older than this is shown as not available
# Rules whose time to release has a place in the record, from byte 202 on.
RELEASES = ("dsg_ocp", "dsg_scp", "chg_ocp", "chg_scp", "cell_uvp", "cell_ovp")
_RELEASE_BITS = const(1 << 13 | 1 << 14 | 1 << 6 | 1 << 7 | 1 << 11 | 1 << 4)
_RELEASES_AT = const(202)
_LOG_AT = const(262)
_WIRES_AT = const(80)
_CELLS_AT = const(6)
_RELEASES = const(6)
# Of what moves slowly.
_WIRES = const(0)
_WAITS = const(1)
_LOG = const(2)
_DAY_TICKS_S = const(100_000_000)  # seconds that still fit when counted in tenths


class Status:
    """The record of one board; `record` holds it."""

    def __init__(self, bms, journal):
        self.record = bytearray(RECORD_BYTES)
        self._bms = bms
        self._journal = journal
        self._rules = tuple([bms.guard.by_name[name] for name in RELEASES])
        self._settings = None
        self._wires = array("H", [0] * CELLS_MAX)
        self._waits = array("H", [0] * _RELEASES)
        self._is_waiting = False  # some release time is not 0
        self._run_s = 0
        self._date_s = 0
        self._logged = 0
        self._slow_sum = 0  # of all but `_parts`
        view = memoryview(self.record)
        self._parts = (view[6:22], view[74:80], view[144:200], view[246:250])
        self._slow_parts = (view[80:96], view[202:214], view[262:270])
        self._sums = array("H", [0] * len(self._slow_parts))

    def encode(self, counter):
        """Write the snapshot into `record`; `counter` is 0..255."""
        bms = self._bms
        snap = bms.snap
        record = self.record
        if bms.settings is not self._settings:
            self._load(bms.settings)
        mv = snap.cell_mv
        pack_into("<8H", record, _CELLS_AT, mv[0], mv[1], mv[2], mv[3], mv[4], mv[5], mv[6], mv[7])
        if snap.cell_count < CELLS_MAX:
            for i in range(snap.cell_count, CELLS_MAX):
                record[_CELLS_AT + 2 * i] = record[_CELLS_AT + 2 * i + 1] = 0
        pack_into(
            "<HHBB",
            record,
            74,
            snap.cell_avg_mv,
            snap.cell_delta_mv,
            snap.cell_max_at,
            snap.cell_min_at,
        )
        t1_dc = snap.t1_dc if snap.t1_age_ms <= _STALE_MS else ABSENT_DC
        t2_dc = snap.t2_dc if snap.t2_age_ms <= _STALE_MS else ABSENT_DC
        mos_dc = snap.mos_dc if snap.mos_age_ms <= _STALE_MS else ABSENT_DC
        word = snap.fault_word
        power_mw = snap.power_mw
        pack_mv = snap.pack_mv
        gates = snap.gates_on
        run_s = snap.run_s
        pack_into(
            "<hIIIihhIhBBIIIIBxxxIBB",
            record,
            144,
            mos_dc,
            snap.wire_bad | snap.wire_open,
            pack_mv,
            power_mw if power_mw >= 0 else -power_mw,
            snap.current_ma,
            t1_dc,
            t2_dc,
            word,
            snap.bal_ma,
            snap.bal_state,
            snap.soc_pm // 10,
            snap.remain_mah,
            snap.full_mah,
            snap.cycle_count,
            snap.cycle_mah,
            snap.soh_pm // 10,
            run_s,
            gates & 1,
            gates >> 1,
        )
        present = 0 if mos_dc == ABSENT_DC else 1
        if t1_dc != ABSENT_DC:
            present |= 2
        if t2_dc != ABSENT_DC:
            present |= 4
        record[214] = present
        pack_cv = pack_mv // 10
        record[234] = pack_cv & 0xFF
        record[235] = pack_cv >> 8
        charger = 1 if snap.charger_present else 0
        pack_into("<BI", record, 245, charger, run_s % _DAY_TICKS_S * 10)
        if run_s != self._run_s:
            self._slow(snap, word)
        total = self._slow_sum + counter + present + charger + pack_cv + (pack_cv >> 8)
        for part in self._parts:
            total += sum(part)
        record[5] = counter
        record[299] = total & 0xFF

    def _slow(self, snap, word):
        # What moves with the second, or less often, keeps its share of the sum.
        record = self.record
        self._run_s = snap.run_s
        if snap.wire_mohm != self._wires:
            for i in range(CELLS_MAX):
                self._wires[i] = snap.wire_mohm[i]
                pack_into("<H", record, _WIRES_AT + 2 * i, self._wires[i])
            self._add_up(_WIRES)
        date_s = self._bms.service.date_s()
        if date_s != self._date_s or self._journal.sequence != self._logged:
            self._date_s = date_s
            self._logged = self._journal.sequence
            pack_into("<II", record, _LOG_AT, date_s, self._logged)
            self._add_up(_LOG)
        if (word & _RELEASE_BITS or self._is_waiting) and self._release(record):
            self._add_up(_WAITS)

    def _release(self, record):
        # True when a time changed.
        waits = self._waits
        changed = waiting = False
        at = 0
        for rule in self._rules:
            if rule.tripped or waits[at]:
                left_s = (rule.left_ms() + 999) // 1000
                if left_s:
                    waiting = True
                if left_s != waits[at]:
                    changed = True
                    waits[at] = left_s
                    pack_into("<H", record, _RELEASES_AT + 2 * at, left_s)
            at += 1
        self._is_waiting = waiting
        return changed

    def _add_up(self, part):
        total = sum(self._slow_parts[part])
        self._slow_sum += total - self._sums[part]
        self._sums[part] = total

    def _load(self, settings):
        # Settings are swapped as a whole, so this is the only place that follows them.
        record = self.record
        begin(record, STATUS_RECORD, 0, STATUS_CONSTANTS)
        pack_into("<I", record, 70, (1 << settings.get("cell_count")) - 1)
        record[275] = BATTERY_TYPES[settings.get("chemistry")]
        self._slow_sum = sum(record)
        self._settings = settings
        for i in range(CELLS_MAX):
            self._wires[i] = 0
        for i in range(_RELEASES):
            self._waits[i] = 0
        for part in (_WIRES, _WAITS, _LOG):
            self._sums[part] = 0
        self._date_s = self._logged = 0
        self._is_waiting = True
        self._run_s = -1
