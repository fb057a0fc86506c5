"""What a person may say to `make run`: NAME=value, each refused with what is allowed."""

from firmware.settings import CHEMISTRIES, INDEX, Refused
from hal.virtual import scenario
from hal.virtual.sim import commissioned

_OWN = ("CHEMISTRY", "CELLS", "CAPACITY_AH", "CAPACITY", "SOC")
# What may be said of a run of a scenario, which has the rest in itself.
_OF_A_SCENARIO = ("SCENARIO", "SPEED", "BOARD", "RADIO")
_CHEMISTRY_BY_NAME = {row[5]: number for number, row in CHEMISTRIES.items()}


class Options:
    """The choices of one run; any parameter of the settings may be named as well."""

    def __init__(self, words):
        self.scenario = None
        self.speed = 1.0
        self.chemistry = 2
        self.cells = 8
        self.capacity_ah = 100.0
        self.soc = 0.6
        self.seconds = None
        self.faults = []
        self.changes = {}
        self.state = None
        self.radio = None
        self.fresh = False
        self.own = []  # what was said about pack or settings: it fits only a fresh start
        extra = []
        for word in words:
            name, _, value = word.partition("=")
            self._take(name, value)
            if name.upper() not in _OF_A_SCENARIO:
                extra.append(name)
        if self.scenario and extra:
            raise ValueError(
                "%s: a scenario has its own pack, settings, faults and end" % ", ".join(extra)
            )
        if self.radio and self.speed is None:
            raise ValueError("RADIO: a phone lives in real time; SPEED=max does not")

    def settings(self, facts):
        """The settings asked for; raises ValueError."""
        try:
            return commissioned(
                self.chemistry,
                facts,
                self.cells,
                int(self.capacity_ah * 1000),
                changes=self.changes,
            )
        except Refused as refused:
            raise ValueError(str(refused))

    def _take(self, name, value):
        upper = name.upper()
        if upper in _OWN or name.lower() in INDEX:
            self.own.append(name)
        if upper == "STATE":
            self.state = value
        elif upper in ("FRESH", "--FRESH"):
            self.fresh = value != "0"
        elif upper == "RADIO":
            self.radio = value
        elif upper == "SCENARIO":
            self.scenario = scenario.load(value)
        elif upper == "SPEED":
            self.speed = None if value == "max" else _number(name, value, 0.01, 1000)
        elif upper == "BOARD":
            if value not in ("virtual", "jk8s"):
                raise ValueError("BOARD: no %r here; there are virtual, jk8s" % (value,))
        elif upper == "CHEMISTRY":
            if value not in _CHEMISTRY_BY_NAME:
                allowed = ", ".join(sorted(_CHEMISTRY_BY_NAME))
                raise ValueError("CHEMISTRY: no %r; there are %s" % (value, allowed))
            self.chemistry = _CHEMISTRY_BY_NAME[value]
        elif upper in ("CELLS", "CELL_COUNT"):
            self.cells = int(_number(name, value, 3, 8))
        elif upper in ("CAPACITY_AH", "CAPACITY"):
            self.capacity_ah = _number(name, value, 2, 20_000)
        elif upper == "SOC":
            self.soc = _number(name, value, 0, 100) / 100
        elif upper == "SECONDS":
            self.seconds = _number(name, value, 1, 1e9)
        elif upper == "FAULT":
            self.faults = [_fault(item) for item in value.split(",")]
        elif name.lower() in INDEX:
            self.changes[name.lower()] = int(_number(name, value, -(1 << 29), 1 << 29))
        else:
            raise ValueError(
                "%s: no such option; there are SCENARIO, SPEED, BOARD, CHEMISTRY, CELLS, "
                "CAPACITY_AH, SOC, FAULT, SECONDS, RADIO, STATE, FRESH and the parameters of "
                "make schema" % (name,)
            )


def _number(name, value, low, high):
    try:
        number = float(value)
    except ValueError:
        raise ValueError("%s: %r is not a number" % (name, value))
    if not low <= number <= high:
        raise ValueError("%s: %s is outside %g..%g" % (name, value, low, high))
    return number


def _fault(text):
    """(target, kind) or (target, kind, amount) of one fault."""
    words = text.split("=")
    if len(words) == 3:
        try:
            words[2] = int(words[2])
        except ValueError:
            raise ValueError("FAULT: %r is no whole number" % words[2])
    elif len(words) != 2:
        raise ValueError("FAULT: %r is not TARGET=KIND or TARGET=KIND=AMOUNT" % text)
    return words
