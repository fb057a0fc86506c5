"""What balancing knows of a chemistry before it has seen the pack: rough on purpose.

The shape of the curve is learned from the pack itself (align.py); these rows only say how
steep a rested cell is about where, and how a cell leans on its current.
Sources: the A123 26650 (LiFePO4) and LG HG2 (Li-ion) measurements of tests/data/cells,
middle of both branches, rounded; LTO from general knowledge, not measured.
"""

LI_ION, LIFEPO4, LTO = 1, 2, 3

# rest voltage in mV at 0, 5, 10, 20 ... 90, 95, 100 % of charge
_SOC_PM = (0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000)
_REST_MV = {
    LI_ION: (2880, 3233, 3359, 3502, 3596, 3661, 3740, 3851, 3933, 4029, 4091, 4114, 4188),
    LIFEPO4: (2160, 3025, 3178, 3244, 3280, 3301, 3308, 3317, 3330, 3345, 3352, 3367, 3590),
    LTO: (1800, 2030, 2100, 2170, 2210, 2240, 2270, 2300, 2340, 2390, 2450, 2500, 2700),
}
# R0, R1, R2 in milliohm ampere-hours (divide by the capacity), tau1, tau2 in s
_LEAN = {
    LI_ION: (59.0, 51.0, 39.0, 46.0, 1500.0),
    LIFEPO4: (21.0, 22.0, 36.0, 22.0, 424.0),
    LTO: (20.0, 15.0, 20.0, 30.0, 600.0),
}
# hysteresis between both branches: mV, and the charge in per mille in which 63 % of it turns;
# Li-ion makers differ: 10 to 70 mV, 30 to 170 per mille
_TURN = {LI_ION: (28.0, 100), LIFEPO4: (30.0, 110), LTO: (10.0, 60)}
# what a bin's voltage may be off the common curve in mV, all told
_NOISE_MV = {LI_ION: 2.0, LIFEPO4: 0.7, LTO: 3.0}
# above this a cell under charge is at its upper knee (mV at rest); 0 where there is no knee
_KNEE_MV = {LI_ION: 0, LIFEPO4: 3400, LTO: 0}


class Chemistry:
    """One row of the tables, with the two look-ups that balancing needs."""

    def __init__(self, kind, table=None):
        """table: the owner's cell table, whose resistances are taken, or None."""
        self.kind = kind
        self.rest_mv = _REST_MV[kind]
        self.soc_pm = _SOC_PM
        self.lean = _LEAN[kind]
        if table:
            r0, r1, r2 = [1000 * table[key] for key in ("R0", "R1", "R2")]
            self.lean = r0, r1, r2, table["tau1"], table["tau2"]
        self.turn_mv, self.turn_pm = _TURN[kind]
        self.knee_mv = _KNEE_MV[kind]
        self.noise_mv = _NOISE_MV[kind]

    def soc(self, mv):
        """Charge in per mille of a cell that rests at `mv`, clamped to 0..1000."""
        j = self._piece(mv)
        pm = self.soc_pm[j] + (mv - self.rest_mv[j]) / self.slope(mv)
        return min(max(pm, 0.0), 1000.0)

    def slope(self, mv):
        """Steepness there in mV per per mille."""
        rest, soc, j = self.rest_mv, self.soc_pm, self._piece(mv)
        return (rest[j + 1] - rest[j]) / (soc[j + 1] - soc[j])

    def _piece(self, mv):
        """Node below `mv`; beyond either end that of the last piece."""
        j = len(self.rest_mv) - 2
        while j and mv < self.rest_mv[j]:
            j -= 1
        return j
