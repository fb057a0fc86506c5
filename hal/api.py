"""The world in integers: what every board must offer, with units, signs and freshness.

These classes are Protocols for the type checker and for the reader. They are not
shipped to the device; a driver matches them by having the same verbs.

Freshness. No exception crosses this interface. `Sampler.sample` lets every age grow by
the elapsed time first; a signal that was really converted since the last call is
written and its age set to 0. A conversion counter that stands, a bus error, a value
that the chip itself flags as invalid: the old value stays and its age grows. Ages start
at `firmware.snapshot.NEVER_MS`, so booting is the stale case.

Signs. Charging is positive in every current. Temperatures are 0.1 degC (`_dc`), a
sensor that reads open or short is not fresh. A driver is the only place that may flip
a sign.

Masks. Gates and short-circuit latches are masks of `protection.rule.CHG` (1) and `DSG` (2).
"""

from typing import Protocol


class Sampler(Protocol):
    """Reads every input once per step."""

    def sample(self, snap, dt_ms: int) -> None:
        """Write the measured fields of `snap`; takes at most 20 ms on a real board.

        cell_mv[i] (mV, 0..8191; every tap the board has, unused ones included),
        cells_age_ms; stack_mv, stack_age_ms (the pack measured as one);
        current_ma (mean over the step, + charges), current_age_ms;
        t1_dc, t2_dc, mos_dc and their ages; gates_on (read back from the gate lines),
        short_mask (latched), charger_present, load_present, lease_alive (all bool or mask).
        While the tap bus is used by a transfer no cell is judged: cells_age_ms grows.
        """

    def calibrate(self, cell_ppm: int, stack_ppm: int, current_ppm: int, zero_ma: int) -> None:
        """Correct every later sample: gains in ppm of nominal, zero in mA (subtracted first)."""


class Gates(Protocol):
    """The two MOSFETs, behind a hardware lease and a hardware short-circuit latch."""

    def drive(self, mask: int) -> None:
        """Command both gates at once. The only function that can close a MOSFET."""

    def renew(self) -> None:
        """Pulse the monostable: the gates may stay closed for at most 300 ms more."""

    def rearm(self) -> None:
        """Release the short-circuit latch. Call only after the SCPR time."""

    def arm(self, delay_us: int) -> int:
        """Set the short-circuit delay; return the delay the hardware really has, in us."""


class Transfer(Protocol):
    """The balancer. Every verb opens all taps before it closes any (break before make)."""

    kind: str  # "storage" (take, then give), "direct", "bleed" or "none"
    max_ma: int
    kappa_pm: int  # charge delivered per charge taken, per mille
    storage_empty_mv: int
    storage_full_mv: int

    def take(self, cell: int, ma: int) -> None:
        """Draw up to `ma` from `cell` (0-based) into the storage until `stop`."""

    def give(self, cell: int, ma: int) -> None:
        """Deliver up to `ma` from the storage to `cell` until `stop`."""

    def move(self, source: int, sink: int, ma: int) -> None:
        """Direct converters: from cell to cell until `stop`."""

    def bleed(self, mask: int) -> None:
        """Passive chips: bleed the cells of the mask until `stop`."""

    def stop(self) -> None:
        """Converter off, every tap open."""

    def current_ma(self) -> int:
        """Measured current at the connected cell: negative taken, positive given."""

    def storage_mv(self) -> int:
        """Voltage of the storage, mV; 0 where there is none."""

    def cell_mv_under_transfer(self) -> int:
        """Voltage of the connected cell while it is moved. For the wire measurement only."""


class Flash(Protocol):
    """Raw blocks that survive power loss. Erased bytes are 0xFF; programming only clears bits.

    At least `firmware.store.FLASH_BYTES` in blocks of 4096, or 64 of 1024. An operation takes
    its time (an erase 45 ms, up to 400 ms), so none is ever asked for inside a step.
    """

    block_bytes: int
    blocks: int

    def read(self, block: int, offset: int, buf) -> bool:
        """Fill `buf`; False when the medium did not answer."""

    def program(self, block: int, offset: int, buf) -> bool:
        """Program `buf` over erased bytes; False when it failed."""

    def erase(self, block: int) -> bool:
        """Erase one block; False when it failed."""


class Clock(Protocol):
    """Monotonic time. Wraps; only `elapsed_ms` may be trusted."""

    def ticks_ms(self) -> int:
        """Now, in ms, wrapping."""

    def elapsed_ms(self, since: int) -> int:
        """Time from `since` (an earlier `ticks_ms`) to now, in ms."""

    def sleep_ms(self, ms: int):
        """An awaitable that ends `ms` later."""


class Watchdog(Protocol):
    """Resets the processor (and so opens both gates) when not fed for 2 s."""

    def feed(self) -> None:
        """Called in one place: after a complete step that ended on time."""


class Power(Protocol):
    """Supply, wake and everything a person touches."""

    def wake_reason(self) -> int:
        """Why the board runs: one of WAKE_CHARGER … WAKE_WATCHDOG of firmware.events."""

    def off(self) -> None:
        """Cut the board's own supply. Returns on a virtual board and under a charger."""

    def restart(self) -> None:
        """Reset the processor."""

    def button(self) -> bool:
        """The button is held down now."""

    def led(self, on: bool) -> None:
        """D1."""

    def buzzer(self, ms: int) -> None:
        """Sound for `ms`; returns at once."""

    def idle(self, on: bool) -> None:
        """Spend less: a slower processor, on which a sample still takes at most 20 ms."""


class Board(Protocol):
    """What `main(board)` is given."""

    facts: object  # a module of boards/<name>/board.py: limits and names, data only
    wrong: int  # what the self-test found, as bits; any keeps both gates open
    sampler: Sampler
    gates: Gates
    transfer: Transfer
    flash: Flash
    clock: Clock
    watchdog: Watchdog
    power: Power
