"""JkService: one client of the JK service, and what a JK would answer.

Theory of operation. Requests are answered by a record, then an acknowledgement in a
notification of its own, at least 50 ms later, for clients wait for it only when they
have digested the record. After the settings record was asked for once, a status record
follows twice a second for as long as the link lives.

    READY ──request──▶ SENDING ──all sent──▶ GAP ──70 ms or more──▶ acknowledgement, READY

There is no negative acknowledgement that any client understands: what is refused is met
with silence. A change is refused unless the app window is open; every request is while
the owner has locked reading and this link has not logged in.
"""

import struct

from micropython import const

from ble import jk02
from ble.access import ascii_text
from ble.auth import READER
from ble.frame import JK_BYTES, JK_START, Reader
from firmware.settings import LFP, LI_ION, LTO, Refused

STREAM_MS = const(500)
_FIRST_MS = const(250)  # from the request to the first status record
_GAP_MS = const(70)
# Many small pieces are still on their way when the last one was taken: wait for them too.
_PIECE_MS = const(10)
_PIECES_FREE = const(4)
_VALUE_AT = const(6)
_VALUE_MAX = const(13)
_TEXT = const(-1)
_LOOK_AT = const(200)  # events of the journal in which the logbook's are sought
_AT_ONCE = const(4)

_PRESETS = {
    jk02.PRESET_LI_ION: LI_ION,
    jk02.PRESET_LFP: LFP,
    jk02.PRESET_LTO: LTO,
}


class JkService:
    """`execute(frame)` when `is_ready()`; `tick` in between."""

    def __init__(self, hub, login, outbox):
        self.outbox = outbox
        self.counter = 0  # rises with status records only
        self.is_streaming = False
        self._hub = hub
        self._login = login
        self._record = bytearray(jk02.RECORD_BYTES)
        self._gap_ms = 0
        self._due_ms = 0
        self._events = None  # of the journal, while the logbook is gathered
        self._log = []
        control = hub.control
        self._verbs = {
            jk02.CALIBRATE_VOLTAGE: (4, control.calibrate_voltage),
            jk02.CALIBRATE_CURRENT: (4, control.calibrate_current),
            jk02.CLOCK: (4, control.set_clock),
            jk02.SET_USER_DATA: (_TEXT, control.set_user_data),
        }

    def reader(self, take):
        """The reader of this service's frames."""
        return Reader(JK_START, JK_BYTES, take)

    def overflow(self):
        """A request found no room: silence, as for everything that is refused."""
        self._hub.not_done(0, 0)

    def is_ready(self):
        """The last request is answered and acknowledged."""
        return self.outbox.is_empty() and not self._gap_ms and self._events is None

    def tick(self, dt_ms):
        """Go on sending; acknowledge; send the next status record."""
        self._due_ms -= dt_ms
        if not self.outbox.is_empty():
            self.outbox.pump()
        elif self._events is not None:
            self._gather()
        elif self._gap_ms:
            self._gap_ms = max(0, self._gap_ms - dt_ms)
            if not self._gap_ms:
                self.outbox.put(jk02.ACK)
        elif self.is_streaming and self._due_ms <= 0 and self._may_read():
            self._due_ms += STREAM_MS
            if self._due_ms < 0:  # too late to catch up
                self._due_ms = STREAM_MS
            self._hub.status.encode(self.counter)
            self.counter = (self.counter + 1) & 0xFF
            self._record[:] = self._hub.status.record
            self.outbox.put(self._record)

    def execute(self, frame):
        """Carry out one request that has the right sum."""
        command = frame[4]
        if not self._may_read():
            self._hub.not_done(command, 0)
        elif frame[5] == 0 and command in (jk02.GET_SETTINGS, jk02.GET_DEVICE, jk02.GET_LOGBOOK):
            self._answer(command)
        else:
            self._change(command, frame[5], frame)

    def _may_read(self):
        return not self._hub.access.read_lock or self._login.state >= READER

    def _answer(self, command):
        record = self._record
        if command == jk02.GET_DEVICE:
            jk02.write_device(record, self.counter, self._hub)
        elif command == jk02.GET_LOGBOOK:
            self._events = self._hub.journal.newest(_LOOK_AT)
            self._log = []
            return
        else:
            jk02.write_settings(record, self.counter, self._hub.bms.settings)
            if not self.is_streaming:
                self.is_streaming = True
                self._due_ms = _FIRST_MS
        self._send(record)

    def _gather(self):
        # A few events in each turn: reading flash for all of them would delay a step.
        for _ in range(_AT_ONCE):
            event = next(self._events, None)
            if event and jk02.is_logged(event[1]):
                self._log.append(event[:2])
            if event is None or len(self._log) == jk02.LOG_ENTRIES:
                jk02.write_logbook(self._record, self.counter, self._log)
                self._events = None
                self._log = []
                self._send(self._record)
                return

    def _send(self, record):
        pieces = self.outbox.put(record)
        self._gap_ms = _GAP_MS + _PIECE_MS * max(0, pieces - _PIECES_FREE)

    def _change(self, command, count, frame):
        value = 0
        if count == 4:
            value = struct.unpack_from("<i", frame, _VALUE_AT)[0]
        done = False
        if self._hub.is_app_open():
            try:
                done = self._carry_out(command, count, value, frame)
            except Refused:
                pass
        if done:
            self._gap_ms = _GAP_MS
        else:
            # What the journal holds is a small integer; the whole of a wild value is not.
            self._hub.not_done(command, max(min(value, 0x3FFFFFFF), -0x3FFFFFFF))

    def _carry_out(self, command, count, value, frame):
        # False for what is no command of ours, or has not the length that it must have.
        control = self._hub.control
        if command in jk02.REGISTERS:
            if count != 4:
                return False
            control.change({jk02.REGISTERS[command]: value})
            return True
        if command in _PRESETS:
            if count:
                return False
            control.preset(_PRESETS[command])
            return True
        length, verb = self._verbs.get(command, (None, None))
        if length == _TEXT and count <= _VALUE_MAX:
            verb(ascii_text(frame[_VALUE_AT : _VALUE_AT + count]))
            return True
        if length is None or length != count:
            return False
        verb(value)
        return True
