"""What the tests of the contract in hal/api.py share: signals, a started board, samples."""

from firmware.snapshot import Snapshot

# signal that can be lost -> its age in the snapshot, its fields
SIGNALS = {
    "current": ("current_ma",),
    "stack": ("stack_mv",),
    "t1": ("t1_dc",),
    "t2": ("t2_dc",),
    "mos": ("mos_dc",),
    "cells": ("cell_mv",),
}
SETTLE = 8  # samples until whatever was changed is seen by the slowest board


def started(rig_class):
    """A rig that has sampled everything, its lease alive."""
    rig = rig_class()
    snap = Snapshot()
    rig.board.gates.arm(1500)
    sample(rig, snap, times=SETTLE)
    return rig, snap


def sample(rig, snap, ms=50, times=1):
    """Time passes and a sample is taken, as often as the loop does it, its lease renewed."""
    for _ in range(times):
        rig.advance(ms)
        rig.board.sampler.sample(snap, ms)
        rig.board.gates.renew()


def can_lose(rig):
    """The signals that can be lost on this board."""
    return [signal for signal in SIGNALS if rig.lost_with.get(signal, ()) is not None]


def fields(snap, signal):
    return [
        tuple(value) if name == "cell_mv" else value
        for name, value in [(name, getattr(snap, name)) for name in SIGNALS[signal]]
    ]
