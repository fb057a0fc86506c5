"""I2C as chips and drivers see it: transfers that take time, NACK, a line held down."""


class I2cWire:
    """A bus at `hertz`; `chips` maps addresses to stand-ins."""

    def __init__(self, world, hertz, chips):
        self._world = world
        self._hertz = hertz
        self.chips = chips
        self.held = 0  # clocks that a chip still needs before it lets SDA go

    def readfrom_mem_into(self, address, register, buf):
        """As machine.I2C does."""
        self._transfer(3 + len(buf), address)
        self.chips[address].i2c_read(register, buf)

    def writeto_mem(self, address, register, buf):
        """As machine.I2C does."""
        self._transfer(2 + len(buf), address)
        self.chips[address].i2c_write(register, buf)

    def clock(self):
        """One pulse on SCL by hand."""
        if self.held:
            self.held -= 1

    def _transfer(self, count, address):
        # Nine clocks a byte, and start, repeated start and stop.
        self._world.spend((9 * count + 3) * 1_000_000 // self._hertz)
        if self.held:
            raise OSError(116)
        if address not in self.chips:
            raise OSError(19)


class PlainBus:
    """The bus object of a chip, straight on the wire."""

    def __init__(self, wire):
        self._wire = wire
        self.errors = 0

    def read(self, address, register, buf):
        try:
            self._wire.readfrom_mem_into(address, register, buf)
        except OSError:
            self.errors += 1
            return False
        return True

    def write(self, address, register, buf):
        try:
            self._wire.writeto_mem(address, register, buf)
        except OSError:
            self.errors += 1
            return False
        return True
