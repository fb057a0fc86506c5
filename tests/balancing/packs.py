"""Random packs and the days they live: the benchmark's cases, drawn from a seed."""

import math

PATTERNS = ("one_high", "one_low", "spread", "alternating", "imbalance")
LOADS = ("rest", "solar_full", "solar_never", "driving")


def imbalance(pattern, n, rng, size=0.06):
    """SOC of each cell relative to the pack's, as fractions of the capacity."""
    if pattern == "one_high":
        out = [0.0] * n
        out[rng.randrange(n)] = size
    elif pattern == "one_low":
        out = [0.0] * n
        out[rng.randrange(n)] = -size
    elif pattern == "alternating":
        out = [size / 2 if i % 2 else -size / 2 for i in range(n)]
    elif pattern == "spread":
        out = [size * (i / (n - 1) - 0.5) for i in range(n)]
        rng.shuffle(out)
    else:
        out = [rng.uniform(-size / 2, size / 2) for _ in range(n)]
    return out


class Solar:
    """Sun by day through a CC-CV charger, a steady load at all hours; BMS limits respected."""

    def __init__(
        self, capacity_ah, n, cv_v, peak_c, load_c, low_soc=0.0, high_soc=1.1, stops_full=False
    ):
        self.capacity_ah, self.n = capacity_ah, n
        self.cv_v, self.peak_a, self.load_a = cv_v * n, peak_c * capacity_ah, load_c * capacity_ah
        self.low_soc, self.high_soc = low_soc, high_soc
        self.stops_full, self.is_full = stops_full, False

    def amps(self, t_s, pack, limits):
        hour = (t_s / 3600 + 6) % 24
        sun = math.sin((hour - 7) / 11 * math.pi) if 7 < hour < 18 else 0.0
        amps = self.peak_a * max(sun, 0) - self.load_a
        soc = 1 - sum(c.missing_ah / c.capacity_ah for c in pack.cells) / len(pack.cells)
        if soc > self.high_soc and amps > 0:
            amps = 0.0
        if amps > 0:
            room = max((self.cv_v - pack.emf()) / pack.r0_ohm, 0.0)
            self.is_full = self.is_full or (
                self.stops_full and (limits.is_full or room < 0.03 * self.capacity_ah)
            )
            amps = -self.load_a if self.is_full else min(amps, room)
        elif soc < 0.97 and sun <= 0:
            self.is_full = False
        if soc < self.low_soc and amps < 0:
            amps = 0.0
        return limits.gate(amps, pack)


class Driving:
    """Trips of ten seconds' random power, regeneration, pauses; charged overnight to `high_soc`."""

    def __init__(
        self, capacity_ah, n, cv_v, rng, low_soc=0.15, high_soc=0.9, load_c=0.5, charge_c=0.25
    ):
        self.capacity_ah, self.cv_v = capacity_ah, cv_v * n
        self.rng, self.low_soc, self.high_soc = rng, low_soc, high_soc
        self.load_a, self.charge_a = load_c * capacity_ah, charge_c * capacity_ah
        self.is_charging = False

    def amps(self, t_s, pack, limits):
        soc = 1 - sum(c.missing_ah / c.capacity_ah for c in pack.cells) / len(pack.cells)
        hour = (t_s / 3600 + 7) % 24
        if 7 <= hour < 19:
            drive = hour % 2 < 1.2 and soc > self.low_soc
            amps = self.load_a * (0.3 - self.rng.random() * 1.6) if drive else 0.0
        else:
            amps = self.charge_a if soc < self.high_soc else 0.0
            amps = min(amps, max((self.cv_v - pack.emf()) / pack.r0_ohm, 0.0))
        return limits.gate(amps, pack)


class Rest:
    def amps(self, t_s, pack, limits):
        return 0.0


class Limits:
    """OVP and UVP of the board as the pack feels them: a direction shuts and opens again."""

    def __init__(self, ovp_v, ovpr_v, uvp_v, uvpr_v):
        self.ovp_v, self.ovpr_v, self.uvp_v, self.uvpr_v = ovp_v, ovpr_v, uvp_v, uvpr_v
        self.is_full = self.is_empty = False

    def gate(self, amps, pack):
        volts = [c.voltage(amps) for c in pack.cells]
        high, low = max(volts), min(volts)
        self.is_full = high > self.ovp_v or (self.is_full and high > self.ovpr_v)
        self.is_empty = low < self.uvp_v or (self.is_empty and low < self.uvpr_v)
        if (amps > 0 and self.is_full) or (amps < 0 and self.is_empty):
            return 0.0
        return amps
