"""How much the driver adds to reading a card: a whole reading over a real pty, less what the wire and the reader take."""

import asyncio
import time
from pathlib import Path

import httpx

from benchmarks.figure import Figure, percentile
from benchmarks.rig import Rig, rig_process
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.id_card_reader.sam_codec import Ask
from drivers.id_card_reader.simulated import DEVICE_TIMES_S
from drivers.transport.port_url import wire_for
from kiosk.clock import SystemClock

READINGS = 30
LIMIT_MS = 20.0
BAUD = 115200
BITS_A_BYTE = 10
"""8N1: a start bit and a stop bit around eight."""
ASKED = (Ask.FIND, Ask.SELECT, Ask.READ, Ask.NEWEST_ADDRESS)
BYTES = (10 + 15) + (10 + 19) + (10 + 1295) + (10 + 11)
"""Find, select, read, newest address (there is none): each command and its answer, preambles included."""


def measure(folder: Path) -> tuple[Figure, Figure]:
    """Read the sample card again and again, the rig in a process of its own; overhead at the 95th percentile and the median."""
    with rig_process(folder) as url:
        overheads_ms = asyncio.run(_readings(url))
    remark = f"{READINGS} readings; wire {_wire_ms():.0f} ms and device {_device_ms():.0f} ms taken off"
    return (
        Figure(name="ID card read, overhead p95", value=percentile(overheads_ms, 0.95), limit=LIMIT_MS, unit="ms", remark=remark),
        Figure(name="ID card read, overhead median", value=percentile(overheads_ms, 0.5), limit=LIMIT_MS, unit="ms"),
    )


def _wire_ms() -> float:
    return BYTES * BITS_A_BYTE / BAUD * 1000


def _device_ms() -> float:
    return sum(DEVICE_TIMES_S[ask] for ask in ASKED) * 1000


async def _readings(url: str) -> list[float]:
    clock = SystemClock()
    overheads_ms: list[float] = []
    async with httpx.AsyncClient(base_url=url, trust_env=False) as web:
        rig = Rig(web)
        wire = wire_for(await rig.port("id-card-reader"), device="id-card-reader", clock=clock)
        reader = SamReader(name="id-card-reader", wire=wire, settings=SamSettings(), clock=clock)
        await reader.open()
        for _ in range(1 + READINGS):
            await rig.lay("id-card-reader", "resident-1")
            began_s = time.perf_counter()
            await reader.read_card(deadline_s=5, found=lambda: None)
            took_ms = (time.perf_counter() - began_s) * 1000
            overheads_ms.append(took_ms - _device_ms() - _wire_ms())
            await rig.take("id-card-reader")
        await reader.close()
    return overheads_ms[1:]  # with the first card the driver finds out, by one Find more, whether this reader shows read cards
