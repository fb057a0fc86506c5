"""The reference board: what the JK-B1A8S20P / JK-B2A8S20P manual describes. Data only.

The B1A is the same board with a smaller balancer: `boards/jk8s/b1a.py`.
"""

NAME = "jk8s"
MODEL = "JK_B2A8S20P"
HARDWARE = "11.XW"
CHIP = "esp32"
BUILD = "hal.esp32.jk8s"

CELLS_MAX = 8
SUPPLY_MIN_MV = 10_000  # manual 2.2 b
SUPPLY_MAX_MV = 40_000

FULL_SCALE_MA = 200_000  # manual table 1, continuous discharge
OWN_MA = 20  # manual 2.2 c, drawn ahead of the shunt
CELL = None  # the pack's own cell table: CELL= of make deploy
CURRENT_RANGE_MA = 500_000  # where the shunt amplifier ends
CHARGE_MAX_MA = 200_000
DISCHARGE_MAX_MA = 200_000
PEAK_MA = 350_000  # manual table 1, maximum discharge (D37)
MOS_OTP_MAX_DC = 750  # "cannot be changed" (D1)

SHUNT_UOHM = 100  # 500 A over it are 50 mV, 2.5 V behind the amplifier

BALANCER = "storage"
BALANCE_MAX_MA = 2000  # 1000 on the B1A
BALANCE_FULL_MA = 3000  # at full duty
BALANCE_KAPPA_PM = 500  # charge that arrives per charge taken
BALANCE_PWM_HERTZ = 40_000

SCP_STEP_US = 100  # the comparator's delay is an RC ladder in such steps
SCP_MIN_US = 100
SCP_MAX_US = 3000
SCP_THRESHOLD_MA = 600_000

LEASE_MS = 300
ASSIST = True  # D24: closes a blocked MOSFET to save its body diode
WAKE_ABOVE_MV = 5000  # manual 5.2
LATENCY_MS = 50  # the current of a step is converted while the next one begins

SPI_NUMBER = 2
SPI_HERTZ = 2_000_000
WATCHDOG_MS = 2000

# signal: GPIO of an ESP32-WROOM-32E
PINS = {
    "chg": 25,
    "dsg": 26,
    "lease": 32,
    "hold": 4,
    "sck": 18,
    "mosi": 23,
    "miso": 19,
    "cell_adc_select": 21,
    "current_adc_select": 22,
    "taps_latch": 27,
    "taps_disable": 14,
    "sense_shift": 33,
    "balance_set": 16,
    "led": 17,
    "buzzer": 13,
    "t1": 34,
    "t2": 35,
    "mos": 36,
    "balance_current": 39,
}
INPUTS = ("miso", "t1", "t2", "mos", "balance_current")
STRAPS = {}  # type: dict
