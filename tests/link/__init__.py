"""Links modules of the firmware into one, for the device: same meaning, fewer bytes.

On an ESP32 every module costs a dictionary, every import an entry in two of them, every
public constant an object that is read once, and every name a place in a table in RAM. So
what is deployed is one module for each unit: names are resolved here, constants become
literals (floats in the digits of single precision), what nobody uses is left out, parameters
and private names of unrelated classes share short names. Public attributes keep theirs. The sources
stay as they are read and tested; `tests/boot` runs what comes out of this.

Not understood, and refused: a project's module used as a value, a star import, `global` and
`nonlocal`.
"""

from tests.link.program import Program
from tests.link.syntax import LinkError

__all__ = ("LinkError", "Program")
