"""A charger fills the pack; one full cell opens charging, a load brings it back."""

TITLE = "LiFePO4 pack from 90 % to full at 20 A, then a load"
PACK = {"chemistry": 2, "soc": 0.9}
DO = (
    (10, "charger", 29.2, 20.0),
    (2200, "unplug"),
    (2300, "load", "amps", 10.0),
    (3400, "unload"),
)
UNTIL_S = 3500
# 10 % of 100 Ah at 20 A take 1800 s. At 3.60 V the cell stands 16 mV above its open
# circuit (20 A through 0.78 mOhm), which it reaches some 0.2 % before it is full.
# The hysteresis of LiFePO4 keeps the cell near its charge branch, which passes 3.40 V plus
# 8 mV of drop at 97 %: 2.6 Ah at 10 A take 940 s.
EXPECT = (
    (2, 0.1, "gates both on"),
    (1800, 40, "cell_ovp"),
    (1800, 40, "gates discharge only"),
    (2300.1, 0.1, "gates both on"),  # assist: the load current spares the body diode
    (3240, 60, "cell_ovp released"),
)
