"""Gatt: what is advertised and offered; the same on the device and on a host.

The JK service has one FFE1 and an FFE2, as the modules with addresses C8:47:8x have:
with a second FFE1 two clients refuse the device. Our own service is not advertised, for
beside JK's there is no room; a client finds it when it is connected.
"""

from micropython import const

JK_SERVICE = const(0xFFE0)
JK_MAIN = const(0xFFE1)  # write, write without response, notify
JK_SECOND = const(0xFFE2)  # write without response; taken like the first
OWN_SERVICE = "d7a1f3c0-5b0e-4c62-9f55-1e3a7b6c0001"
OWN_MAIN = "d7a1f3c0-5b0e-4c62-9f55-1e3a7b6c0002"  # write, write without response, notify

MTU = const(247)
WRITE_BYTES = const(256)  # the longest write that is taken whole
ADVERTISE_MS = const(250)
IDLE_MS = const(1000)  # between advertisements of a board that idles
TICK_MS = const(20)


def advertisement(mac):
    """Advertising data; `mac` in the order in which it is displayed.

    Flags first, the service second: an older JK app looks at fixed places. Home
    Assistant wants FFE0 and company 0x0B65.
    """
    return b"\x02\x01\x06" + b"\x03\x03\xe0\xff" + b"\x0b\xff\x65\x0b\x88\xa0" + mac


def scan_response(name):
    """The name, which is at most 13 characters."""
    text = name.encode()
    return bytes((len(text) + 1, 0x09)) + text
