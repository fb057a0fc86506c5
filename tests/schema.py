"""`make schema`: the whole table of parameters as JSON."""

import json
import sys

import tests  # noqa: F401
from firmware.labels import LABELS
from firmware.settings import PARAMS

_UNITS = {
    "mv": "mV",
    "ma": "mA",
    "s": "s",
    "us": "us",
    "ms": "ms",
    "dc": "0.1degC",
    "mah": "mAh",
    "on": "bool",
}


def unit(key):
    """The unit that the last part of a key names; a count where it names none."""
    return _UNITS.get(key.rsplit("_", 1)[-1], "count")


def rows():
    """The table as a list of dictionaries."""
    return [
        {
            "key": key,
            "unit": unit(key),
            "low": low,
            "high": high,
            "step": 1,
            "li_ion": li_ion,
            "lfp": lfp,
            "lto": lto,
            "jk_register": register,
            "writable": writable,
            "label": LABELS[key],
        }
        for key, low, high, li_ion, lfp, lto, _, register, writable in PARAMS
    ]


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        json.dump(rows(), file, indent=1)
    print("%d parameters in %s" % (len(rows()), sys.argv[1]))
