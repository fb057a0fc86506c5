"""Attach: a hub on the real firmware: its store, its journal, its identity."""

import os

from ble.access import Access
from ble.hub import Hub
from firmware.records import ACCESS, IDENTITY, IDENTITY_LAYOUT
from firmware.settings import Refused


def attach(bms, entropy=os.urandom):
    """The hub of one power-up; made once, whatever becomes of the radio that runs it."""
    access = Access()
    access.load(bms.keeper.store.get(ACCESS) or b"")
    access.store = lambda image: _stored(bms, image)
    payload = bms.keeper.store.get(IDENTITY)
    identity = IDENTITY_LAYOUT.defaults()
    if payload:
        identity = IDENTITY_LAYOUT.unpack(payload, True)
    return Hub(
        bms,
        access,
        bms.keeper.journal,
        entropy,
        identity["serial"],
        identity["made"],
        bms.keeper.power_on_count,
    )


def _stored(bms, image):
    # A flash that is busy with a trip refuses; whoever asked tries again or is told.
    try:
        bms.service.store_record(ACCESS, image)
    except Refused:
        return False
    return True
