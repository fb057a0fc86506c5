"""Storage: the balancer that takes charge into supercapacitors and gives it to another cell.

The converter regulates its current in hardware, to a reference that a filtered PWM makes;
firmware sets the reference, the direction and the path, and never times a switch.
"""

from micropython import const

_FULL_DUTY = const(65535)
_ZERO_UV = const(1_250_000)  # of the balancing current's amplifier
_UV_PER_MA = const(500)


class Storage:
    """hal.api.Transfer over the tap matrix."""

    kind = "storage"
    storage_empty_mv = 1000
    storage_full_mv = 2600
    bleed_cells = 0
    senses_leads = True

    def __init__(self, matrix, sampler, pwm, current_adc, facts):
        self._matrix = matrix
        self._sampler = sampler
        self._pwm = pwm
        self._current_adc = current_adc
        self._full_ma = facts.BALANCE_FULL_MA
        self.max_ma = facts.BALANCE_MAX_MA
        self.kappa_pm = facts.BALANCE_KAPPA_PM
        self._storage_mv = 0

    def take(self, cell, ma):
        """Draw from `cell` into the storage."""
        self._go(cell, ma, False)

    def give(self, cell, ma):
        """Deliver from the storage to `cell`."""
        self._go(cell, ma, True)

    def move(self, source, sink, ma):
        """There is no direct converter."""
        self.stop()

    def bleed(self, mask):
        """There are no bleeders."""
        self.stop()

    def stop(self):
        """Reference to zero, then every switch open."""
        if self._matrix.lent:
            self._pwm.duty_u16(0)
            self._matrix.open_all()

    def current_ma(self):
        """Measured at the connected cell: negative taken, positive given."""
        if not self._matrix.lent:
            return 0
        return (self._current_adc.read_uv() - _ZERO_UV) // _UV_PER_MA

    def storage_mv(self):
        """Voltage of the storage, mV; the last one known when it cannot be read."""
        mv = self._sampler.storage_mv()
        if mv >= 0:
            self._storage_mv = mv
        return self._storage_mv

    def cell_mv_under_transfer(self):
        """The connected cell while current flows through its leads, mV; 0 without one."""
        if not self._matrix.lent:
            return 0
        mv = self._sampler.cell_mv()
        return mv if mv > 0 else 0

    def _go(self, cell, ma, give):
        self._pwm.duty_u16(0)
        self._matrix.lend(cell, give)
        ma = min(ma, self.max_ma)
        self._pwm.duty_u16(ma * _FULL_DUTY // self._full_ma)
