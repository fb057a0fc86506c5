"""Hub: what all links share: the lock-out, the app window, the record being sent.

Theory of operation. Frames come in by `session.feed` at any time and are only queued;
`tick`, called every few ten milliseconds by whoever runs the radio, carries them out,
one per link at a time. So the control step is never waited for by anybody, and a link
that floods or is stuck costs the others nothing.

Who may change things over the JK service: `is_app_open`. While the settings password is
the factory's, for ten minutes after power-up by charger or button (a hub is made once
per power-up, so a radio that crashed opens nothing anew); with a password of the
owner's, for ten minutes when a logged-in session grants it, or as the owner chose.

What the radio asks of `bms`: the attributes snap, settings, limits, guard, events,
board, supervisor, late; the verb change(changes); and of `bms.service`: commission(chemistry,
cell_count, sensors_fitted), calibrate_voltage(pack_mv), calibrate_current(ma, signed),
zero_current(), set_soc(pm), store_record(number, payload), factory_reset(),
set_clock(date_s), date_s() (0: never set), restart(), shutdown(). Each verb raises
`firmware.settings.Refused` or does what it says.
"""

from micropython import const

from ble import codes
from ble.access import WINDOW_ALWAYS, WINDOW_NEVER
from ble.auth import SETTINGS, Lockout
from ble.control import Control
from ble.session import Session
from ble.status import Status
from firmware.events import WAKE_BUTTON, WAKE_CHARGER
from protection.table import DEFAULT_PASSWORD

LINKS_MAX = const(3)
_FRESH_MS = const(600_000)
_BUTTON_MS = const(5_000)  # held that long, the button ends a lock-out
_SAVE_MS = const(1_000)  # between attempts to store what was not stored
# What strangers make the journal write: so many lines, then one a minute.
_LINES = const(5)
_LINE_MS = const(60_000)


class Hub:
    """One per power-up. `journal` has newest(n) and sequence; `entropy(n)` gives n bytes."""

    def __init__(self, bms, access, journal, entropy, serial="", made="", power_on_count=0):
        self.bms = bms
        self.access = access
        self.journal = journal
        self.entropy = entropy
        self.serial = serial
        self.made = made  # YYMMDD
        self.power_on_count = power_on_count
        self.lockout = Lockout(access)
        self.control = Control(self)
        self.status = Status(bms, journal)
        self.sessions = []
        self.window_ms = 0
        self.fresh_ms = 0
        self.cursor = (0, None)  # where the last reader of the journal stopped
        self.rubbish = 0
        self.refused = 0
        self._lines = _LINES
        self._line_ms = 0
        self._held_ms = 0
        self._save_ms = 0
        if bms.board.power.wake_reason() in (WAKE_CHARGER, WAKE_BUTTON):
            self.fresh_ms = _FRESH_MS
        self._warn()

    def name(self):
        """The device name: the owner's, or the model."""
        return self.access.name or self.bms.board.facts.MODEL

    def open(self, link):
        """A session for a new link, or None when there are three."""
        if len(self.sessions) >= LINKS_MAX:
            return None
        session = Session(self, link)
        self.sessions.append(session)
        return session

    def close(self, session):
        """The link is gone."""
        if session in self.sessions:
            self.sessions.remove(session)
            session.login.end()

    def tick(self, dt_ms, button=False):
        """Let time pass and every session do one thing; `button` is held down now."""
        self.lockout.tick(dt_ms)
        self.fresh_ms = max(0, self.fresh_ms - dt_ms)
        self.window_ms = max(0, self.window_ms - dt_ms)
        self._line_ms += dt_ms
        if self._line_ms >= _LINE_MS:
            self._line_ms = 0
            self._lines = min(self._lines + 1, _LINES)
        self._button(dt_ms, button)
        self._keep(dt_ms)
        self._warn()
        for session in self.sessions:
            session.tick(dt_ms)

    def is_app_open(self):
        """JK clients may change things now."""
        policy = self.access.window
        if policy == WINDOW_NEVER:
            return False
        if self.access.is_default(SETTINGS):
            return self.fresh_ms > 0
        return policy == WINDOW_ALWAYS or self.window_ms > 0

    def window_left_s(self):
        """Seconds until the window closes; 0 when it is closed, 65535 when it never does."""
        if not self.is_app_open():
            return 0
        if self.access.is_default(SETTINGS):
            return (self.fresh_ms + 999) // 1000
        if self.access.window == WINDOW_ALWAYS:
            return 0xFFFF
        return (self.window_ms + 999) // 1000

    def is_password_good(self):
        """The settings password opens control: it is not the factory's, or the time is right."""
        return self.fresh_ms > 0 or not self.access.is_default(SETTINGS)

    def end_logins(self, which):
        """End every login that came with this password."""
        for session in self.sessions:
            if session.login.came_with(which):
                session.login.end()

    def not_done(self, command, value):
        """Something was asked for and refused."""
        self.refused += 1
        self._line(codes.NOT_DONE, command, value)

    def skipped(self, count):
        """Bytes came that made no frame."""
        self.rubbish = min(self.rubbish + count, 0x3FFFFFFF)
        self._line(codes.RUBBISH, self.rubbish, 0)

    def wrong_password(self, which):
        """Somebody guessed; what the lock-out lets through may all be written down."""
        self.bms.events.post(codes.WRONG_PASSWORD, which, self.access.failures)

    def _line(self, code, first, second):
        if self._lines:
            self._lines -= 1
            self.bms.events.post(code, first, second)

    def _button(self, dt_ms, button):
        if not button:
            self._held_ms = 0
        elif self._held_ms < _BUTTON_MS:
            self._held_ms += dt_ms
            if self._held_ms >= _BUTTON_MS and self.access.failures:
                self.lockout.clear()
                self.bms.events.post(codes.LOCK_CLEARED, 0, 0)

    def _keep(self, dt_ms):
        # The flash may have been busy with a trip when the lock-out wanted it.
        self._save_ms += dt_ms
        if self._save_ms >= _SAVE_MS:
            self._save_ms = 0
            if self.access.unsaved:
                self.access.save()

    def _warn(self):
        guard = self.bms.guard
        if self.access.is_default(SETTINGS):
            guard.standing_word |= DEFAULT_PASSWORD
        else:
            guard.standing_word &= ~DEFAULT_PASSWORD
