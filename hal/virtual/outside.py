"""What is connected to C- and B+: a charger, a load, a short."""


class Charger:
    """CC-CV charger with an output resistance; a diode keeps it from discharging the pack."""

    def __init__(self):
        self.connected = False
        self.volts = 29.2
        self.amps = 20.0
        self.ohms = 0.02

    def attach(self, volts, amps):
        """Connect it: open-circuit `volts`, at most `amps`."""
        self.connected = True
        self.volts = volts
        self.amps = amps

    def detach(self):
        """Unplug it."""
        self.connected = False

    def current_a(self, emf_v, ohms):
        """What flows into a pack of `emf_v` behind `ohms`, A >= 0."""
        if not self.connected:
            return 0.0
        return min(self.amps, max(0.0, (self.volts - emf_v) / (ohms + self.ohms)))


class Load:
    """Constant current, a resistor, constant power, or a short with inductance."""

    def __init__(self):
        self.kind = None
        self.amount = 0.0
        self.henry = 0.0

    def attach(self, kind, amount, henry=0.0):
        """`kind`: 'amps', 'ohms', 'watts' or 'short' (`amount` in ohms)."""
        if kind not in ("amps", "ohms", "watts", "short"):
            raise ValueError("load: %r is none of amps, ohms, watts, short" % (kind,))
        self.kind = kind
        self.amount = float(amount)
        self.henry = henry

    def detach(self):
        """Disconnect it."""
        self.kind = None

    def current_a(self, emf_v, ohms):
        """What it draws from a pack of `emf_v` behind `ohms`, A >= 0."""
        if self.kind is None or emf_v <= 0:
            return 0.0
        if self.kind == "amps":
            return self.amount
        if self.kind == "watts":
            # The stable root of P = (emf - i·r)·i; beyond the maximum the voltage collapses.
            root = emf_v * emf_v - 4 * ohms * self.amount
            if root <= 0:
                return emf_v / (2 * ohms)
            return (emf_v - root**0.5) / (2 * ohms)
        return emf_v / (ohms + self.amount)
