"""What Home Assistant's library makes of our records; run by `tests.radio.layer3` in its own
process, with a Python that has aiobmsble (3.12 or newer). Prints what it read, as JSON.
"""

import asyncio
import json
import sys

from aiobmsble.bms.jikong_bms import BMS
from bleak import BleakScanner

_SERVICE = "0000ffe0-0000-1000-8000-00805f9b34fb"


async def main(samples):
    found = await BleakScanner.find_device_by_filter(
        lambda device, advertisement: _SERVICE in advertisement.service_uuids, timeout=8
    )
    async with BMS(ble_device=found) as bms:
        read = {"info": dict(await bms.device_info())}
        for _ in range(samples):
            read["sample"] = dict(await bms.async_update())
    print(json.dumps(read, default=str))


asyncio.run(main(int(sys.argv[1])))
