"""Cell profiles: what is known of each chemistry, and how far to trust it.

A profile joins two things: a *cell table* (open-circuit branches and
resistances of one cell type; the shipped ones are made by
tests/make_profiles.py, an owner may load one of his own) and the *chemistry*
(how temperature, hysteresis and charge efficiency behave in all its kind).
"""

from firmware.estimation.tables import LFP_TABLE, LI_ION_TABLE, LTO_TABLE

LI_ION, LFP, LTO = 1, 2, 3
_ARRHENIUS_MAX_K = 3500.0
_RISE_MAX = 5.0


class Tune:
    """How far the estimator trusts what: deviations and parts, see the rows."""

    size = 280  # hypotheses
    start, start_wide, start_wide_part = 0.02, 0.15, 0.7  # SOC that was stated
    offset, offset_wide, offset_wide_part = 0.0005, 0.003, 0.6  # of full scale
    scale, scale_wide, scale_wide_part = 0.03, 0.12, 0.4  # capacity, gain
    volt = 0.003  # V, reading of a cell
    shake = 0.2
    fresh, fresh_weight, fresh_lean = 0.08, 0.5, 0.7
    fresh_soc, fresh_scale, fresh_offset = 0.1, 0.03, 0.0012
    noise = 0.005  # V
    shape, shape_low, shape_high, shape_fall = 0.008, 0.02, 0.0, 0.1  # of SOC
    doubt = 0.45  # of the polarisation
    doubt_half = 0.2  # of the half width of the hysteresis
    bend = 30.0  # squared residual at which a witness is half believed
    moved, passed_s, fresh_s = 0.02, 7200.0, 300.0
    anchor = 0.006
    curve, teach = 0.002, 1.0  # V by which the curve may be off; how fast it is learned
    ohm_min, ohm_looks, ohm_prior = 0.006, 300.0, 0.1


class LfpTune(Tune):
    """On the plateau half a millivolt is a per cent: the shape is trusted."""

    offset_wide = 0.004
    volt = 0.004
    curve = 0.0005
    shape, shape_low, shape_high = 0.005, 0.005, 0.03
    doubt = 0.094
    moved, passed_s = 0.03, 20000.0
    ohm_prior = 0.04


class LfpGenericTune(LfpTune):
    """Another maker's LiFePO4: its steps lie elsewhere.

    Its plateau may be 20 mV off everywhere, and the same 20 mV in every cycle:
    one pass is few witnesses. Charge is counted, the curve is learned from it.
    """

    volt = 0.006
    scale, scale_wide_part = 0.02, 0.15
    fresh_scale = 0.01
    shape, shape_low = 0.012, 0.05
    doubt = 0.2
    doubt_half = 0.4
    moved, passed_s = 0.3, 200000.0
    curve, teach = 0.018, 4.0


class GenericTune(Tune):
    """Another maker's cell: its curve is trusted less, and learned."""

    shape, shape_low = 0.012, 0.02
    curve = 0.01


# Per chemistry: charge lost while charging; Arrhenius width of the hysteresis
# (K) and the open-circuit voltage's slope with temperature (uV/K over SOC),
# both read off the A123 sweeps at C/30; the quick hysteresis near full.
_KINDS = {
    LI_ION: (0.003, 0.0, (0.0, 1.0), (0.0, 0.0), 0.0, 200),
    LFP: (
        0.006,
        700.0,
        (0.0, 0.07, 0.1, 0.33, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        (0.0, 0.0, -100.0, -100.0, 130.0, 165.0, 110.0, 80.0, 30.0, -30.0, -30.0),
        50.0,
        91,
    ),
    LTO: (0.003, 0.0, (0.0, 1.0), (0.0, 0.0), 0.0, 200),
}
_TABLES = {LI_ION: LI_ION_TABLE, LFP: LFP_TABLE, LTO: LTO_TABLE}


class Profile:
    """Attributes: the cell table's, the chemistry's, and tune."""

    def __init__(self, chemistry, table=None):
        """table: a dict as in cell_profiles.json, or None for the shipped one."""
        known = table is not None
        if not known:
            table = _TABLES[chemistry]
        if known:
            self.soc, self.dis, self.chg = table["soc"], table["dis"], table["chg"]
        else:
            self.soc = [0.001 * pm for pm in table["soc_pm"]]
            self.dis = [0.0001 * dmv for dmv in table["dis_dmv"]]
            self.chg = [0.0001 * dmv for dmv in table["chg_dmv"]]
        self.half_max = table["half_max"]
        self.w_mid = table["w_mid"]
        self.m_h = table["m_h"]
        self.gamma = table["gamma"]
        self.r0 = table["R0"]
        self.r1 = table["R1"]
        self.r2 = table["R2"]
        self.tau1 = table["tau1"]
        self.tau2 = table["tau2"]
        self.a0 = table["a0"]
        # Fitted at 25 degrees: a steep rise near empty does not grow with the
        # cold as the resistance does, and slow diffusion fits overshoot.
        self.a1 = min(table["a1"], _RISE_MAX)
        self.b = table["b"]
        self.e0 = min(table["e0"], _ARRHENIUS_MAX_K)
        self.e1 = min(table["e1"], _ARRHENIUS_MAX_K)
        self.e2 = min(table["e2"], _ARRHENIUS_MAX_K)
        self.v100 = table["v100"]
        self.v0 = table["v0"]
        self.is_known = known
        kind = _KINDS[chemistry]
        self.loss, self.eh, self.warm_soc, self.warm_uv, self.gamma_quick, self.quick_from = kind
        if chemistry == LFP:
            self.tune = LfpTune if known else LfpGenericTune
        else:
            self.tune = Tune if known else GenericTune
