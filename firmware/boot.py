"""First of all both gates off, for a soft reset leaves outputs as they were; then stay on.

The supply holds itself for a second (boards/jk8s); importing the firmware takes longer.
"""

from board import PINS
from machine import Pin

for _name, _level in (("chg", 0), ("dsg", 0), ("hold", 1)):
    if _name in PINS:
        Pin(PINS[_name], Pin.OUT, value=_level)
