"""The device's own adapter on the real aioble; `tests.radio.on_device` runs this on MicroPython.

Real time, a few seconds. Prints one line per case; the last line counts them.
"""

import asyncio
import sys
import time

import bluetooth

from ble import gatt
from ble.frame import own_frame
from ble.jk02 import ACK
from ble.server import Server
from firmware.tasks import Supervisor
from tests.ble.bench import FakeBms, make_hub, measured, request

AIR = bluetooth.BLE()


class Clock:
    """Real time."""

    def ticks_ms(self):
        return time.ticks_ms()

    def elapsed_ms(self, since):
        return time.ticks_diff(time.ticks_ms(), since)

    def sleep_ms(self, ms):
        return asyncio.sleep_ms(ms)


class Rig:
    """One power-up: board, hub, server, supervisor."""

    def __init__(self):
        self.bms = FakeBms()
        measured(self.bms)
        self.bms.clock = Clock()
        self.hub = make_hub(self.bms)
        self.server = Server(lambda bms: self.hub)
        self.supervisor = Supervisor(self.bms.clock)
        for name, guest in self.server.guests():
            self.supervisor.start(name, guest, self.bms)

    def handle(self, nth):
        """The value handle of FFE1, FFE2 or our own."""
        return (13, 16, 19)[nth]

    async def until(self, condition, ms=3000):
        began = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), began) < ms:
            if condition():
                return
            await asyncio.sleep_ms(5)
        raise AssertionError("not within %d ms" % ms)

    async def connect(self, connection, mtu=None):
        await self.until(lambda: AIR.advertised)
        AIR.connect(connection)
        if mtu:
            AIR.exchange_mtu(connection, mtu)

    async def collect(self, connection, ms):
        """All notifications of a time, with when they came."""
        began = time.ticks_ms()
        found = []
        while time.ticks_diff(time.ticks_ms(), began) < ms:
            for _, handle, data in AIR.take(connection):
                found.append((time.ticks_diff(time.ticks_ms(), began), handle, data))
            await asyncio.sleep_ms(2)
        return found


async def advertises(rig):
    await rig.until(lambda: AIR.advertised)
    data, response = AIR.advertised
    mac = b"\xc8\x47\x80\x14\x88\xb7"
    assert data == b"\x02\x01\x06\x03\x03\xe0\xff\x0b\xff\x65\x0b\x88\xa0" + mac, data
    assert response == b"\x0c\x09JK_B2A8S20P", response
    flags = [[item[1] & 0xFFFF for item in service[1]] for service in AIR.services]
    assert flags == [[0x1C, 0x04], [0x1C]], flags
    assert AIR.config_set["mtu"] == gatt.MTU


async def answers_a_request(rig):
    await rig.connect(1, 131)
    AIR.write(1, rig.handle(0), request(0x97))
    got = await rig.collect(1, 300)
    assert b"".join([data for _, _, data in got[:-1]])[:5] == b"\x55\xaa\xeb\x90\x03"
    assert [len(data) for _, _, data in got] == [100, 100, 100, 20], got
    assert got[-1][2] == ACK and got[-1][0] - got[-2][0] >= 50
    AIR.write(1, rig.handle(1), request(0x96))
    got = await rig.collect(1, 2300)
    heads = [data[4:6] for _, _, data in got if data[:4] == b"\x55\xaa\xeb\x90"]
    assert heads[0] == b"\x01\x00" and heads[1:5] == [b"\2\0", b"\2\1", b"\2\2", b"\2\3"], heads
    AIR.disconnect(1)
    await rig.until(lambda: not rig.hub.sessions)


async def loses_no_write_of_a_burst(rig):
    await rig.connect(2)
    values = list(range(20_000, 20_008))
    for value in values:
        AIR.write(2, rig.handle(0), request(0x20, value.to_bytes(4, "little")))
    got = await rig.collect(2, 2500)
    assert [data for _, _, data in got] == [ACK] * 8, got
    assert rig.bms.settings.get("capacity_mah") == 20_007
    assert rig.bms.changes == 8
    AIR.disconnect(2)


async def waits_for_buffers(rig):
    await rig.connect(3)  # MTU 23: 15 pieces and an ACK, then more than 16 buffers
    AIR.free = 4
    AIR.write(3, rig.handle(0), request(0x97))
    await asyncio.sleep_ms(200)
    assert len(AIR.notified) == 4
    got = await rig.collect(3, 800)
    record = b"".join([data for _, _, data in got[:-1]])
    assert len(record) == 300 and sum(record[:299]) & 0xFF == record[299]
    assert got[-1][2] == ACK
    AIR.free = bluetooth.BUFFERS
    AIR.disconnect(3)


async def takes_three_links_and_a_long_write(rig):
    for connection in (4, 5, 6):
        await rig.connect(connection, 247)
    await asyncio.sleep_ms(700)
    assert not AIR.advertised
    AIR.write(4, rig.handle(0), bytes(600))
    AIR.write(5, rig.handle(0), request(0x96))
    AIR.write(6, rig.handle(2), bytes(own_frame(b"\1\1")))
    hello = await rig.collect(6, 200)
    assert rig.hub.rubbish >= 240
    assert rig.bms.board.power.lit
    AIR.disconnect(5)  # in the middle of its stream
    AIR.disconnect(4)
    AIR.disconnect(6)
    await rig.until(lambda: AIR.advertised, 5000)
    assert hello[0][1] == rig.handle(2) and hello[0][2][2:4] == b"\x81\x01", hello


async def comes_back_after_a_crash(rig):
    await rig.connect(7, 247)
    before = rig.hub.tick

    def crash(*arguments):
        rig.hub.tick = before
        raise ValueError("planted")

    rig.hub.tick = crash
    await rig.until(lambda: rig.supervisor.deaths["radio"] == 1)
    AIR.write(7, rig.handle(0), request(0x97))
    await rig.until(lambda: len(AIR.notified) >= 2, 3000)
    assert rig.server.errors == 0
    AIR.take(7)
    AIR.disconnect(7)
    await rig.until(lambda: AIR.advertised, 5000)


CASES = (
    advertises,
    answers_a_request,
    loses_no_write_of_a_burst,
    waits_for_buffers,
    takes_three_links_and_a_long_write,
    comes_back_after_a_crash,
)


async def main():
    rig = Rig()
    failed = 0
    for case in CASES:
        try:
            await case(rig)
            print("%s … ok" % case.__name__.replace("_", " "))
        except Exception as error:
            failed += 1
            print("%s … FAIL" % case.__name__.replace("_", " "))
            sys.print_exception(error)
    assert rig.server.errors == 0
    print("aioble: %d of %d passed" % (len(CASES) - failed, len(CASES)))
    return failed


sys.exit(asyncio.run(main()))
