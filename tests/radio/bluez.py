"""BlueZ's face on a private D-Bus, with a bumble central behind it: for unmodified clients.

bleak, and so aiobmsble and Home Assistant, talk to `org.bluez`. `Phone` offers as much
of it as they use: one adapter, devices that are seen, their services. ATT, L2CAP and HCI
below are real (bumble); clients find the bus by `Phone.environment`.
"""

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path

from bumble.device import Peer
from dbus_fast import DBusError, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

_ADAPTER = "/org/bluez/hci0"
_FLAGS = ((2, "read"), (4, "write-without-response"), (8, "write"), (16, "notify"))
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>"""


class PrivateBus:
    """A dbus-daemon of its own."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="radio-bus-")
        self.address = "unix:path=%s/bus" % self._folder.name
        config = Path(self._folder.name) / "bus.conf"
        config.write_text(_BUS % self.address)
        self._daemon = subprocess.Popen(
            ["dbus-daemon", "--nofork", "--nopidfile", "--print-address"]
            + ["--config-file=%s" % config],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it complains that it may not raise its own limits
        )
        self._daemon.stdout.readline()  # comes when it listens

    def stop(self):
        self._daemon.terminate()
        self._daemon.wait()
        self._daemon.stdout.close()
        self._folder.cleanup()


class RootBus(MessageBus):
    """BlueZ announces objects from the root; dbus-fast would from the object itself."""

    def send(self, msg):
        if msg.member in ("InterfacesAdded", "InterfacesRemoved"):
            msg.path = "/"
        return super().send(msg)


class Thing(ServiceInterface):
    """An interface whose properties are `values`; `PROPERTIES` gives name and signature."""

    PROPERTIES = ()

    def __init__(self, name, **values):
        self.values = values
        super().__init__(name)

    def change(self, **values):
        """Change properties and say so."""
        self.values.update(values)
        self.emit_properties_changed(values)


def with_properties(cls):
    """Give the class a D-Bus property for each row of its table."""
    for name, signature in cls.PROPERTIES:
        setattr(cls, name, _property(name, signature))
    return cls


def _property(name, signature):
    def get(self):
        return self.values[name]

    get.__name__ = name
    get.__annotations__ = {"return": signature}
    return dbus_property(PropertyAccess.READ)(get)


@with_properties
class Adapter(Thing):
    PROPERTIES = (
        ("Address", "s"),
        ("Name", "s"),
        ("Alias", "s"),
        ("Powered", "b"),
        ("Discovering", "b"),
        ("UUIDs", "as"),
        ("Roles", "as"),
    )

    def __init__(self, phone):
        super().__init__(
            "org.bluez.Adapter1",
            Address=str(phone.device.random_address)[:17],
            Name="phone",
            Alias="phone",
            Powered=True,
            Discovering=False,
            UUIDs=[],
            Roles=["central"],
        )
        self._phone = phone

    @method()
    async def StartDiscovery(self):
        await self._phone.scan(True)
        self.change(Discovering=True)

    @method()
    async def StopDiscovery(self):
        await self._phone.scan(False)
        self.change(Discovering=False)

    @method()
    def SetDiscoveryFilter(self, properties: "a{sv}"):  # noqa: F722
        pass

    @method()
    async def RemoveDevice(self, device: "o"):  # noqa: F821
        pass


@with_properties
class Device(Thing):
    PROPERTIES = (
        ("Address", "s"),
        ("AddressType", "s"),
        ("Name", "s"),
        ("Alias", "s"),
        ("Adapter", "o"),
        ("Paired", "b"),
        ("Connected", "b"),
        ("ServicesResolved", "b"),
        ("RSSI", "n"),
        ("UUIDs", "as"),
        ("ManufacturerData", "a{qv}"),
    )

    def __init__(self, phone, path, address):
        super().__init__(
            "org.bluez.Device1",
            Address=address,
            AddressType="random",
            Name=address,
            Alias=address,
            Adapter=_ADAPTER,
            Paired=False,
            Connected=False,
            ServicesResolved=False,
            RSSI=-60,
            UUIDs=[],
            ManufacturerData={},
        )
        self._phone = phone
        self.path = path
        self.connection = None
        self._paths = []

    def seen(self, advertisement):
        """Take over what it advertises; what is new of it."""
        values = {"RSSI": advertisement.rssi}
        for kind, data in advertisement.data.ad_structures:
            if kind == 0x09:
                values["Name"] = values["Alias"] = data.decode()
            elif kind in (0x02, 0x03):
                values["UUIDs"] = [
                    _long(data[i : i + 2][::-1].hex()) for i in range(0, len(data), 2)
                ]
            elif kind == 0xFF:
                company = int.from_bytes(data[:2], "little")
                values["ManufacturerData"] = {company: Variant("ay", bytes(data[2:]))}
        self.values.update(values)
        return values

    @method()
    async def Connect(self):
        try:
            self.connection = await self._phone.connect(self.values["Address"])
        except Exception as error:
            raise DBusError("org.bluez.Error.Failed", repr(error))
        self.connection.on("disconnection", self._gone)
        self.change(Connected=True)
        self._phone.later(self._resolve())

    @method()
    async def Disconnect(self):
        if self.connection:
            await self.connection.disconnect()

    async def _resolve(self):
        peer = Peer(self.connection)
        await peer.request_mtu(self._phone.mtu)
        await peer.discover_all()
        for service in peer.services:
            service_path = "%s/service%04x" % (self.path, service.handle)
            self._export(service_path, Service(self.path, service))
            for item in service.characteristics:
                path = "%s/char%04x" % (service_path, item.handle)
                self._export(path, Characteristic(self.connection, service_path, item))
        self.change(ServicesResolved=True)

    def _export(self, path, thing):
        self._phone.bus.export(path, thing)
        self._paths.append(path)

    def _gone(self, reason):
        self.connection = None
        for path in reversed(self._paths):
            self._phone.bus.unexport(path)
        self._paths.clear()
        self.change(ServicesResolved=False, Connected=False)


@with_properties
class Service(Thing):
    PROPERTIES = (("UUID", "s"), ("Device", "o"), ("Primary", "b"), ("Handle", "q"))

    def __init__(self, path, service):
        super().__init__(
            "org.bluez.GattService1",
            UUID=_long(service.uuid.to_hex_str("-")),
            Device=path,
            Primary=True,
            Handle=service.handle,
        )


@with_properties
class Characteristic(Thing):
    PROPERTIES = (
        ("UUID", "s"),
        ("Service", "o"),
        ("Value", "ay"),
        ("Notifying", "b"),
        ("Flags", "as"),
        ("Handle", "q"),
        ("MTU", "q"),
    )

    def __init__(self, connection, service_path, item):
        super().__init__(
            "org.bluez.GattCharacteristic1",
            UUID=_long(item.uuid.to_hex_str("-")),
            Service=service_path,
            Value=b"",
            Notifying=False,
            Flags=[name for bit, name in _FLAGS if int(item.properties) & bit],
            Handle=item.handle,
            MTU=connection.att_mtu,
        )
        self._item = item

    @method()
    async def ReadValue(self, options: "a{sv}") -> "ay":  # noqa: F722, F821
        return bytes(await self._item.read_value())

    @method()
    async def WriteValue(self, value: "ay", options: "a{sv}"):  # noqa: F722, F821
        is_request = "type" not in options or options["type"].value == "request"
        await self._item.write_value(bytes(value), with_response=is_request)

    @method()
    async def StartNotify(self):
        await self._item.subscribe(self._hear)
        self.change(Notifying=True)

    @method()
    async def StopNotify(self):
        await self._item.unsubscribe(self._hear)
        self.change(Notifying=False)

    def _hear(self, data):
        self.change(Value=bytes(data))


class Phone:
    """One adapter on a bus of its own, in front of a central of `air`."""

    def __init__(self, air, mtu=247):
        self.mtu = mtu
        self.bus = None
        self.device = None
        self._air = air
        self._devices = {}
        self._tasks = set()

    @property
    def environment(self):
        """For the client's process."""
        return dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self._private.address)

    async def __aenter__(self):
        self._private = PrivateBus()
        self.device = await self._air.phone()
        self.device.on("advertisement", self._seen)
        self.bus = await RootBus(bus_address=self._private.address).connect()
        self.bus.export(_ADAPTER, Adapter(self))
        await self.bus.request_name("org.bluez")
        return self

    async def __aexit__(self, *error):
        self.bus.disconnect()
        self._private.stop()

    async def scan(self, on):
        """Look for devices, or stop looking."""
        if on and not self.device.scanning:
            await self.device.start_scanning(active=True, filter_duplicates=False)
        elif not on and self.device.scanning:
            await self.device.stop_scanning()

    async def connect(self, address):
        """A connection; not while scanning, which the simulated controller cannot do."""
        was_scanning = self.device.scanning
        await self.scan(False)
        try:
            return await self._air.link_up(self.device, address)
        finally:
            await self.scan(was_scanning)

    def later(self, coroutine):
        """Run a coroutine that nobody waits for."""
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _seen(self, advertisement):
        address = str(advertisement.address)[:17]
        path = "%s/dev_%s" % (_ADAPTER, address.replace(":", "_"))
        device = self._devices.get(path)
        if device is None:
            device = self._devices[path] = Device(self, path, address)
            device.seen(advertisement)
            self.bus.export(path, device)
        else:
            device.change(**device.seen(advertisement))


def _long(uuid):
    uuid = uuid.lower()
    return "0000%s-0000-1000-8000-00805f9b34fb" % uuid if len(uuid) == 4 else uuid
