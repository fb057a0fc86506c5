"""Bq76952: the words of TI's battery monitor: direct commands, subcommands, data memory.

Theory of operation (TI SLUUBY2). Registers below 0x80 are direct commands. A subcommand or
a data memory address is written to 0x3E; when the chip has answered, 0x3E echoes the
address, the data stand from 0x40, and 0x60 / 0x61 hold their check sum and length. A
write is taken when the right sum and length follow it to 0x60. Nothing here waits: `ask`
and `answer` are two verbs, so that a caller reads something else in between.

Every verb returns False when the bus or the check sum failed. None of them raises.
"""

from micropython import const

ADDRESS = const(0x08)
DEVICE_NUMBER = const(0x7695)

# Direct commands.
SAFETY = const(0x02)  # alert A, status A, alert B, status B, alert C, status C
BATTERY_STATUS = const(0x12)
CELL_1 = const(0x14)
STACK = const(0x34)  # stack, PACK, LD, CC2: two bytes each
ALARM_STATUS = const(0x62)
TS1 = const(0x70)
FET_STATUS = const(0x7F)

# Subcommands.
DEVICE_NUMBER_CODE = const(0x0001)
SHUTDOWN = const(0x0010)
FET_ENABLE = const(0x0022)
MFG_STATUS = const(0x0057)
DASTATUS5 = const(0x0075)
CB_ACTIVE_CELLS = const(0x0083)
SET_CFGUPDATE = const(0x0090)
EXIT_CFGUPDATE = const(0x0092)
ALL_FETS_OFF = const(0x0095)
FET_CONTROL = const(0x0097)
SCDL_RECOVER = const(0x009C)

_SUBCOMMAND = const(0x3E)
_CHECKSUM = const(0x60)
_LENGTH_EXTRA = const(4)  # the length counts address, sum and itself
_BUFFER = const(32)
_DATA = const(2)  # where the data begin in a block read from 0x3E
_SUM_AT = const(34)
_LENGTH_AT = const(35)
_TRIES = const(2)


class Bq76952:
    """One chip on `bus`: `read(address, register, buf)` and `write(…)` return success."""

    def __init__(self, bus, address=ADDRESS):
        self._bus = bus
        self._address = address
        self._word = bytearray(2)
        self._tail = bytearray(2)
        # A write of the address alone and with 1, 2 and 4 bytes of data.
        self._frames = {0: bytearray(2), 1: bytearray(3), 2: bytearray(4), 4: bytearray(6)}
        self.block = bytearray(_LENGTH_AT + 1)
        self.bad_sums = 0

    def read(self, register, buf):
        """Fill `buf` from `register` on."""
        return self._bus.read(self._address, register, buf)

    def read_word(self, register):
        """The unsigned word at `register`, or -1."""
        word = self._word
        if not self._bus.read(self._address, register, word):
            return -1
        return word[0] | word[1] << 8

    def put(self, register, value):
        """Write a word to a direct command."""
        word = self._word
        word[0] = value & 0xFF
        word[1] = value >> 8 & 0xFF
        return self._bus.write(self._address, register, word)

    def ask(self, code):
        """Send a subcommand, or the address of data memory that `answer` will read."""
        frame = self._frames[0]
        frame[0] = code & 0xFF
        frame[1] = code >> 8
        return self._bus.write(self._address, _SUBCOMMAND, frame)

    def answer(self, code):
        """Read what was asked into `block`; data begin at byte 2. False while it is not there."""
        block = self.block
        # The first read may meet a busy chip; reading the block takes longer than any answer.
        for _ in range(_TRIES):
            if not self._bus.read(self._address, _SUBCOMMAND, block):
                return False
            if block[0] == code & 0xFF and block[1] == code >> 8:
                break
        else:
            return False
        count = block[_LENGTH_AT] - _LENGTH_EXTRA
        if not 0 < count <= _BUFFER:
            self.bad_sums += 1
            return False
        total = 0
        for i in range(_DATA + count):
            total += block[i]
        if ~total & 0xFF != block[_SUM_AT]:
            self.bad_sums += 1
            return False
        return True

    def write(self, code, data):
        """Write `data` (1, 2 or 4 bytes, low byte first) to a subcommand or data memory."""
        count = len(data)
        frame = self._frames[count]
        frame[0] = code & 0xFF
        frame[1] = code >> 8
        for i in range(count):
            frame[_DATA + i] = data[i]
        total = 0
        for byte in frame:
            total += byte
        tail = self._tail
        tail[0] = ~total & 0xFF
        tail[1] = count + _LENGTH_EXTRA
        if not self._bus.write(self._address, _SUBCOMMAND, frame):
            return False
        return self._bus.write(self._address, _CHECKSUM, tail)

    def holds(self, data):
        """The last answer begins with `data`."""
        block = self.block
        for i in range(len(data)):
            if block[_DATA + i] != data[i]:
                return False
        return True

    def word_at(self, offset):
        """The signed word at byte `offset` of the last answer's data."""
        at = _DATA + offset
        return signed(self.block[at], self.block[at + 1])


def signed(low, high):
    """A two's complement word from its two bytes."""
    value = low | high << 8
    return value - 0x10000 if value & 0x8000 else value
