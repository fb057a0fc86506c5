"""First of all both gates off: a soft reset leaves outputs as they were."""

from board import PINS
from machine import Pin

for _name in ("chg", "dsg"):
    if _name in PINS:
        Pin(PINS[_name], Pin.OUT, value=0)
