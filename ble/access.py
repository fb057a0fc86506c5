"""Access: passwords' keys, lock-out, names and the owner's choices, as one stored record.

`pack` and `load` are a fixed layout of IMAGE_BYTES; whoever keeps records sets `store`,
a function that takes the image and says whether it was kept.
"""

import struct

from micropython import const

from ble.auth import CONNECTION, SETTINGS

# When JK clients may change things (issue: access model). By default the window opens by
# itself while the settings password is the factory's, and when a session grants it.
WINDOW_DEFAULT = const(0)
WINDOW_NEVER = const(1)
WINDOW_ALWAYS = const(2)

NAME_BYTES = const(13)
IMAGE_BYTES = const(130)
_VERSION = const(1)
_LAYOUT = "<BBBxHH16s32s16s32s13s13s"

# The factory passwords 1234 and 123456 (manual 5.3.1, 5.3.2), derived as ble/auth.py says.
FACTORY_SALTS = (b"open-bms/connect", b"open-bms/setting")
FACTORY_KEYS = (
    b"\xbf\xd5\x5a\x3b\x19\x92\x9a\xab\xaa\x87\x4e\xdb\x28\x4f\x4d\x0a"
    b"\x68\xfc\x7d\x2e\x75\xcc\x98\x53\x3d\x5f\x53\x57\xce\x30\x3b\xa7",
    b"\xe0\x60\x4c\xc5\x70\x60\x80\xd6\x54\xc3\xb9\xb2\x14\xcc\x24\xed"
    b"\xaf\x72\xff\xbf\x77\x83\xdc\x49\x17\xf5\xa4\xb9\xa1\xed\xc6\xb7",
)


class Access:
    """The record. Attributes change first, then `save` stores them as one."""

    def __init__(self, store=None):
        self.store = store
        self.failures = 0
        self.wait_s = 0
        self.unsaved = False  # the stored copy is behind
        self.reset()

    def reset(self):
        """Factory state, but for the lock-out: only the button ends that."""
        self.salts = list(FACTORY_SALTS)
        self.keys = list(FACTORY_KEYS)
        self.name = ""  # empty: the model
        self.user_data = ""
        self.read_lock = False
        self.window = WINDOW_DEFAULT

    def is_default(self, which):
        """True while that password is the factory's."""
        return self.salts[which] == FACTORY_SALTS[which]

    def set_key(self, which, salt, key):
        """Replace a password's key."""
        self.salts[which] = bytes(salt)
        self.keys[which] = bytes(key)

    def save(self):
        """Store the record; False when that failed."""
        self.unsaved = not (self.store is None or self.store(self.pack()))
        return not self.unsaved

    def pack(self):
        """The image."""
        return struct.pack(
            _LAYOUT,
            _VERSION,
            int(self.read_lock),
            self.window,
            self.failures,
            self.wait_s,
            self.salts[CONNECTION],
            self.keys[CONNECTION],
            self.salts[SETTINGS],
            self.keys[SETTINGS],
            self.name.encode(),
            self.user_data.encode(),
        )

    def load(self, image):
        """Take over an image; False, and nothing changed, when it makes no sense."""
        if len(image) != IMAGE_BYTES or image[0] != _VERSION:
            return False
        fields = struct.unpack(_LAYOUT, image)
        name = ascii_text(fields[9])
        user_data = ascii_text(fields[10])
        if fields[1] > 1 or fields[2] > WINDOW_ALWAYS or name is None or user_data is None:
            return False
        if name and not is_name(name):
            return False
        self.read_lock = bool(fields[1])
        self.window = fields[2]
        self.failures = fields[3]
        self.wait_s = fields[4]
        self.salts = [fields[5], fields[7]]
        self.keys = [fields[6], fields[8]]
        self.name = name
        self.user_data = user_data
        return True


def is_name(text):
    """A device name: letters, digits, - and _, 1 to 13 of them."""
    return 0 < len(text) <= NAME_BYTES and all([_is_name_char(ord(char)) for char in text])


def _is_name_char(code):
    return 48 <= code <= 57 or 65 <= code <= 90 or 97 <= code <= 122 or code == 45 or code == 95


def is_user_data(text):
    """User data: up to 13 printable ASCII characters."""
    return len(text) <= NAME_BYTES and all([32 <= ord(char) <= 126 for char in text])


def ascii_text(data):
    """ASCII bytes up to the first NUL as text; None where a byte is not ASCII."""
    codes = []
    for code in data:
        if code == 0:
            break
        if code > 126:
            return None
        codes.append(chr(code))
    return "".join(codes)
