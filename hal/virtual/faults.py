"""Faults by name: every sensor and actuator of the virtual board can be made wrong.

`set("cell3", "stuck")`, `set("current", "drifting", 500)`, `set("chg", "welded")`,
`clear("cell3")`. A reading passes through `apply`, which returns the wrong value, or
None where the reading does not arrive (silent, no acknowledge, open or short where the
driver recognises it).
"""

# kind: what its amount means, and what it is without one
SENSOR_KINDS = {
    "open": ("reads the open end of the converter", 0),
    "short": ("reads the shorted end of the converter", 0),
    "stuck": ("reads the amount, or the last value for ever", None),
    "frozen": ("last value, conversion counter stands still", 0),
    "drifting": ("amount per minute", 100),
    "noisy": ("± amount", 50),
    "glitching": ("every 16th reading is off by amount", 2000),
    "silent": ("no answer", 0),
    "nack": ("bus error", 0),
}
MOSFET_KINDS = ("welded", "open", "slow")
OTHER = {
    "balancer": ("stuck",),
    "readback": ("stuck",),
    "comparator": ("dead",),
    "lease": ("stuck",),
    "charger_detect": ("stuck",),
    "load_detect": ("stuck",),
    "clock": ("stall",),
}
SENSORS = ("cells", "stack", "current", "t1", "t2", "mos")
_LOST = ("frozen", "silent", "nack")


class Fault:
    """One wrong signal."""

    def __init__(self, kind, amount, since_ms):
        self.kind = kind
        self.amount = amount
        self.since_ms = since_ms
        self.last = None
        self.count = 0


class Faults:
    """The faults of one board; `sensors` maps a signal to its `Fault`."""

    def __init__(self, board):
        self._board = board
        self.sensors = {}
        self.actuators = {}

    def set(self, target, kind, amount=None):
        """Make `target` wrong; raises ValueError naming what is allowed."""
        allowed = kinds_of(target)
        if allowed is None:
            raise ValueError("fault: no %r; there are %s" % (target, ", ".join(targets())))
        if kind not in allowed:
            raise ValueError(
                "fault: %s cannot be %r; it can be %s" % (target, kind, ", ".join(allowed))
            )
        if allowed is SENSOR_KINDS:
            if amount is None:
                amount = SENSOR_KINDS[kind][1]
            self.sensors[target] = Fault(kind, amount, self._board.clock.now_ms)
        else:
            self.actuators[target] = kind
            self._actuate(target, kind, amount, True)

    def clear(self, target):
        """Heal `target`."""
        if target in self.sensors:
            del self.sensors[target]
        elif target in self.actuators:
            self._actuate(target, self.actuators.pop(target), None, False)

    def scan_lost(self):
        """True while no scan of the cells arrives."""
        for target, fault in self.sensors.items():
            if target[:4] == "cell" and fault.kind in _LOST:
                return True
        return False

    def apply(self, target, value, ends):
        """`value` as the wrong signal reads it, or None; `ends` are (short, open) readings."""
        fault = self.sensors.get(target)
        if fault is None:
            return value
        kind = fault.kind
        fault.count += 1
        if kind in _LOST:
            return None
        if kind == "open":
            return ends[1]
        if kind == "short":
            return ends[0]
        if kind == "stuck":
            if fault.amount is None:
                fault.amount = value
            return fault.amount
        if kind == "drifting":
            return value + fault.amount * (self._board.clock.now_ms - fault.since_ms) // 60_000
        if kind == "noisy":
            return value + (fault.count * 7919 % 1000 - 500) * fault.amount // 500
        return value + fault.amount if fault.count % 16 == 0 else value  # glitching

    def _actuate(self, target, kind, amount, on):
        board = self._board
        gates = board.gates
        if target in ("chg", "dsg"):
            bit = 1 if target == "chg" else 2
            mask = getattr(gates, kind)
            setattr(gates, kind, mask | bit if on else mask & ~bit)
        elif target == "balancer":
            board.transfer.stuck = on
        elif target == "readback":
            gates.misread = (amount or 3) if on else 0
        elif target == "comparator":
            board.pack.scp_works = not on
        elif target == "lease":
            gates.lease_stuck = on
        elif target == "clock":
            board.clock.stall_ms = (amount or 500) if on else 0
        else:
            if on and amount is None:
                amount = board.sampler.attached(target)  # as it is, for ever
            board.sampler.stuck_detect[target] = amount if on else None


def kinds_of(target):
    """The kinds that `target` can be, or None for an unknown target."""
    if target in SENSORS or target[:4] == "cell" and target[4:] in "12345678" and len(target) == 5:
        return SENSOR_KINDS
    if target[:3] == "tap" and len(target) == 4 and target[3] in "012345678":
        return SENSOR_KINDS
    if target in ("chg", "dsg"):
        return MOSFET_KINDS
    return OTHER.get(target)


def targets():
    """Every name that `set` takes."""
    return ["cell1..cell8", "tap0..tap8", "chg", "dsg"] + list(SENSORS) + sorted(OTHER)
