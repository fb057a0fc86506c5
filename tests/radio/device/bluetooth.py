"""Stand-in for MicroPython's `bluetooth`: the stack's side and the centrals' in one object.

With the real stack's habits: a value buffer of 20 bytes unless set, longer writes cut
without a word, notifications that find no buffer raise OSError 12, a subscription that
is not asked for, centrals' events in the caller's context.
"""

_CONNECT = 1
_DISCONNECT = 2
_WRITE = 3
_MTU = 21
_NO_BUFFER = 12
BUFFERS = 16


class UUID:
    def __init__(self, value):
        self.value = value
        self._bytes = value.to_bytes(2, "little") if isinstance(value, int) else bytes(16)

    def __bytes__(self):
        return self._bytes


class BLE:
    """One stack; `air` is what tests reach it by."""

    _only = None

    def __new__(cls):
        if BLE._only is None:
            BLE._only = object.__new__(cls)
            BLE._only._reset()
        return BLE._only

    def _reset(self):
        self._irq = None
        self._active = False
        self._values = {}
        self._limits = {}
        self.config_set = {}
        self.services = ()
        self.advertised = None  # (advertising data, scan response) while it advertises
        self.notified = []  # (connection, value handle, bytes)
        self.free = BUFFERS
        self.linked = []

    # What aioble calls.

    def irq(self, handler):
        self._irq = handler

    def active(self, on=None):
        if on is not None:
            self._active = on
        return self._active

    def config(self, name=None, **settings):
        if name == "mac":
            return 0, b"\xc8\x47\x80\x14\x88\xb7"
        self.config_set.update(settings)

    def gap_advertise(self, interval_us, adv_data=None, resp_data=None, connectable=True):
        if interval_us is None:
            self.advertised = None
        else:
            assert len(adv_data) <= 31 and len(resp_data) <= 31
            self.advertised = bytes(adv_data), bytes(resp_data)

    def gap_disconnect(self, connection):
        if connection not in self.linked:
            raise OSError(107)
        self.disconnect(connection)
        return True

    def gatts_register_services(self, services):
        self.services = services
        handle = 10
        answer = []
        for _, characteristics in services:
            handles = []
            for _ in characteristics:
                handle += 3
                handles.append(handle)
                self._values[handle] = b""
                self._limits[handle] = 20
            answer.append(tuple(handles))
        return tuple(answer)

    def gatts_set_buffer(self, handle, size, append=False):
        assert not append
        self._limits[handle] = size

    def gatts_read(self, handle):
        return self._values[handle]

    def gatts_notify(self, connection, handle, data):
        if connection not in self.linked:
            raise OSError(107)
        if not self.free:
            raise OSError(_NO_BUFFER)
        self.free -= 1
        self.notified.append((connection, handle, bytes(data)))

    # What a test does in the centrals' place.

    def connect(self, connection):
        """A central connects; advertising ends."""
        assert self.advertised, "not advertising"
        self.advertised = None
        self.linked.append(connection)
        self._irq(_CONNECT, (connection, 1, memoryview(bytes(6))))

    def disconnect(self, connection):
        """The link ends."""
        self.linked.remove(connection)
        self._irq(_DISCONNECT, (connection, 1, memoryview(bytes(6))))

    def exchange_mtu(self, connection, mtu):
        """The central asks for an MTU."""
        self._irq(_MTU, (connection, min(mtu, self.config_set["mtu"])))

    def write(self, connection, handle, data):
        """The central writes; a long value is cut."""
        self._values[handle] = bytes(data[: self._limits[handle]])
        self._irq(_WRITE, (connection, handle))

    def take(self, connection):
        """What this central was notified of since the last look; its buffers are free again."""
        taken = [sent for sent in self.notified if sent[0] == connection]
        self.notified = [sent for sent in self.notified if sent[0] != connection]
        self.free += len(taken)
        return taken
