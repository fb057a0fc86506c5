"""Air: controllers on one simulated radio, and a central that speaks JK and our own service.

Below ATT everything is bumble's: L2CAP, HCI, the link layer. Addresses are random static
ones, because the simulated link routes by them.
"""

import asyncio
import time

from bumble import core, hci
from bumble.controller import Controller
from bumble.device import Device, DeviceConfiguration, Peer
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

from ble import gatt
from ble.auth import hmac
from ble.frame import own_frame
from ble.jk02 import ACK
from hal.virtual.radio import ADDRESS
from tests.ble.bench import request

RECORD_START = b"\x55\xaa\xeb\x90"


class Local:
    """What `Radio` opens in place of a transport: a controller on the simulated link."""

    def __init__(self, link, name, address):
        self.controller = Controller(name, link=link, public_address=address)
        self._lost = asyncio.get_running_loop().create_future()
        self.source = self
        self.sink = AsyncPipeSink(self.controller)

    def set_packet_sink(self, sink):
        self.controller.set_packet_sink(sink)

    async def wait_for_termination(self):
        await self._lost


class Air:
    """One simulated link. Connections are made one at a time: two centrals that answer the
    same advertisement leave one of them half open."""

    def __init__(self):
        self.link = LocalLink()
        self._turn = asyncio.Lock()
        self._count = 0

    async def board(self):
        """The board's controller."""
        self._board = Local(self.link, "board", ADDRESS)
        return self._board

    def scan_response(self):
        """What the board's controller answers a scanner."""
        (advertised,) = self._board.controller.advertising_sets.values()
        return bytes(advertised.scan_response_data)

    async def phone(self):
        """A new central's device, powered on."""
        self._count += 1
        address = "D0:00:00:00:00:%02X" % self._count
        local = Local(self.link, "phone%d" % self._count, address)
        config = DeviceConfiguration(name="phone", address=hci.Address(address), le_enabled=True)
        device = Device(config=config, host=Host(local.source, local.sink))
        await device.power_on()
        return device

    async def link_up(self, device, address):
        """A connection from `device` to a random static address."""
        target = hci.Address(address, hci.Address.RANDOM_DEVICE_ADDRESS)
        async with self._turn:
            return await device.connect(target, timeout=5)

    async def connect(self, mtu=None):
        """A connected central that has discovered everything and subscribed."""
        device = await self.phone()
        connection = await self.link_up(device, ADDRESS)
        central = Central(device, connection)
        await central.discover(mtu)
        return central


class Central:
    """A client of both services; collects what it is notified."""

    def __init__(self, device, connection):
        self.device = device
        self.connection = connection
        self.peer = Peer(connection)
        self.jk = []  # (seconds, notification)
        self.own = b""
        self.key = b""
        self.nonces = b""
        self.counter = 0

    async def discover(self, mtu):
        if mtu:
            await self.peer.request_mtu(mtu)
        await self.peer.discover_all()
        (self.main,) = self.peer.get_characteristics_by_uuid(_uuid(gatt.JK_MAIN))
        (self.second,) = self.peer.get_characteristics_by_uuid(_uuid(gatt.JK_SECOND))
        (self.ours,) = self.peer.get_characteristics_by_uuid(core.UUID(gatt.OWN_MAIN))
        await self.main.subscribe(lambda data: self.jk.append((time.monotonic(), bytes(data))))
        await self.ours.subscribe(self._hear)

    def _hear(self, data):
        self.own += bytes(data)

    async def send(self, command, value=b"", characteristic=None, with_response=False):
        """Write one JK request."""
        await (characteristic or self.main).write_value(request(command, value), with_response)

    async def until(self, condition, seconds=5.0):
        """Wait until `condition()` is true; its value, or an assertion."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            await asyncio.sleep(0.005)
        raise AssertionError("not within %g s" % seconds)

    def records(self):
        """(seconds of the last piece, record) of every whole record so far."""
        found = []
        buffer = b""
        for second, data in self.jk:
            if data[:4] == RECORD_START:
                buffer = b""
            if data == ACK:
                continue
            buffer += data
            if len(buffer) == 300:
                assert sum(buffer[:299]) & 0xFF == buffer[299]
                found.append((second, buffer))
                buffer = b""
        return found

    def acknowledgements(self):
        """When acknowledgements came."""
        return [second for second, data in self.jk if data == ACK]

    async def ask(self, body):
        """One op of our own service; the body of its answer."""
        self.own = b""
        frame = bytes(own_frame(body))
        room = self.connection.att_mtu - 3
        for at in range(0, len(frame), room):
            await self.ours.write_value(frame[at : at + room], False)
        await self.until(lambda: len(self.own) > 1 and len(self.own) >= self.own[1] + 3)
        return self.own[2 : 2 + self.own[1]]

    async def login(self, key, which=1):
        """True when the board accepted the key and proved that it knows it."""
        nonce = bytes(range(16))
        body = await self.ask(bytes((2, which)) + nonce)
        if body[0] != 0x82:
            return False
        self.nonces = bytes((which,)) + nonce + body[1:17]
        body = await self.ask(b"\x03" + hmac(key, b"phone", self.nonces))
        if body[0] != 0x83:
            return False
        assert body[1:] == hmac(key, b"board", self.nonces)
        self.key = hmac(key, b"session", self.nonces)
        self.counter = 0
        return True

    async def change(self, op, arguments):
        """A sealed command: "" when it was carried out, else the refusal's text."""
        self.counter += 1
        body = bytes((op,)) + self.counter.to_bytes(4, "little") + arguments
        answer = await self.ask(body + hmac(self.key, b"command", body)[:8])
        if answer[0] != 0xFF:
            assert answer[-8:] == hmac(self.key, b"answer", answer[:-8])[:8]
            return ""
        return answer[7:].decode(errors="replace")


def _uuid(number):
    return core.UUID.from_16_bits(number)
