"""What survives a power cut: every cell's debt and one doubt, in 20 bytes.

    offset i16 x 8, in 0.1 per mille of the capacity · doubt u16 · sum u16

The sum covers the pack's identity as well, so another pack's debts are not taken over.
Capacities, sensor offsets and resistances are learned anew. Runs outside the step.
"""

from binascii import crc32
from struct import pack_into, unpack_from

from balancing.align import BIN_PM

SAVED_BYTES = 20
_CELLS = 8
_UNITS = BIN_PM * 10  # of 0.1 per mille in a bin
_OFF_BINS = 0.4  # what nobody saw while the board was off


def save(observer, identity, buf, at):
    """Write what `observer` knows into `buf` from `at` on."""
    ledger = observer.ledger
    unit = ledger.unit_mas
    doubt = min(max(ledger.sigma_mas) // unit, 0xFFFF)
    for i in range(_CELLS):
        q = ledger.offset_mas[i] // unit if i < ledger.cells else 0
        pack_into("<h", buf, at + 2 * i, max(-0x8000, min(0x7FFF, q)))
    pack_into("<H", buf, at + 16, doubt)
    pack_into("<H", buf, at + 18, _sum(buf, at, identity))


def restore(observer, identity, buf, at):
    """Go on from `buf`; False, and nothing is known, when it is not this pack's."""
    if len(buf) < at + SAVED_BYTES or unpack_from("<H", buf, at + 18)[0] != _sum(buf, at, identity):
        return False
    doubt = unpack_from("<H", buf, at + 16)[0] / _UNITS + _OFF_BINS
    offsets = unpack_from("<8h", buf, at)
    observer.resume([-q / _UNITS for q in offsets], doubt)
    return True


def _sum(buf, at, identity):
    return crc32(repr(identity).encode(), crc32(bytes(buf[at : at + 18]))) & 0xFFFF
