"""The balancer of the reference board: supercapacitors that take from one cell, give to another.

A half bridge with 2 x 30 F in series (15 F), usable from 1.0 to 2.6 V. A part of the
energy is lost each way, so about half of the charge that was taken arrives.
"""

_FARAD = 15.0
_EFFICIENCY = 0.71  # each way
_REST, _TAKE, _GIVE = 0, -1, 1


class VirtualTransfer:
    """hal.api.Transfer over the virtual pack."""

    def __init__(self, pack, facts):
        self.kind = facts.BALANCER
        self.max_ma = facts.BALANCE_MAX_MA
        self.kappa_pm = facts.BALANCE_KAPPA_PM
        self.storage_empty_mv = 1000
        self.storage_full_mv = 2600
        self.volts = 1.0
        self.stuck = False  # the converter no longer stops
        self._pack = pack
        self._cell = None
        self._way = _REST
        self._amps = 0.0

    def take(self, cell, ma):
        self._start(cell, _TAKE, ma)

    def give(self, cell, ma):
        self._start(cell, _GIVE, ma)

    def move(self, source, sink, ma):
        raise NotImplementedError("this board stores, it has no direct converter")

    def bleed(self, mask):
        raise NotImplementedError("this board stores, it has no bleeders")

    def stop(self):
        if self.stuck or self._cell is None:
            return
        self._cell = None
        self._way = _REST
        self._pack.move(None, 0.0)

    def current_ma(self):
        return int(self._way * self._amps * 1000)

    def storage_mv(self):
        return int(self.volts * 1000)

    def cell_mv_under_transfer(self):
        if self._cell is None:
            return 0
        return int(self._terminal_v() * 1000)

    # The plant's side.

    def busy(self):
        """A cell is connected to the tap bus, so no cell can be measured."""
        return self._cell is not None

    def advance(self, dt_s):
        """Move energy between the cell and the storage for `dt_s`."""
        watts = self._terminal_v() * self._amps
        if self._way == _TAKE:
            joules = watts * dt_s * _EFFICIENCY
        else:
            joules = -watts * dt_s / _EFFICIENCY
        square = self.volts * self.volts + 2 * joules / _FARAD
        self.volts = square**0.5 if square > 0 else 0.0
        full = self._way == _TAKE and self.volts * 1000 >= self.storage_full_mv
        empty = self._way == _GIVE and self.volts * 1000 <= self.storage_empty_mv
        if full or empty:
            self._amps = 0.0
            self._pack.move(self._cell, 0.0)

    def _start(self, cell, way, ma):
        self.stop()
        self._cell = cell
        self._way = way
        self._amps = min(ma, self.max_ma) / 1000
        self._pack.move(cell, way * self._amps)

    def _terminal_v(self):
        leads = self._pack.lead_ohms
        drop_v = self._way * self._amps * (leads[self._cell] + leads[self._cell + 1])
        own_v = self._way * self._amps * self._pack.cells.r0[self._cell]
        return self._pack.cell_v(self._cell) + own_v + drop_v
