"""Assembly: what a whole firmware is made of, and what stands in its places.

The parts meet here and nowhere else, so that `Bms` carries only what protects the pack.
"""

from balancing.scheduler import Scheduler
from firmware.app import Bms
from firmware.estimation.gauge import Gauge
from firmware.events import Events, trip_codes
from firmware.keeper import Keeper
from firmware.service import Service
from firmware.snapshot import Snapshot
from protection.rule import CODE
from protection.table import POWER_RULES, RULES


def assemble(board, factory=None):
    """A whole `Bms` on `board`, with gauge, balancer, storage and service.

    What the board's flash holds is taken over. `factory` is what a new board starts from,
    one that has never stored settings: by itself, not configured.
    """
    snap = Snapshot()
    events = Events(snap, trip_codes([row[CODE] for row in RULES + POWER_RULES]))
    keeper = Keeper(board, events, factory)
    gauge = Gauge(snap, board.facts.FULL_SCALE_MA, board.facts.OWN_MA)
    bms = Bms(board, snap, events, keeper, gauge, Scheduler(snap, board.transfer, events))
    bms.service = Service(bms)
    return bms
