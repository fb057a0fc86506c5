"""Packs that somebody gave, as JSON: completed with the defaults, or refused by pack and key."""

import sys

from tests import cell_table
from tests.balance import PRESETS
from tests.balancing.packs import LOADS

CASE_KEYS = ("chemistry", "capacity_ah", "cells", "load")
# key: lowest, highest, default (None: it must be given)
OF_A_PACK = {
    "capacity_ah": (0.1, 2000, None),
    "days": (0.001, 30, 3),
    "i_take_a": (0.01, 10, 2.0),
    "kappa": (0.01, 1, 0.9),
    "dt_s": (0.05, 60, 10.0),
}
_OF_A_CELL = {
    "soc": (0, 1, None),
    "capacity_ah": (0.1, 2000, None),
    "r_factor": (0.01, 100, 1.0),
    "offset_mv": (-100, 100, 0.0),
    "h": (-1, 1, -1.0),
}
_OF_ANY_PACK = ("name", "pattern", "profile", "known_profile")
_OF_A_LOAD = ("kind", "sun_c", "use_c", "stops_full", "seed")
_OF_A_PROFILE = ("soc", "dis", "chg", "gamma", "R0", "R1", "R2", "tau1", "tau2")
_USUAL = {"lfp": "lfp_a123", "li_ion": "nmc_lg", "lto": None}


def check(case, number, known):
    """Complete a given pack with the defaults, or raise ValueError naming pack and key."""
    where = "pack %d" % number
    if not isinstance(case, dict):
        raise ValueError("%s: is no object" % where)
    for key in CASE_KEYS:
        if key not in case:
            raise ValueError("%s: %s is missing" % (where, key))
    mind_unknown(case, (*CASE_KEYS, *OF_A_PACK, *_OF_ANY_PACK), where)
    if not isinstance(case["chemistry"], str) or case["chemistry"] not in PRESETS:
        names = ", ".join(sorted(PRESETS))
        raise ValueError("%s: chemistry %r: one of %s" % (where, case["chemistry"], names))
    check_numbers(case, OF_A_PACK, where)
    load = case["load"]
    load = {"kind": load} if isinstance(load, str) else load
    if not isinstance(load, dict) or load.get("kind") not in LOADS:
        raise ValueError("%s: load %r: one of %s" % (where, case["load"], ", ".join(LOADS)))
    mind_unknown(load, _OF_A_LOAD, where + ": load")
    check_numbers(load, {key: (0, 10, 0.1) for key in ("sun_c", "use_c") if key in load}, where)
    if type(load.get("seed", 0)) is not int or type(load.get("stops_full", True)) is not bool:
        raise ValueError("%s: load: seed is a whole number, stops_full true or false" % where)
    case["load"] = load
    cells = case["cells"]
    if not isinstance(cells, list) or not 3 <= len(cells) <= 8:
        raise ValueError("%s: cells: a list of 3 to 8" % where)
    for i, cell in enumerate(cells):
        if not isinstance(cell, dict):
            raise ValueError("%s, cell %d: is no object" % (where, i))
        mind_unknown(cell, _OF_A_CELL, "%s, cell %d" % (where, i))
        cell.setdefault("capacity_ah", case["capacity_ah"])
        check_numbers(cell, _OF_A_CELL, "%s, cell %d" % (where, i))
    profile = case.get("profile", _USUAL[case["chemistry"]])
    case["profile"] = check_profile(profile, known, where + ": profile")
    if case.get("known_profile") is not None:
        known_profile = check_profile(case["known_profile"], known, where + ": known_profile")
        case["known_profile"] = known_profile


def mind_unknown(values, known, where):
    for key in values:
        if key not in known:
            print("%s: %r means nothing here and is ignored" % (where, key), file=sys.stderr)


def check_numbers(values, table, where):
    for key, (low, high, default) in table.items():
        value = values.setdefault(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("%s: %s %r: a number is needed" % (where, key, value))
        if not low <= value <= high:
            raise ValueError("%s: %s %r: %g to %g" % (where, key, value, low, high))


def check_profile(profile, known, where):
    if isinstance(profile, str) and profile in known:
        return known[profile]
    if not isinstance(profile, dict):
        raise ValueError("%s %r: one of lfp_a123, nmc_lg, or a table" % (where, profile))
    for key in _OF_A_PROFILE:
        if key not in profile:
            raise ValueError("%s: %s is missing" % (where, key))
    nodes = profile["soc"], profile["dis"], profile["chg"]
    if not all(isinstance(n, list) and len(n) == len(nodes[0]) >= 2 for n in nodes):
        raise ValueError("%s: soc, dis and chg are lists of one length" % where)
    for key, (low, high) in cell_table.NUMBERS.items():
        if key in _OF_A_PROFILE:
            check_numbers(profile, {key: (low, high, None)}, where)
    why = cell_table.curves_problem(profile)
    if why:
        raise ValueError("%s: %s" % (where, why))
    return profile
