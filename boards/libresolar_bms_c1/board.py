"""Libre Solar BMS C1 v0.4: open hardware, ESP32-C3-MINI-1-N4 + bq76952. Data only.

Facts from the public schematics and device tree of LibreSolar/bms-c1 (CERN-OHL-W) and
LibreSolar/bms-firmware (Apache-2.0). The board carries 16 cells; this firmware serves 3..8.
"""

NAME = "libresolar_bms_c1"
MODEL = "JK_B1A8S20P"
HARDWARE = "C1-0.4"
CHIP = "esp32c3"
BUILD = "hal.esp32.bms_c1"

CELLS_MAX = 8
CELLS_WIRED = 8  # VC1..VC8; the inputs above are shorted to the uppermost cell
SUPPLY_MIN_MV = 10_000
SUPPLY_MAX_MV = 60_000

FULL_SCALE_MA = 100_000
OWN_MA = 0  # drawn ahead of the shunt; nobody measured it
CELL = None  # the pack's own cell table: CELL= of make deploy
CURRENT_RANGE_MA = 327_000  # 16 bits in units of 10 mA
CHARGE_MAX_MA = 100_000
DISCHARGE_MAX_MA = 100_000
PEAK_MA = 150_000
MOS_OTP_MAX_DC = 750

SHUNT_UOHM = 300

BALANCER = "bleed"
LEFT_OUT = ("balancing.wires",)  # modules without use here: no balance lead is sensed
BLEED_MA = 165  # of one cell: 3.3 V over 20 ohm
BALANCE_MAX_MA = 660  # of all bleeders together
BALANCE_KAPPA_PM = 0
BLEED_CELLS = 4  # at once, for their heat

# The chip's own limits: wider than any setting, and no setting moves them.
COV_MV = 4450
CUV_MV = 1150
CELL_HARD_MS = 2000
OCC_MA = 170_000
OCD_MA = 190_000
OTF_C = 100

SCP_STEP_US = 15
SCP_MIN_US = 0
SCP_MAX_US = 450
SCP_THRESHOLD_MA = 333_333  # 100 mV over the shunt

LEASE_MS = 2000  # the chip's host watchdog counts in seconds
ASSIST = True
WAKE_ABOVE_MV = 5000

LATENCY_MS = 200  # temperatures come with every third loop of 63 ms

I2C_NUMBER = 0
I2C_HERTZ = 100_000
WATCHDOG_MS = 2000

# signal: GPIO. v0.4 shares 4, 5, 6, 7, 10 with CAN and RS485.
PINS = {
    "sda": 8,
    "scl": 9,
    "alert": 2,
    "button": 3,
    "led": 0,
    "led_red": 1,
    "rs485_de": 6,
    "rs485_re": 7,
    "can_tx": 5,
    "can_rx": 4,
    "can_stb": 10,
}
INPUTS = ("alert", "button", "can_rx")
# Strapping pins that the board uses, and why that is safe.
STRAPS = {
    2: "ALERT is driven by the bq76952, low or open at reset",
    8: "SDA has a pull-up, as this pin wants at reset",
    9: "SCL has a pull-up: the chip boots from its flash",
}
