"""Changes: the sealed ops of our own service, carried out for one client.

By now the seal was right, the counter new, and the login that of the owner. Each verb
takes the arguments and does what they say, or raises `Refused`.
"""

import struct

from micropython import const

from ble import codes
from ble.access import FACTORY_SALTS, ascii_text
from ble.auth import CONNECTION, SETTINGS
from firmware.settings import PARAMS, Refused

FORCE = const(1)
MORE = const(2)
ACT = const(0x11B)  # as the journal names it
_LATER_MS = const(500)


class Changes:
    """`ops`: op → fewest and most bytes of arguments, verb. `expired` are the passwords
    whose logins end when the answer is out."""

    def __init__(self, hub, login):
        self.expired: tuple = ()
        self._control = hub.control
        self._hub = hub
        self._login = login
        self._gathered = {}
        self._new_key = None  # (which, salt) of a password being changed
        self._later = None
        self._later_ms = 0
        self.ops = {
            0x10: (6, 46, self._set),
            0x11: (1, 1, self._preset),
            0x12: (4, 4, self._commission),
            0x13: (1, 1, self._window),
            0x14: (2, 2, self._options),
            0x15: (5, 5, self._calibrate),
            0x16: (4, 4, self._clock),
            0x17: (0, 13, self._name),
            0x18: (0, 13, self._user_data),
            0x19: (17, 17, self._key_begin),
            0x1A: (48, 48, self._key_set),
            0x1B: (2, 2, self._act),
        }

    def tick(self, dt_ms):
        """Do what had to wait until its answer was out."""
        if self._later:
            self._later_ms -= dt_ms
            if self._later_ms <= 0:
                verb = self._later
                self._later = None
                try:
                    verb(True)
                except Refused:
                    self._hub.not_done(ACT, 0)

    def drop(self):
        """Forget what was gathered: a part of it was refused."""
        self._gathered = {}

    def _set(self, arguments):
        if len(arguments) % 5 != 1:
            raise Refused("length", "%d" % len(arguments))
        for at in range(1, len(arguments), 5):
            row, value = struct.unpack_from("<Bi", arguments, at)
            if row >= len(PARAMS):
                raise Refused("row", "%d is none" % row)
            self._gathered[PARAMS[row][0]] = value
        if arguments[0] & MORE:
            return
        changes = self._gathered
        self._gathered = {}
        self._control.change(changes, arguments[0] & FORCE)

    def _preset(self, arguments):
        self._control.preset(arguments[0])

    def _commission(self, arguments):
        self._control.commission(arguments[0], arguments[1], arguments[2], arguments[3] & FORCE)

    def _window(self, arguments):
        self._control.grant_window(arguments[0])

    def _options(self, arguments):
        self._control.set_options(arguments[0], arguments[1])

    def _calibrate(self, arguments):
        what, value = struct.unpack("<Bi", arguments)
        verbs = (
            self._control.calibrate_voltage,
            self._control.calibrate_current,
            self._control.set_soc,
        )
        if what >= len(verbs):
            raise Refused("what", "%d is none" % what)
        verbs[what](value)

    def _clock(self, arguments):
        self._control.set_clock(struct.unpack("<i", arguments)[0])

    def _name(self, arguments):
        self._control.set_name(ascii_text(arguments))

    def _user_data(self, arguments):
        self._control.set_user_data(ascii_text(arguments))

    def _key_begin(self, arguments):
        which = arguments[0]
        salt = bytes(arguments[1:])
        if which > SETTINGS:
            raise Refused("password", "%d is none" % which)
        if salt in FACTORY_SALTS:
            raise Refused("salt", "is the factory's")
        self._new_key = which, salt

    def _key_set(self, arguments):
        if self._new_key is None:
            raise Refused("salt", "comes first")
        which, salt = self._new_key
        self._new_key = None
        key = self._login.unwrap(which, salt, arguments[:32], arguments[32:])
        if key is None:
            self._hub.wrong_password(which)
            raise Refused("password", "the old one is wrong")
        self._control.set_key(which, salt, key)
        self.expired = (which,)

    def _act(self, arguments):
        what, force = arguments
        if what == codes.RESTART:
            self._postpone("restart", self._control.restart, force)
        elif what == codes.SHUTDOWN:
            self._postpone("shutdown", self._control.shutdown, force)
        elif what == codes.FACTORY_RESET:
            self._control.factory_reset(force & FORCE)
            self.expired = (CONNECTION, SETTINGS)
        elif what == codes.CLEAR_LATCHES:
            self._control.clear_latches()
        elif what == codes.MEASURE_LEADS:
            self._control.measure_leads()
        else:
            raise Refused("what", "%d is none" % what)

    def _postpone(self, key, verb, force):
        # The answer must be out before the board is.
        self._control.need_force(key, force & FORCE)
        self._later = verb
        self._later_ms = _LATER_MS
