"""Cell profiles: what is known of each chemistry, and how far to trust it.

A profile joins two things: a *cell table* (open-circuit branches and
resistances of one cell type; the shipped ones are made by
tests/make_profiles.py, an owner may load one of his own) and the *chemistry*
(how temperature, hysteresis and charge efficiency behave in all its kind).
"""

from array import array

from firmware.estimation.tables import (
    KEYS,
    LFP_TABLE,
    LI_ION_TABLE,
    LTO_PERCENT,
    LTO_TABLE,
    SOC_PERCENT,
)

LI_ION, LFP, LTO = 1, 2, 3
_ARRHENIUS_MAX_K = 3500.0
_RISE_MAX = 5.0


class Tune:
    """How far the estimator trusts what: deviations and parts, see the rows."""

    start, start_wide, start_wide_part = 0.003, 0.14, 0.6  # SOC that was stated
    offset, offset_wide, offset_wide_part = 0.0005, 0.0045, 0.6  # of full scale
    scale, scale_wide, scale_wide_part = 0.012, 0.12, 0.4  # capacity, gain
    volt = 0.0045  # V, reading of a cell
    offset_drift, scale_drift = 0.0002, 0.0003  # C rate a root hour; per root C hour moved
    count_noise = 0.002  # of SOC, per root C hour moved
    noise = 0.004  # V
    shape, shape_low, shape_high = 0.01, 0.03, 0.0  # of SOC: everywhere, near the ends
    doubt = 0.45  # of the polarisation, R0 apart
    doubt_half = 0.2  # of the half width of the hysteresis
    moved, passed_s, fresh_s = 0.02, 7200.0, 300.0
    curve, teach = 0.002, 1.0  # V by which the curve may be off; how fast it is learned
    # Part of the drop; charge (C hours) after which it, and the voltage's offset, are as new.
    ohm, fades = 0.1, 3.0


class LfpTune(Tune):
    """On the plateau half a millivolt is a per cent: the shape is trusted."""

    start, start_wide_part = 0.02, 0.7
    offset_wide, offset_wide_part = 0.004, 0.7
    scale_wide_part = 0.25
    noise = 0.0035
    curve = 0.0025
    shape, shape_low, shape_high = 0.005, 0.005, 0.03
    doubt = 0.12
    moved, passed_s, fresh_s = 0.015, 30000.0, 1000.0
    ohm = 0.15


class LfpGenericTune(LfpTune):
    """Another maker's LiFePO4: its steps lie elsewhere.

    Its plateau may be 30 mV off everywhere, and the same 30 mV in every cycle:
    one pass is few witnesses. Charge is counted, the curve is learned from it.
    """

    volt = 0.006
    scale, scale_wide_part = 0.015, 0.15
    # Both knees are steep in all of its kind.
    shape, shape_low, shape_high = 0.012, 0.01, 0.01
    doubt = 0.2
    doubt_half = 0.8
    moved, passed_s = 0.5, 200000.0
    curve = 0.015


class GenericTune(Tune):
    """Another maker's Li-ion: 0.2 V lie between kinds. Counted and learned first."""

    shape, shape_low = 0.012, 0.008
    moved, passed_s = 1.0, 300000.0
    curve, teach = 0.08, 3.0


# What the cold does to the open circuit: at these per cents the discharge
# branch sinks and the charge branch rises by so many 0.1 mV times
# exp(2000 K (1 / T - 1 / 298 K)) - 1. Read off the A123 sweeps at C/30,
# -5..45 degrees, less the drop on the resistances. Li-ion, in mV: the knee near
# empty of the LG sweeps at C/20; the rest of them differs by how they were aligned.
_COLD_K = 2000.0
_COLD_LFP = (
    b"\x0a\x14\x1e\x22\x25\x28\x2c\x32\x42\x48\x4c\x50\x55",
    b"\xb6\x5b\x43\x41\x55\x9c\xb6\xa3\x7d\x9a\xbe\xaf\x98",
    b"\xab\x7f\x72\x4b\x33\x31\x32\x39\x4d\x5b\x74\x8f\xb1",
    1e-4,
)
_COLD_LI_ION = (b"\x0a\x0f\x14\x19", b"\x3c\x1e\x0a\x00", b"\x00\x00\x00\x00", 1e-3)
_COLD_NONE = (b"\x00\x64", b"\x00\x00", b"\x00\x00", 0.0)

# Per chemistry: charge lost while charging; what the cold does; by how much SOC
# per C rate the surface leads, and what part of R2 that explains (from what the
# A123 recordings miss without it); whether the quick hysteresis is a state (1) or play (0), and
# from which per cent on it is all there is: where a cell's own is as quick a state (Li-ion, LTO),
# the two are one and nothing is learned.
_KINDS = {
    LI_ION: (0.003, _COLD_LI_ION, 0.0, 0.0, 1.0, 200),
    LFP: (0.006, _COLD_LFP, 0.06, 0.2, 0.0, 88),
    LTO: (0.003, _COLD_NONE, 0.0, 0.0, 1.0, 200),
}
_TABLES = {LI_ION: LI_ION_TABLE, LFP: LFP_TABLE, LTO: LTO_TABLE}


class Profile:
    """Attributes: the cell table's, the chemistry's, and tune."""

    def __init__(self, chemistry, table=None):
        """table: a dict as in cell_profiles.json; without one, the shipped."""
        known = bool(table)
        values = [table[key] for key in KEYS] if known else _TABLES[chemistry]
        # fmt: off
        (
            self.dis, self.chg, self.w_mid, self.half_max, self.m_h, self.gamma,
            self.r0, self.r1, self.r2, self.tau1, self.tau2,
            self.a0, self.a1, self.b, self.e0, self.e1, self.e2, self.v100, self.v0,
        ) = values
        # fmt: on
        if known:
            self.soc = table["soc"]
            self.soc_unit = self.volt_unit = 1.0
        else:
            self.soc = LTO_PERCENT if chemistry == LTO else SOC_PERCENT
            self.dis, self.chg = array("H", self.dis), array("H", self.chg)
            self.soc_unit, self.volt_unit = 0.01, 0.0001
        # Fitted at 25 degrees: a steep rise near empty does not grow with the
        # cold as the resistance does, and slow diffusion fits overshoot.
        self.a1 = min(self.a1, _RISE_MAX)
        self.e0 = min(self.e0, _ARRHENIUS_MAX_K)
        self.e1 = min(self.e1, _ARRHENIUS_MAX_K)
        self.e2 = min(self.e2, _ARRHENIUS_MAX_K)
        self.is_known = known
        kind = _KINDS[chemistry]
        self.loss, self.cold, self.lag, self.lag_part, self.tie, self.quick_from = kind
        self.ec = _COLD_K
        if chemistry == LFP:
            self.tune = LfpTune if known else LfpGenericTune
        else:
            self.tune = Tune if known else GenericTune
