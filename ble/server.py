"""Server: the hub's links over aioble. The only importer of `aioble` and `bluetooth`.

Connections and writes are taken where they arise, in the interrupt handler: aioble's
own queue keeps ten writes over all characteristics and drops the rest silently. The
handler only cuts frames and queues them (`Session.feed`), bounded. An exception there
would end all events for good, so it is caught and counted.

`guests` are two coroutines for the supervisor: one advertises while there is room for a
link, the other lets time pass. Both may die and be started again; links outlive them.
"""

import asyncio

import aioble
import bluetooth
from aioble.core import ble, register_irq_handler
from aioble.device import DeviceConnection
from micropython import const

from ble import gatt
from ble.hub import LINKS_MAX
from ble.session import JK, OWN
from firmware.presence import Presence

_CONNECTED = const(1)
_DISCONNECTED = const(2)
_WRITTEN = const(3)
_AGAIN_MS = const(5000)  # the name may have changed
_FULL_MS = const(500)


class Link:
    """One connection, as `ble.session` wants it."""

    def __init__(self, server, connection, handle):
        self._server = server
        self._connection = connection
        self._handle = handle

    @property
    def mtu(self):
        """None until it was exchanged."""
        return self._connection.mtu

    def notify(self, channel, data):
        """False when the stack has no buffer free, or the link is going."""
        if not self._connection.is_connected():
            return False
        try:
            self._server.mains[channel].notify(self._connection, data)
        except OSError:
            return False
        return True

    def close(self):
        """End the connection; the event of its end closes the session."""
        try:
            ble.gap_disconnect(self._handle)
        except OSError:
            pass  # it is gone already


class Server:
    """The radio of one power-up; `hub_of(bms)` gives its hub (`ble.attach.attach`)."""

    def __init__(self, hub_of):
        self.hub = None
        self.presence = None
        self._hub_of = hub_of
        self.errors = 0  # exceptions in the interrupt handler
        self.mains: tuple = ()  # the characteristics that notify, by channel
        self._channels = {}  # value handle → channel
        self._sessions = {}  # connection handle → session
        self._mac = b""

    def guests(self):
        """(name, coroutine function of the Bms) pairs for the supervisor."""
        return (("radio", self.run), ("advertising", self.advertise))

    async def run(self, bms):
        """Let time pass for every session, and show on D1 whether one is connected."""
        self._start(bms)
        clock = bms.clock
        power = bms.board.power
        then = clock.ticks_ms()
        while True:
            await clock.sleep_ms(gatt.TICK_MS)
            dt_ms = clock.elapsed_ms(then)
            then = clock.ticks_ms()
            self.hub.tick(dt_ms, power.button())
            self.presence.tick(dt_ms, bool(self.hub.sessions))

    async def advertise(self, bms):
        """Advertise for as long as there is room for a link."""
        self._start(bms)
        while True:
            if len(self.hub.sessions) >= LINKS_MAX:
                await bms.clock.sleep_ms(_FULL_MS)
                continue
            every_ms = gatt.IDLE_MS if self.presence.is_idle else gatt.ADVERTISE_MS
            try:
                await aioble.advertise(
                    every_ms * 1000,
                    adv_data=gatt.advertisement(self._mac),
                    resp_data=gatt.scan_response(self.hub.name()),
                    timeout_ms=_AGAIN_MS,
                )
            except asyncio.TimeoutError:
                pass

    def _start(self, bms):
        # Once, whichever guest comes first, and not again when one comes back.
        if self.hub:
            return
        self.hub = self._hub_of(bms)
        self.presence = Presence(bms)
        aioble.config(mtu=gatt.MTU, gap_name=self.hub.name())
        self._mac = bytes(ble.config("mac")[1])
        jk = aioble.Service(bluetooth.UUID(gatt.JK_SERVICE))
        own = aioble.Service(bluetooth.UUID(gatt.OWN_SERVICE))
        main = self._characteristic(jk, gatt.JK_MAIN, True)
        second = self._characteristic(jk, gatt.JK_SECOND, False)
        ours = self._characteristic(own, gatt.OWN_MAIN, True)
        aioble.register_services(jk, own)
        for characteristic, channel in ((main, JK), (second, JK), (ours, OWN)):
            self._channels[characteristic._value_handle] = channel
        self.mains = (main, ours)
        register_irq_handler(self._irq, None)

    def _characteristic(self, service, uuid, notifies):
        return aioble.BufferedCharacteristic(
            service,
            bluetooth.UUID(uuid),
            write=notifies,
            write_no_response=True,
            notify=notifies,
            max_len=gatt.WRITE_BYTES,
        )

    def _irq(self, event, data):
        try:
            if event == _WRITTEN:
                self._written(data[0], data[1])
            elif event == _CONNECTED:
                self._connected(data[0])
            elif event == _DISCONNECTED:
                self._disconnected(data[0])
        except Exception:
            self.errors += 1

    def _written(self, handle, value_handle):
        session = self._sessions.get(handle)
        if session and value_handle in self._channels:
            session.feed(self._channels[value_handle], ble.gatts_read(value_handle))

    def _connected(self, handle):
        link = Link(self, DeviceConnection._connected[handle], handle)
        session = self.hub.open(link)
        if session:
            self._sessions[handle] = session
        else:
            link.close()

    def _disconnected(self, handle):
        session = self._sessions.pop(handle, None)
        if session:
            self.hub.close(session)
