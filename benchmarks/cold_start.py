"""From the start of a core, all devices cold, until every one of them is READY and every service can be finished."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.figure import Figure
from tests.whole.ear import broker
from tests.whole.process import kiosk_process

STARTS = 3
LIMIT_S = 10.0


def measure() -> tuple[Figure, ...]:
    """Start the core as the process it is, again and again; far ends, platform and broker are there already."""
    return asyncio.run(_measured())


async def _measured() -> tuple[Figure, ...]:
    took_s: list[float] = []
    # Sockets lie in the folder: its path has to be short.
    with tempfile.TemporaryDirectory(prefix="zz-") as folder, broker(Path(folder)) as port:
        async with kiosk_process(Path(folder) / "k", broker_port=port) as kiosk:
            for _ in range(STARTS):
                began_s = kiosk.now_s
                await kiosk.start()
                await kiosk.well(within_s=60)
                took_s.append(kiosk.now_s - began_s)
                await kiosk.end()
    remark = f"{len(kiosk.bench.devices)} devices, {STARTS} starts, the process's own included, quickest {min(took_s):.1f}"
    return (Figure(name="core started -> every device READY", value=max(took_s), limit=LIMIT_S, unit="s", remark=remark),)
