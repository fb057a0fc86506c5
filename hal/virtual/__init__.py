"""The virtual board: a driver like any other, over a simulated pack."""

import sys

if sys.implementation.name != "micropython":
    from hal.virtual import host

    host.install()
