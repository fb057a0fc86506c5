"""How long a test may take: 1 in `make test`; `make campaign SCALE=n` multiplies."""

import os

SCALE = int(os.getenv("BMS_SCALE") or 1)
