"""The adapter to aioble, over a stand-in of aioble's few verbs (host only).

The real aioble is tried under MicroPython by `tests.radio.on_device`.
"""

import asyncio
import importlib
import sys
import types

import pytest

from ble import gatt
from ble.jk02 import ACK
from tests.ble.bench import FakeBms, make_hub, request

MAC = b"\xc8\x47\x80\x14\x88\xb7"


class Stack:
    """What the radio's stack would do, and what it was told."""

    def __init__(self):
        self.handlers = []
        self.values = {}
        self.disconnected = []
        self.advertised = []
        self.intervals_us = []
        self.connections = {}
        self.is_full = False
        self.is_deaf = False

    def config(self, name=None, **settings):
        return 0, MAC

    def gap_disconnect(self, handle):
        if self.is_deaf:
            raise OSError(107)
        self.disconnected.append(handle)

    def gatts_read(self, handle):
        return self.values[handle]

    def event(self, number, *data):
        for handler in self.handlers:
            handler(number, data)


class Connection:
    def __init__(self):
        self.mtu = 247
        self.alive = True

    def is_connected(self):
        return self.alive


@pytest.fixture
def stack(monkeypatch):
    """`ble.server` freshly imported over a stand-in."""
    one = Stack()
    handles = iter(range(10, 99))

    class Characteristic:
        def __init__(self, service, uuid, **options):
            self.options = options
            self.sent = []

        def notify(self, connection, data):
            if one.is_full:
                raise OSError(12)
            self.sent.append(data)

    class Service:
        def __init__(self, uuid):
            self.uuid = uuid

    made = []

    def characteristic(*args, **options):
        made.append(Characteristic(*args, **options))
        return made[-1]

    def register_services(*services):
        for item in made:
            item._value_handle = next(handles)

    async def advertise(interval_us, adv_data, resp_data, timeout_ms):
        one.advertised.append((adv_data, resp_data))
        one.intervals_us.append(interval_us)
        await asyncio.sleep(0)
        raise asyncio.TimeoutError

    aioble = types.ModuleType("aioble")
    aioble.config = one.config
    aioble.Service = Service
    aioble.BufferedCharacteristic = characteristic
    aioble.register_services = register_services
    aioble.advertise = advertise
    core = types.ModuleType("aioble.core")
    core.ble = one
    core.register_irq_handler = lambda handler, shutdown: one.handlers.append(handler)
    device = types.ModuleType("aioble.device")
    device.DeviceConnection = type("DeviceConnection", (), {"_connected": one.connections})
    bluetooth = types.ModuleType("bluetooth")
    bluetooth.UUID = lambda value: value
    for module in (aioble, core, device, bluetooth):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delitem(sys.modules, "ble.server", raising=False)
    one.server = importlib.import_module("ble.server")
    yield one
    sys.modules.pop("ble.server", None)


class Clock:
    """Every sleep lasts as long as it says, at once; after `turns` the guest is cancelled."""

    def __init__(self, turns):
        self.now_ms = 0
        self.turns = turns

    def ticks_ms(self):
        return self.now_ms

    def elapsed_ms(self, since):
        return self.now_ms - since

    async def sleep_ms(self, ms):
        self.turns -= 1
        if self.turns < 0:
            raise asyncio.CancelledError
        self.now_ms += ms


class Rig:
    """A server that has started."""

    def __init__(self, stack, turns=1):
        self.stack = stack
        self.bms = FakeBms()
        self.hub = make_hub(self.bms)
        self.server = stack.server.Server(lambda bms: self.hub)
        self.let(turns)

    def let(self, turns):
        """Run the radio's guest for so many turns of 20 ms."""
        self.bms.clock = Clock(turns)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(self.server.run(self.bms))

    def connect(self, handle):
        self.stack.connections[handle] = Connection()
        self.stack.event(1, handle, 1, bytes(6))

    def write(self, handle, value_handle, data):
        self.stack.values[value_handle] = data
        self.stack.event(3, handle, value_handle)


def test_a_write_is_taken_where_it_arises_and_answered(stack):
    rig = Rig(stack)
    rig.connect(5)
    rig.write(5, 10, request(0x97))
    rig.write(5, 11, request(0x96))
    rig.let(20)
    sent = rig.server.mains[0].sent
    assert sent[0][:5] == b"\x55\xaa\xeb\x90\x03"
    assert sent.count(ACK) == 2
    assert rig.server.errors == 0


def test_full_buffers_and_dead_links_are_waited_for(stack):
    rig = Rig(stack)
    rig.connect(5)
    stack.is_full = True
    rig.write(5, 10, request(0x97))
    rig.let(5)
    assert rig.server.mains[0].sent == []
    stack.is_full = False
    stack.connections[5].alive = False
    rig.let(5)
    assert rig.server.mains[0].sent == []
    stack.connections[5].alive = True
    rig.let(10)
    assert rig.server.mains[0].sent[-1] == ACK


def test_a_fourth_link_is_sent_away(stack):
    rig = Rig(stack)
    for handle in (1, 2, 3, 4):
        rig.connect(handle)
    assert stack.disconnected == [4]
    stack.event(2, 4, 1, bytes(6))
    stack.event(2, 3, 1, bytes(6))
    assert len(rig.hub.sessions) == 2


def test_a_link_that_is_gone_already_may_be_closed(stack):
    rig = Rig(stack)
    rig.connect(1)
    stack.is_deaf = True
    rig.hub.sessions[0].link.close()


def test_strangers_events_are_nobodys(stack):
    rig = Rig(stack)
    rig.write(9, 10, b"x")
    rig.connect(1)
    rig.write(1, 77, b"x")
    stack.event(21, 1, 247)
    assert rig.server.errors == 0
    assert rig.hub.rubbish == 0


def test_an_exception_in_the_handler_is_counted_not_raised(stack):
    rig = Rig(stack)
    rig.connect(1)
    stack.event(3, 1, 10)  # a value that is not there
    assert rig.server.errors == 1


def test_d1_flashes_until_somebody_is_connected(stack):
    rig = Rig(stack)
    power = rig.bms.board.power
    rig.let(10)
    assert power.lit
    rig.let(30)
    assert not power.lit
    rig.connect(1)
    rig.let(30)
    assert power.lit


def test_it_advertises_under_its_name_while_there_is_room(stack):
    rig = Rig(stack)

    async def both(turns):
        rig.bms.clock = Clock(turns)
        task = asyncio.ensure_future(rig.server.advertise(rig.bms))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(both(1))
    assert stack.advertised[0] == (gatt.advertisement(MAC), gatt.scan_response("JK_B2A8S20P"))
    rig.hub.access.name = "Boat"
    stack.advertised.clear()
    asyncio.run(both(1))
    assert stack.advertised[0][1] == gatt.scan_response("Boat")
    for handle in (1, 2, 3):
        rig.connect(handle)
    stack.advertised.clear()
    asyncio.run(both(3))
    assert stack.advertised == []


def test_a_board_that_idles_advertises_once_a_second(stack):
    rig = Rig(stack)

    async def once():
        rig.bms.clock = Clock(0)
        task = asyncio.ensure_future(rig.server.advertise(rig.bms))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(once())
    rig.server.presence.is_idle = True
    asyncio.run(once())
    assert stack.intervals_us[0] == 250_000
    assert stack.intervals_us[-1] == 1_000_000


def test_guests_are_named_for_the_supervisor(stack):
    rig = Rig(stack)
    assert [name for name, _ in rig.server.guests()] == ["radio", "advertising"]
    assert rig.stack.handlers and len(rig.stack.handlers) == 1
