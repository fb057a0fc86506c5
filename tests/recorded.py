"""A board that replays recorded integers: the firmware alone, without any driver or plant.

Used where only the firmware may count: instructions and heap of a step, and the same
trace on every Python (I24). A frame is a tuple of
(dt ms, current mA, stack mV, T1, T2, MOS in 0.1 degC, short mask, cell mV …).
"""

from boards.jk8s import board as facts
from firmware.events import WAKE_BUTTON


class RecordedBoard:
    """hal.api.Board over a list of frames; the gates read back as they were driven."""

    def __init__(self, frames, flash=None):
        self.facts = facts
        self.frames = frames
        self.at = 0
        self.now_ms = 0
        self.mask = 0
        self.latched = 0
        self.wrong = 0
        self.sampler = self.gates = self.clock = self.power = self.transfer = self
        self.watchdog = self
        self.flash = flash or _virtual_flash()
        self.kind = "storage"
        self.max_ma = 2000
        self.kappa_pm = 500
        self.storage_empty_mv = 1000
        self.storage_full_mv = 2600

    def sample(self, snap, dt_ms):
        frame = self.frames[self.at]
        self.at = (self.at + 1) % len(self.frames)
        cell_mv = snap.cell_mv
        for i in range(8):
            cell_mv[i] = frame[7 + i]
        snap.current_ma = frame[1] if self.mask == 3 else 0  # open gates carry nothing
        snap.stack_mv = frame[2]
        snap.t1_dc = frame[3]
        snap.t2_dc = frame[4]
        snap.mos_dc = frame[5]
        snap.short_mask = frame[6] & self.latched
        if not frame[6]:
            self.latched = 3
        snap.cells_age_ms = snap.stack_age_ms = snap.current_age_ms = 0
        snap.t1_age_ms = snap.t2_age_ms = snap.mos_age_ms = 0
        snap.gates_on = self.mask
        snap.lease_alive = True
        snap.charger_present = snap.current_ma > 0
        snap.load_present = snap.current_ma < 0

    def calibrate(self, cell_ppm, stack_ppm, current_ppm, zero_ma):
        pass

    def drive(self, mask):
        self.mask = mask

    def renew(self):
        pass

    def rearm(self):
        self.latched = 0

    def arm(self, delay_us):
        return delay_us

    def feed(self):
        pass

    def stop(self):
        pass

    def storage_mv(self):
        return 1800

    def current_ma(self):
        return 0

    def take(self, cell, ma):
        pass

    def give(self, cell, ma):
        pass

    def cell_mv_under_transfer(self):
        return 3300

    def ticks_ms(self):
        return self.now_ms

    def elapsed_ms(self, since):
        return self.now_ms - since

    def wake_reason(self):
        return WAKE_BUTTON

    def off(self):
        pass


def quiet_frames(count=20):
    """A pack at work: nothing trips, everything moves a little."""
    frames = []
    for i in range(count):
        current_ma = -20_000 - i * 37
        cells = [3300 + (i * 7 + k * 3) % 11 for k in range(8)]
        frames.append((50, current_ma, sum(cells), 253, 248, 310, 0) + tuple(cells))
    return frames


def _virtual_flash():
    # Imported here: where the heap is measured, the simulation does not count.
    from hal.virtual.flash import VirtualFlash

    return VirtualFlash()
