"""The JK service: what a write does within and outside of the window, and at what pace."""

import struct

from ble import codes
from ble.access import WINDOW_ALWAYS, WINDOW_NEVER, Access
from ble.auth import SETTINGS
from ble.jk02 import BY_REGISTER
from ble.session import JK
from firmware.events import WAKE_BUTTON, WAKE_CHARGER, WAKE_RESET
from firmware.settings import LFP, LI_ION
from tests.ble.bench import FakeBms, make_hub, request, run
from tests.ble.jk_client import ACK, Client, join, status_times
from tests.ble.test_jk02 import IMPLEMENTED
from tests.each import each

WRITES = (
    (0x02, 2700, "cell_uvp_mv"),
    (0x0C, 30_000, "chg_limit_ma"),
    (0x18, -150, "chg_utp_dc"),
    (0x1D, 0, "chg_switch_on"),
    (0x1E, 0, "dsg_switch_on"),
    (0x1F, 0, "balance_switch_on"),
    (0x20, 280_000, "capacity_mah"),
)


@each(WRITES)
def test_a_write_inside_the_window_is_done_and_acknowledged(row):
    register, value, key = row
    client = Client()
    assert client.set(register, value)
    assert client.bms.settings.get(key) == value
    assert client.bms.board.power.ticks == 1
    record = join(client.ask(0x96)[:2])
    assert struct.unpack_from("<i", record, 6 + 4 * (register - 1))[0] == value


@each(WRITES)
def test_a_write_outside_the_window_changes_nothing_and_is_silent(row):
    register, value, key = row
    client = Client()
    before = client.bms.settings
    run(client.hub, 600_000, 1000)
    assert client.ask(register, struct.pack("<i", value)) == []
    assert client.bms.settings is before
    assert client.bms.events.posted[-1] == (codes.NOT_DONE, register, value)
    assert client.bms.board.power.ticks == 0


@each(sorted(BY_REGISTER))
def test_every_register_takes_the_value_that_it_shows(row):
    client = Client()
    value = client.bms.settings.get(BY_REGISTER[row])
    assert client.set(row, value) == (row in IMPLEMENTED)


@each([n for n in range(256) if n not in IMPLEMENTED])
def test_what_the_map_does_not_list_is_met_with_silence(row):
    client = Client()
    for value in (b"", b"\1", b"\1\0\0\0", b"\1\0\0\0\0\0\0\0"):
        assert client.ask(row, value, ms=250) == []
    assert client.bms.changes == 0 and client.bms.calls == []


# command, value: of a length that the command does not have
LENGTHS = (
    (0x1D, b"\0"),
    (0x1D, b"\0\0"),
    (0x1D, b""),
    (0x1D, b"\0\0\0\0\0"),
    (0x68, b"\0\0\0\x40"),  # on an older device a different command
    (0x69, b"\1"),
    (0x6C, b"\1"),
    (0x64, b"\x10\x27"),
    (0x96, b"\0"),
    (0x97, b"\0\0\0\0"),
)


@each(LENGTHS)
def test_a_value_of_the_wrong_length_is_refused(row):
    command, value = row
    client = Client()
    assert client.ask(command, value) == []
    assert client.bms.changes == 0 and client.bms.calls == []


@each(
    (
        (0x04, 4351),
        (0x04, 3901),  # above the chemistry's ceiling
        (0x02, 1199),
        (0x05, 3590),  # order: too near to OVP
        (0x1D, 2),
        (0x1C, 9),
        (0x1C, 7),  # configured: commissioning only
        (0x20, -1),
        (0x6C, 0),
        (0x6C, -5),
        (0x67, -1),
        (0x67, 1_000_001),
        (0x64, 999),
        (0x64, 200_001),
    )
)
def test_values_out_of_range_or_order_are_refused(row):
    command, value = row
    client = Client()
    before = client.bms.settings
    assert not client.set(command, value)
    assert client.bms.settings is before
    assert client.bms.calls == []


def test_a_length_beyond_the_frame_is_refused():
    client = Client()
    frame = bytearray(request(0x9F, b"x" * 13))
    frame[5] = 14
    frame[19] = sum(frame[:19]) & 0xFF
    client.session.feed(JK, bytes(frame))
    run(client.hub, 200)
    assert client.link.sent == []


CALLS = (
    (0x64, 26_400, ("calibrate_voltage", 26_400)),
    (0x67, 12_000, ("calibrate_current", 12_000)),
    (0x67, 0, ("zero_current",)),
    (0x6C, 0x0B1F2C3F, ("set_clock", 0x0B1F2C3F)),
)


@each(CALLS)
def test_commands_reach_the_board(row):
    command, value, call = row
    client = Client()
    assert client.set(command, value)
    assert client.bms.calls == [call]


@each(CALLS)
def test_a_command_that_the_board_refuses_is_not_acknowledged(row):
    command, value, call = row
    client = Client()
    client.bms.refuse = "not now"
    assert not client.set(command, value)


def test_a_calibrated_current_flows_in_the_direction_that_is_read():
    client = Client()
    client.bms.snap.current_ma = -9000
    assert client.set(0x67, 10_000)
    assert client.bms.calls == [("calibrate_current", -10_000)]


def test_user_data_is_kept():
    client = Client()
    assert client.ask(0x9F, b"hello") == [ACK]
    assert client.hub.access.user_data == "hello"
    assert client.ask(0x9F, b"\xff\xfe") == []
    assert client.ask(0x9F, b"a\nb") == []
    assert client.hub.access.user_data == "hello"


def test_user_data_that_cannot_be_stored_is_refused():
    client = Client()
    client.hub.access.store = lambda image: False
    assert client.ask(0x9F, b"hello") == []
    assert client.hub.access.user_data == ""


def test_the_preset_of_the_configured_chemistry_is_applied():
    client = Client()
    client.set(0x02, 2700)
    assert client.ask(0x69) == [ACK]
    assert client.bms.settings.get("cell_uvp_mv") == 2600
    assert (codes.PRESETS[LFP], 0, 0) in client.bms.events.posted


def test_the_preset_of_another_chemistry_is_refused():
    client = Client()
    assert client.ask(0x68) == []
    assert client.bms.settings.get("chemistry") == LFP


def test_an_unconfigured_board_takes_cell_count_and_chemistry_from_a_jk_client():
    bms = FakeBms(0)
    bms.snap.t1_dc = 250
    client = Client(bms)
    assert client.set(0x1C, 7)
    assert client.ask(0x68) == [ACK]
    assert bms.calls == [("commission", LI_ION, 7, 1)]
    assert not client.set(0x1C, 8)


def test_discharge_is_not_switched_off_above_5_a():
    client = Client()
    client.bms.snap.current_ma = -5001
    assert not client.set(0x1E, 0)
    client.bms.snap.current_ma = -5000
    assert client.set(0x1E, 0)
    client.bms.snap.current_ma = -6000
    assert client.set(0x1E, 0)  # it is off already


def test_the_soc_reset_of_one_client_is_accepted_where_limits_allow():
    # dbus-serialbattery: OVPR := highest - 0.10 V, OVP := highest - 0.05 V, later back.
    client = Client()
    assert client.set(0x05, 3300)
    assert client.set(0x04, 3350)
    assert client.set(0x04, 3600)
    assert client.set(0x05, 3400)


# The window.


@each(
    (
        (WAKE_CHARGER, WINDOW_NEVER, False),
        (WAKE_CHARGER, 0, True),
        (WAKE_BUTTON, 0, True),
        (WAKE_RESET, 0, False),
        (WAKE_RESET, WINDOW_ALWAYS, False),  # needs an own password first
    )
)
def test_with_the_factory_password_the_window_opens_at_a_persons_power_up(row):
    reason, policy, is_open = row
    bms = FakeBms()
    bms.board.power.reason = reason
    access = Access()
    access.window = policy
    client = Client(bms, access)
    assert client.hub.is_app_open() is is_open
    assert (client.hub.window_left_s() > 0) is is_open


def test_it_closes_after_ten_minutes():
    hub = make_hub()
    hub.tick(599_999)
    assert hub.is_app_open()
    assert hub.window_left_s() == 1
    hub.tick(1)
    assert not hub.is_app_open()


@each(((0, False, 0), (WINDOW_NEVER, False, 0), (WINDOW_ALWAYS, True, 0xFFFF)))
def test_with_an_own_password_it_opens_as_the_owner_chose(row):
    policy, is_open, left_s = row
    access = Access()
    access.set_key(SETTINGS, b"s" * 16, b"k" * 32)
    access.window = policy
    hub = make_hub(access=access)
    assert hub.is_app_open() is is_open
    assert hub.window_left_s() == left_s


def test_the_factory_password_lights_alarm_bit_19():
    access = Access()
    hub = make_hub(access=access)
    assert hub.bms.guard.standing_word == 1 << 19
    access.set_key(SETTINGS, b"s" * 16, b"k" * 32)
    hub.tick(20)
    assert hub.bms.guard.standing_word == 0


@each((0x97, 0x96, 0xA1, 0x1D))
def test_read_lock_silences_the_service(row):
    access = Access()
    access.read_lock = True
    client = Client(access=access)
    value = b"\0\0\0\0" if row == 0x1D else b""
    assert client.ask(row, value, ms=2000) == []
    assert client.bms.changes == 0


def test_read_lock_ends_a_stream():
    client = Client()
    client.ask(0x96, ms=1000)
    client.hub.access.read_lock = True
    assert status_times(client, 3000) == []


# Pace.


def test_writes_back_to_back_are_queued_and_all_done():
    client = Client()
    for register, value, _ in WRITES:
        client.session.feed(JK, request(register, struct.pack("<i", value)))
    run(client.hub, 3000)
    assert [data for _, data in client.link.sent] == [ACK] * len(WRITES)
    for _, value, key in WRITES:
        assert client.bms.settings.get(key) == value


def test_more_than_eight_waiting_are_refused_not_dropped_from_the_front():
    client = Client()
    for i in range(12):
        client.session.feed(JK, request(0x20, struct.pack("<i", 10_000 + i)))
    run(client.hub, 5000)
    assert len(client.link.sent) == 8
    assert client.bms.settings.get("capacity_mah") == 10_007
    assert client.hub.refused == 4


def test_no_more_than_five_commands_a_second_are_carried_out():
    client = Client()
    for i in range(500):
        if i % 2 == 0:
            client.session.feed(JK, request(0x20, struct.pack("<i", 10_000 + i)))
        client.hub.tick(20)
    assert client.bms.changes <= 5 + 50


def test_what_strangers_write_fills_no_journal():
    bms = FakeBms()
    bms.board.power.reason = WAKE_RESET
    client = Client(bms)
    for _ in range(6000):
        client.session.feed(JK, b"rubbish" + request(0x1E, b"\0\0\0\0"))
        client.hub.tick(20)
    assert len(bms.events.posted) <= 5 + 2
    assert client.hub.rubbish == 7 * 6000


def test_a_half_frame_is_forgotten_after_a_second():
    client = Client()
    client.session.feed(JK, request(0x1D, b"\0\0\0\0")[:10])
    run(client.hub, 980)
    client.session.feed(JK, request(0x1D, b"\0\0\0\0")[10:])
    run(client.hub, 200)
    assert client.link.take(JK) == ACK
    client.session.feed(JK, request(0x1D, b"\1\0\0\0")[:10])
    run(client.hub, 1000)
    client.session.feed(JK, request(0x1D, b"\1\0\0\0")[10:])
    run(client.hub, 200)
    assert client.link.take(JK) == b""
