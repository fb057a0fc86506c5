"""Radio: the hub's links over a host's Bluetooth, by way of Google's bumble (CPython only).

The same seam as `ble.server`: what arrives is fed to a session, what a session says is
notified, time passes in `Hub.tick`. `name` is a transport as bumble names them:
`tcp-client:127.0.0.1:6402`, `pty:LINK`, `usb:0`. A controller answers behind it, so
a phone can connect to the simulated pack. Time on the air is real time, whatever the
speed of the simulation.
"""

import asyncio
import sys
import time

from bumble import att, core, hci
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host
from bumble.transport import open_transport

from ble import gatt
from ble.hub import LINKS_MAX
from ble.session import JK, OWN
from firmware.presence import Presence

OPEN_S = 5
ADDRESS = "C8:47:80:42:4D:53"  # random static, and from the range of JK's own modules
_LOOK_S = 0.25
_IN_FLIGHT = 8  # notifications of one link that the controller has not sent yet


class Link:
    """One connection, as `ble.session` wants it."""

    def __init__(self, radio, connection):
        self._radio = radio
        self._connection = connection

    @property
    def mtu(self):
        """As exchanged; 23 until then."""
        return self._connection.att_mtu

    def notify(self, channel, data):
        """False when the controller has enough to do for this link, or the link is gone."""
        if self._connection.handle not in self._radio.sessions:
            return False
        if self._radio.in_flight(self._connection.handle) >= _IN_FLIGHT:
            return False
        attribute = self._radio.mains[channel]
        notification = att.ATT_Handle_Value_Notification(
            attribute_handle=attribute.handle, attribute_value=bytes(data)
        )
        # As the device's stack does, without asking whether the client subscribed.
        self._radio.device.gatt_server.send_gatt_pdu(self._connection, bytes(notification))
        return True

    def close(self):
        """End the connection."""
        self._radio.later(self._connection.disconnect())


class Radio:
    """The radio of one simulation; `guest` is what the firmware's supervisor runs.

    `hub_of(bms)` gives the hub of a power-up (`ble.attach.attach`). `open_controller()`
    gives an object with `source` and `sink` for HCI packets; by default it is the
    transport of that name.
    """

    def __init__(self, name, hub_of, open_controller=None):
        self.name = name
        self.device = None
        self.mains = ()
        self.sessions = {}  # connection handle → session
        self._hub_of = hub_of
        self._open = open_controller or (lambda: open_transport(name))
        self._hub = None
        self._bms = None
        self._was_ready = False
        self._advertised = None
        self._tasks = set()

    async def guest(self, bms):
        """Open, advertise, serve. A transport that does not open ends the program: status 2."""
        if self._bms is not bms:
            # Once per power-up: a radio that comes back opens no window anew.
            self._bms = bms
            self._hub = self._hub_of(bms)
        try:
            controller = await asyncio.wait_for(self._prepare(), OPEN_S)
        except Exception as error:
            if self._was_ready:
                raise
            reason = "no answer within %d s" % OPEN_S if isinstance(error, TimeoutError) else error
            sys.stderr.write("radio: %s: %s\n" % (self.name, reason))
            raise SystemExit(2)
        try:
            self._was_ready = True
            sys.stdout.write("radio ready: %s as %s\n" % (self.name, self._hub.name()))
            sys.stdout.flush()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._advertise())
                group.create_task(self._tick())
                group.create_task(self._until_lost(controller))
        finally:
            await self._end(controller)

    def in_flight(self, handle):
        """Packets of this connection that wait in the controller or before it."""
        # bumble tells the total of all links only, and one that is stuck must not stop
        # the others: so a look at its books.
        queue = self.device.host.get_data_packet_queue(handle)
        if queue is None:
            return 0
        waiting = sum(1 for _, owner in queue._packets if owner == handle)
        return waiting + queue._connection_state[handle].in_flight

    def later(self, coroutine):
        """Run a coroutine that nobody waits for."""
        task = asyncio.ensure_future(_quietly(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _prepare(self):
        controller = await self._open()
        config = DeviceConfiguration(
            name=self._hub.name(), address=hci.Address(ADDRESS), le_enabled=True
        )
        self.device = Device(config=config, host=Host(controller.source, controller.sink))
        self.device.gatt_server.max_mtu = gatt.MTU
        self._offer()
        self.device.on(Device.EVENT_CONNECTION, self._connected)
        await self.device.power_on()
        await self._start()
        return controller

    async def _end(self, controller):
        for session in self.sessions.values():
            self._hub.close(session)
        self.sessions.clear()
        self._advertised = None
        if hasattr(controller, "close"):
            await controller.close()

    def _offer(self):
        jk_main = self._characteristic(gatt.JK_MAIN, JK, True)
        jk_second = self._characteristic(gatt.JK_SECOND, JK, False)
        own_main = self._characteristic(gatt.OWN_MAIN, OWN, True)
        self.mains = (jk_main, own_main)
        self.device.add_service(Service(_uuid(gatt.JK_SERVICE), [jk_main, jk_second]))
        self.device.add_service(Service(_uuid(gatt.OWN_SERVICE), [own_main]))

    def _characteristic(self, uuid, channel, notifies):
        properties = Characteristic.Properties.WRITE_WITHOUT_RESPONSE
        if notifies:
            properties |= Characteristic.Properties.WRITE | Characteristic.Properties.NOTIFY

        def written(connection, value):
            session = self.sessions.get(connection.handle)
            if session:
                session.feed(channel, bytes(value[: gatt.WRITE_BYTES]))

        return Characteristic(
            _uuid(uuid),
            properties,
            Characteristic.Permissions.WRITEABLE,
            CharacteristicValue(write=written),
        )

    def _connected(self, connection):
        link = Link(self, connection)
        session = self._hub.open(link)
        if session is None:
            link.close()
            return
        handle = connection.handle
        self.sessions[handle] = session
        connection.on("disconnection", lambda reason: self._disconnected(handle))

    def _disconnected(self, handle):
        session = self.sessions.pop(handle, None)
        if session:
            self._hub.close(session)

    async def _start(self):
        name = self._hub.name()
        await self.device.start_advertising(
            advertising_data=gatt.advertisement(bytes.fromhex(ADDRESS.replace(":", ""))),
            scan_response_data=gatt.scan_response(name),
            advertising_interval_min=gatt.ADVERTISE_MS,
            advertising_interval_max=gatt.ADVERTISE_MS,
        )
        self._advertised = name

    async def _advertise(self):
        # A connection ends advertising, so look often whether there is room for another.
        while True:
            await asyncio.sleep(_LOOK_S)
            wanted = len(self._hub.sessions) < LINKS_MAX
            if self.device.is_advertising and self._advertised != self._hub.name():
                await self.device.stop_advertising()
            if wanted and not self.device.is_advertising:
                await self._start()

    async def _tick(self):
        then = time.monotonic()
        power = self._bms.board.power
        presence = Presence(self._bms)
        while True:
            await asyncio.sleep(gatt.TICK_MS / 1000)
            dt_ms = int((time.monotonic() - then) * 1000)
            then += dt_ms / 1000
            self._hub.tick(dt_ms, power.button())
            presence.tick(dt_ms, bool(self._hub.sessions))

    async def _until_lost(self, controller):
        await controller.source.wait_for_termination()
        raise OSError("radio: %s is gone" % self.name)


async def _quietly(coroutine):
    # The link may be gone before it could be ended.
    try:
        await coroutine
    except (core.BaseBumbleError, ConnectionError, asyncio.CancelledError):
        pass


def _uuid(uuid):
    return core.UUID.from_16_bits(uuid) if isinstance(uuid, int) else core.UUID(uuid)
