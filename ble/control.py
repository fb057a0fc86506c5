"""Control: what a client that may change things can change, whichever way it asks.

Every verb does it, journals it and sounds the buzzer's tick, or raises `Refused` with
field and reason. Whether the client may ask at all was decided before. Parameters are
journalled by `bms.change`, which knows old and new.
"""

from micropython import const

from ble import codes
from ble.access import WINDOW_ALWAYS, WINDOW_NEVER, is_name, is_user_data
from ble.auth import SETTINGS
from firmware.settings import CHEMISTRIES, Refused, preset
from firmware.snapshot import ABSENT_DC

# Above this discharge current nothing stops a vehicle without being forced (S8, D39).
FORCE_ABOVE_MA = const(5000)
WINDOW_MS = const(600_000)
_TICK_MS = const(60)
# As the JK protocol offers them; the board judges more narrowly.
_PACK_MIN_MV = const(1000)
_PACK_MAX_MV = const(200_000)
_CURRENT_MAX_MA = const(1_000_000)
_DATE_MAX_S = const(0x3FFFFFFF)

# What only commissioning sets (D38).
_IDENTITY = ("chemistry", "sensors_fitted")


class Control:
    """The verbs. `hub` has the board, the access record and the window."""

    def __init__(self, hub):
        self._hub = hub
        self._bms = hub.bms

    def change(self, changes, force=False):
        """Change parameters (key → integer) as one record."""
        settings = self._bms.settings
        for key in _IDENTITY:
            if changes.get(key, settings.get(key)) != settings.get(key):
                raise Refused(key, "is changed by commissioning only")
        if settings.get("chemistry") and (
            changes.get("cell_count", settings.get("cell_count")) != settings.get("cell_count")
        ):
            raise Refused("cell_count", "is changed by commissioning only")
        if changes.get("dsg_switch_on", 1) == 0 and settings.get("dsg_switch_on"):
            self.need_force("dsg_switch_on", force)
        self._bms.change(changes)
        self._sound()

    def preset(self, chemistry):
        """The one-click button of a chemistry; an unconfigured board becomes that (D38)."""
        settings = self._bms.settings
        configured = settings.get("chemistry")
        if chemistry not in CHEMISTRIES:
            raise Refused("chemistry", "%d is none" % chemistry)
        if not configured:
            self.commission(chemistry, settings.get("cell_count"), self._sensors_seen())
        elif chemistry != configured:
            raise Refused("chemistry", "is changed by commissioning only")
        else:
            self._bms.change(preset(chemistry))
            self._done(codes.PRESETS[chemistry], 0, 0)

    def commission(self, chemistry, cell_count, sensors_fitted, force=False):
        """Confirm what the pack is; both MOSFETs open for a moment."""
        self.need_force("chemistry", force)
        self._bms.service.commission(chemistry, cell_count, sensors_fitted)
        self._done(codes.COMMISSIONED, chemistry << 8 | cell_count, sensors_fitted)

    def calibrate_voltage(self, pack_mv):
        """The pack's true voltage (D18)."""
        if not _PACK_MIN_MV <= pack_mv <= _PACK_MAX_MV:
            raise Refused("pack_mv", "%d is outside %d..%d" % (pack_mv, _PACK_MIN_MV, _PACK_MAX_MV))
        self._bms.service.calibrate_voltage(pack_mv)
        self._done(codes.CALIBRATED, 0, pack_mv)

    def calibrate_current(self, ma):
        """The true current's magnitude; 0 says that none flows (D19)."""
        if not 0 <= ma <= _CURRENT_MAX_MA:
            raise Refused("current_ma", "%d is outside 0..%d" % (ma, _CURRENT_MAX_MA))
        if ma:
            # JK gives the magnitude only: the direction is the one that is read.
            self._bms.service.calibrate_current(ma if self._bms.snap.current_ma >= 0 else -ma)
        else:
            self._bms.service.zero_current()
        self._done(codes.CALIBRATED, 1, ma)

    def set_soc(self, pm):
        """Set the state of charge, per mille."""
        if not 0 <= pm <= 1000:
            raise Refused("soc_pm", "%d is outside 0..1000" % pm)
        before_pm = self._bms.snap.soc_pm
        self._bms.service.set_soc(pm)
        self._done(codes.SOC_SET, before_pm, pm)

    def set_clock(self, date_s):
        """Seconds since 2020-01-01; journalled by the board."""
        if not 0 < date_s <= _DATE_MAX_S:
            raise Refused("date_s", "%d is no date" % date_s)
        self._bms.service.set_clock(date_s)
        self._sound()

    def set_name(self, text):
        """The device name, which is also the Bluetooth name."""
        if text is None or not is_name(text):
            raise Refused("name", "is 1 to 13 letters, digits, - or _")
        self._store("name", text, codes.NAMED, 0)

    def set_user_data(self, text):
        """Up to 13 printable ASCII characters."""
        if text is None or not is_user_data(text):
            raise Refused("user_data", "is up to 13 printable ASCII characters")
        self._store("user_data", text, codes.NAMED, 1)

    def set_options(self, read_lock, window):
        """Who may read, and when JK clients may change things."""
        access = self._hub.access
        if read_lock > 1:
            raise Refused("read_lock", "%d is outside 0..1" % read_lock)
        if window > WINDOW_ALWAYS:
            raise Refused("window", "%d is outside 0..2" % window)
        if window == WINDOW_ALWAYS and access.is_default(SETTINGS):
            raise Refused("window", "always needs an own settings password")
        before = access.read_lock, access.window
        access.read_lock = bool(read_lock)
        access.window = window
        if not access.save():
            access.read_lock, access.window = before
            raise Refused("store", "was not stored")
        self._done(codes.OPTIONS, before[0] << 8 | before[1], read_lock << 8 | window)

    def grant_window(self, is_open):
        """Let JK clients change things for ten minutes, or no longer."""
        hub = self._hub
        if is_open and hub.access.window == WINDOW_NEVER:
            raise Refused("window", "the owner said never")
        hub.window_ms = WINDOW_MS if is_open else 0
        self._done(codes.WINDOW, 0, hub.window_ms // 1000)

    def set_key(self, which, salt, key):
        """Replace a password; every login that came with the old one ends."""
        access = self._hub.access
        before = access.salts[which], access.keys[which]
        access.set_key(which, salt, key)
        if not access.save():
            access.set_key(which, before[0], before[1])
            raise Refused("store", "was not stored")
        self._hub.window_ms = 0
        self._done(codes.PASSWORD, which, 0)

    def restart(self, force):
        """Reset the processor."""
        self.need_force("restart", force)
        self._done(codes.COMMAND, codes.RESTART, force)
        self._bms.service.restart()

    def shutdown(self, force):
        """Cut the board's own supply until a charger or the button wakes it."""
        self.need_force("shutdown", force)
        self._done(codes.SHUTDOWN_BY_APP, 0, force)
        self._bms.service.shutdown()

    def factory_reset(self, force):
        """Settings, passwords and name as new (D27); the lock-out stays."""
        self.need_force("factory_reset", force)
        self._bms.service.factory_reset()
        self._hub.access.reset()
        self._hub.access.save()
        self._hub.window_ms = 0
        self._done(codes.COMMAND, codes.FACTORY_RESET, force)

    def clear_latches(self):
        """Forget OCP, SCP and MOSFET latches (D11, D36)."""
        self._bms.guard.clear_latches()
        self._done(codes.COMMAND, codes.CLEAR_LATCHES, 0)

    def measure_leads(self):
        """Measure the balance leads anew; a verdict that stops balancing is forgotten (D17)."""
        if not self._bms.scheduler.probe():
            raise Refused("leads", "need balancing switched on, by a converter that can measure")
        self._done(codes.COMMAND, codes.MEASURE_LEADS, 0)

    def need_force(self, key, force):
        """Refuse what would stop a vehicle that draws current, unless forced."""
        if self._bms.snap.current_ma < -FORCE_ABOVE_MA and not force:
            raise Refused(key, "discharging above 5 A: needs force")

    def _store(self, field, text, code, which):
        access = self._hub.access
        before = getattr(access, field)
        setattr(access, field, text)
        if not access.save():
            setattr(access, field, before)
            raise Refused("store", "was not stored")
        self._done(code, which, len(text))

    def _sensors_seen(self):
        snap = self._bms.snap
        return (1 if snap.t1_dc != ABSENT_DC else 0) | (2 if snap.t2_dc != ABSENT_DC else 0)

    def _done(self, code, first, second):
        self._bms.events.post(code, first, int(second))
        self._sound()

    def _sound(self):
        # Manual 5.3.2: the board says "tick" when it has taken a parameter (D31).
        if not self._bms.settings.get("tick_muted_on"):
            self._bms.board.power.buzzer(_TICK_MS)
