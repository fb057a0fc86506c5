"""Every driver has the verbs that hal/api.py asks for; read by mypy, never run."""

from hal import api
from hal.chips.bq76952_front import Bleeder, Front
from hal.chips.matrix_sampler import MatrixSampler
from hal.esp32.clock import Clock, Watchdog
from hal.esp32.flash import PartitionFlash
from hal.esp32.gates import Gates
from hal.esp32.power import Power
from hal.esp32.storage import Storage
from hal.files import FileFlash
from hal.virtual.board import VirtualPower, VirtualWatchdog
from hal.virtual.clock import VirtualClock
from hal.virtual.flash import VirtualFlash
from hal.virtual.gates import VirtualGates
from hal.virtual.sampler import VirtualSampler
from hal.virtual.transfer import VirtualTransfer


def samplers(matrix: MatrixSampler, front: Front, virtual: VirtualSampler) -> list[api.Sampler]:
    return [matrix, front, virtual]


def gates(pins: Gates, front: Front, virtual: VirtualGates) -> list[api.Gates]:
    return [pins, front, virtual]


def transfers(store: Storage, bleeder: Bleeder, virtual: VirtualTransfer) -> list[api.Transfer]:
    return [store, bleeder, virtual]


def flashes(part: PartitionFlash, files: FileFlash, virtual: VirtualFlash) -> list[api.Flash]:
    return [part, files, virtual]


def clocks(device: Clock, virtual: VirtualClock) -> list[api.Clock]:
    return [device, virtual]


def watchdogs(device: Watchdog, virtual: VirtualWatchdog) -> list[api.Watchdog]:
    return [device, virtual]


def powers(device: Power, virtual: VirtualPower) -> list[api.Power]:
    return [device, virtual]
