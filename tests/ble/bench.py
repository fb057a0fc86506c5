"""What the radio stands on in tests: a board that only has figures, and a phone.

Portable: used on CPython and MicroPython alike.
"""

import hashlib

from ble.access import Access
from ble.hub import Hub
from boards.jk8s import board as facts
from firmware.events import WAKE_BUTTON
from firmware.settings import LFP, Limits, Refused, Settings, preset
from firmware.snapshot import Snapshot
from protection.retry import Retry
from protection.rule import Rule
from protection.table import RULES


class Power:
    """Button, buzzer, LED and the reason for being awake."""

    def __init__(self):
        self.reason = WAKE_BUTTON
        self.ticks = 0
        self.lit = False

    def wake_reason(self):
        return self.reason

    def button(self):
        return False

    def buzzer(self, ms):
        self.ticks += 1

    def led(self, on):
        self.lit = on


class Board:
    """Facts and power, nothing else."""

    def __init__(self):
        self.facts = facts
        self.power = Power()


class Guard:
    """The real rules, and what the radio asks of a guard."""

    def __init__(self):
        self.rules = tuple([Rule(row) for row in RULES])
        self.by_name = {rule.name: rule for rule in self.rules}
        self.standing_word = 0
        self.cleared = 0
        self.retries = (Retry(facts), Retry(facts), Retry(facts))

    def clear_latches(self):
        self.cleared += 1


class Events:
    """Remembers what was posted."""

    def __init__(self):
        self.posted = []
        self.lost = 0

    def post(self, code, first, second):
        self.posted.append((code, first, second))

    def count(self, code):
        return len([event for event in self.posted if event[0] == code])


class Journal:
    """`entries` are (run s, code, value, value), the newest first."""

    def __init__(self):
        self.entries = []
        self.sequence = 0

    def newest(self, most):
        return iter(self.entries[:most])


class Supervisor:
    def __init__(self):
        self.deaths = {"radio": 0}
        self.last_error = {}


class FakeBms:
    """Settings, limits and snapshot are the firmware's own; `calls` says what was asked."""

    def __init__(self, chemistry=LFP, cell_count=8):
        self.board = Board()
        self.snap = Snapshot()
        self.guard = Guard()
        self.events = Events()
        self.supervisor = Supervisor()
        self.scheduler = self
        self.can_probe = True
        self.service = self
        self.late = 0
        self.calls = []
        self.refuse = None
        self.date = 0
        self.changes = 0
        settings = Settings()
        if chemistry:
            wanted = preset(chemistry)
            wanted["chemistry"] = chemistry
            wanted["cell_count"] = cell_count
            wanted["sensors_fitted"] = 3
            settings = settings.changed(wanted, facts)
        self.apply(settings)

    def apply(self, settings):
        self.settings = settings
        self.limits = Limits(settings, facts)
        self.snap.cell_count = settings.get("cell_count")
        for rule in self.guard.rules:
            rule.load(self.limits)
            rule.reset()

    def probe(self):
        self.calls.append("probe")
        return self.can_probe

    def change(self, changes):
        if self.refuse:
            raise Refused("store", self.refuse)
        self.apply(self.settings.changed(changes, facts))
        self.changes += 1

    def _ask(self, *call):
        if self.refuse:
            raise Refused(call[0], self.refuse)
        self.calls.append(call)

    def date_s(self):
        return self.date

    def set_clock(self, date_s):
        self._ask("set_clock", date_s)
        self.date = date_s

    def commission(self, chemistry, cell_count, sensors_fitted):
        self._ask("commission", chemistry, cell_count, sensors_fitted)
        wanted = preset(chemistry)
        wanted["chemistry"] = chemistry
        wanted["cell_count"] = cell_count
        wanted["sensors_fitted"] = sensors_fitted
        self.apply(self.settings.changed(wanted, facts))

    def calibrate_voltage(self, pack_mv):
        self._ask("calibrate_voltage", pack_mv)

    def calibrate_current(self, ma):
        self._ask("calibrate_current", ma)

    def zero_current(self):
        self._ask("zero_current")

    def set_soc(self, pm):
        self._ask("set_soc", pm)

    def factory_reset(self):
        self._ask("factory_reset")
        self.apply(Settings())

    def restart(self):
        self._ask("restart")

    def shutdown(self):
        self._ask("shutdown")


class Link:
    """Takes notifications as long as `room` lasts; `sent` is (channel, bytes)."""

    def __init__(self, mtu=None):
        self.mtu = mtu
        self.sent = []
        self.room = 1 << 20
        self.is_closed = False

    def notify(self, channel, data):
        assert 0 < len(data) <= max(self.mtu or 23, 23) - 3
        if not self.room:
            return False
        self.room -= 1
        self.sent.append((channel, data))
        return True

    def close(self):
        self.is_closed = True

    def take(self, channel):
        """All bytes sent on `channel` since the last look."""
        data = b"".join([piece for where, piece in self.sent if where == channel])
        self.sent = [sent for sent in self.sent if sent[0] != channel]
        return data


class Entropy:
    """Bytes that differ every time and are the same in every run."""

    def __init__(self, seed=b"entropy"):
        self._state = seed

    def __call__(self, count):
        self._state = hashlib.sha256(self._state).digest()
        return self._state[:count]


def make_hub(bms=None, access=None, journal=None):
    """A hub on a board that was just switched on by its button."""
    return Hub(
        bms or FakeBms(),
        access or Access(),
        journal or Journal(),
        Entropy(),
        "506036N4600",
        "220804",
        7,
    )


def request(command, value=b"", filler=0):
    """A JK request."""
    body = b"\xaa\x55\x90\xeb" + bytes((command, len(value))) + value
    body += bytes([filler] * (19 - len(body)))
    return body + bytes((sum(body) & 0xFF,))


def run(hub, ms, step_ms=20):
    """Let time pass."""
    while ms > 0:
        hub.tick(min(step_ms, ms))
        ms -= step_ms


def measured(bms):
    """A snapshot as a captured record of a real unit shows it."""
    snap = bms.snap
    snap.cell_mv[:] = _array(snap.cell_mv, (3287, 3291, 3285, 3327, 3328, 3285, 3284, 3296))
    snap.wire_mohm[:] = _array(snap.wire_mohm, (51, 51, 50, 50, 50, 50, 49, 50))
    snap.cell_avg_mv = 3298
    snap.cell_delta_mv = 43
    snap.cell_max_at = 3
    snap.cell_min_at = 5
    snap.mos_dc = 361
    snap.t1_dc = 297
    snap.t2_dc = 298
    snap.mos_age_ms = snap.t1_age_ms = snap.t2_age_ms = 0
    snap.pack_mv = 26381
    snap.bal_ma = -2019
    snap.bal_state = 2
    snap.soc_pm = 695
    snap.remain_mah = 69554
    snap.full_mah = 100000
    snap.cycle_mah = 46
    snap.run_s = 10989
    snap.gates_on = 3
    return snap


def _array(like, values):
    return type(like)("H", values)
