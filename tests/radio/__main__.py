"""The radio rig: `python -m tests.radio`. Layer 2 always; layer 3 and the device's own stack
where their tools are there, else their absence is said (on CI, CI=true, it is a failure).
"""

import asyncio
import os
import sys

from tests.radio import layer2, layer3, on_device


def main():
    """The exit status."""
    count = int(os.environ.get("RECORDS", "100"))
    status = on_device.main()
    if status == on_device.REFUSED:
        return status
    status |= 1 if asyncio.run(layer2.main(count)) else 0
    skipped = False
    reason = layer3.missing()
    if reason:
        skipped = "no Python 3.12" not in reason
        print("layer 3: skipped, %s" % reason)
    else:
        asyncio.run(layer3.main())
    return 1 if skipped and os.environ.get("CI") else status


if __name__ == "__main__":
    sys.exit(main())
