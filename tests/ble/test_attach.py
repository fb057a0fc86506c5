"""The radio on the real firmware: what it stores outlives a power cycle."""

import struct

from ble import codes
from ble.access import FACTORY_KEYS
from ble.attach import attach
from ble.auth import SETTINGS
from ble.session import JK
from firmware.records import IDENTITY, IDENTITY_LAYOUT
from hal.virtual.pack import Pack
from hal.virtual.sim import Simulation
from tests.ble.bench import Entropy, Link, request, run
from tests.ble.phone import NAME, Phone


class Powered:
    """The firmware on the virtual board, a hub, and one link."""

    def __init__(self):
        self.sim = Simulation(Pack())
        self.sim.run(5)
        self.join()

    def join(self):
        self.hub = attach(self.sim.bms, Entropy())
        self.link = Link(247)
        self.phone = Phone(self.hub, self.hub.open(self.link), self.link)

    def cycle(self):
        """Power off and on by the button."""
        self.sim._power(1)
        self.sim.run(5)
        self.join()


def test_a_jk_client_switches_the_real_mosfet():
    powered = Powered()
    assert powered.sim.bms.snap.gates_on == 3
    powered.phone.session.feed(JK, request(0x1D, struct.pack("<i", 0)))
    run(powered.hub, 200)
    powered.sim.run(0.2)
    assert powered.sim.bms.snap.gates_on == 2
    powered.cycle()
    assert powered.sim.bms.settings.get("chg_switch_on") == 0


def test_the_status_record_shows_the_virtual_pack():
    powered = Powered()
    powered.sim.run(0.1)
    powered.phone.session.feed(JK, request(0x96))
    run(powered.hub, 400)
    data = powered.link.take(JK)[320:620]
    snap = powered.sim.bms.snap
    assert struct.unpack_from("<8H", data, 6) == tuple(snap.cell_mv)
    assert struct.unpack_from("<I", data, 150)[0] == snap.pack_mv
    assert data[198:200] == b"\1\1"
    assert data[168] & 8  # alarm bit 19: the factory password


def test_names_and_guesses_outlive_a_power_cycle():
    powered = Powered()
    assert powered.phone.login(FACTORY_KEYS[SETTINGS])
    assert powered.phone.change(NAME, b"Boat-7") == ""
    for _ in range(9):
        powered.hub.lockout.failed()
    powered.cycle()
    assert powered.hub.name() == "Boat-7"
    assert powered.hub.access.failures == 9
    assert powered.hub.lockout.left_s() == 8


def test_a_store_that_refuses_is_tried_again():
    powered = Powered()
    powered.sim.bms.keeper.store.put = lambda number, payload: False
    powered.phone.login(bytes(32))
    assert powered.hub.access.unsaved
    del powered.sim.bms.keeper.store.put
    run(powered.hub, 1100)
    assert not powered.hub.access.unsaved


def test_wrong_passwords_reach_the_journal():
    powered = Powered()
    powered.phone.login(bytes(32))
    powered.sim.run(5)
    found = [event[1] for event in powered.sim.bms.keeper.journal.newest(50)]
    assert codes.WRONG_PASSWORD in found


def test_the_identity_is_shown():
    powered = Powered()
    assert powered.hub.serial == "" and powered.hub.made == ""
    identity = {"board": "jk8s", "serial": "506036N4600", "made": "240131"}
    powered.sim.bms.service.store_record(IDENTITY, IDENTITY_LAYOUT.pack(identity))
    powered.cycle()
    assert powered.hub.serial == "506036N4600" and powered.hub.made == "240131"
    assert powered.hub.power_on_count == 2


def test_a_store_without_an_identity_leaves_it_empty():
    powered = Powered()
    powered.sim.bms.keeper.store.get = lambda number: None
    powered.join()
    assert powered.hub.serial == ""
