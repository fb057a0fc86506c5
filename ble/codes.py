"""Codes: what the radio writes into the journal; JK's logbook codes where it has one."""

from micropython import const

from firmware.settings import LFP, LI_ION, LTO

# JK's own: the one-key presets and the shutdown by an app.
PRESETS = {LI_ION: 0x43, LFP: 0x44, LTO: 0x45}
SHUTDOWN_BY_APP = const(0x2C)  # -, forced

LOGGED_IN = const(0xB0)  # which password, number of links
WRONG_PASSWORD = const(0xB1)  # which password, wrong ones in all
LOCK_CLEARED = const(0xB2)  # by the button
PASSWORD = const(0xB3)  # which password was changed
WINDOW = const(0xB4)  # -, seconds granted to JK clients
OPTIONS = const(0xB5)  # before, after: read lock << 8 | window policy
NAMED = const(0xB6)  # 0 device name, 1 user data; characters
COMMISSIONED = const(0xB7)  # chemistry << 8 | cells, sensors fitted
CALIBRATED = const(0xB8)  # 0 voltage, 1 current; mV or mA
SOC_SET = const(0xB9)  # before, after, per mille
COMMAND = const(0xBA)  # which of those below, forced
NOT_DONE = const(0xBB)  # JK command or 0x100 + own one, value: refused
RUBBISH = const(0xBC)  # bytes that made no frame since start

RESTART = const(1)
SHUTDOWN = const(2)
FACTORY_RESET = const(3)
CLEAR_LATCHES = const(4)
MEASURE_LEADS = const(5)
