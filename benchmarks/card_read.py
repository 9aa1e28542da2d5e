"""How much the driver adds to reading a card: a whole reading over a real pty, less what the wire and the reader take."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx

from benchmarks.figure import Figure, percentile
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
BYTES = (10 + 15) + (10 + 19) + (10 + 1295) + (10 + 11)
"""Find, select, read, newest address (there is none): each command and its answer, preambles included."""


def measure(folder: Path) -> tuple[Figure, Figure]:
    """Read the sample card again and again, the rig in a process of its own; overhead at the 95th percentile and the median."""
    rig = subprocess.Popen(
        [sys.executable, "-m", "drivers.rig", "serve", "--dir", str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert rig.stdout is not None
        ready = rig.stdout.readline()
        url = next(word.removeprefix("url=") for word in ready.split() if word.startswith("url="))
        overheads_ms = asyncio.run(_readings(folder, url))
    finally:
        rig.terminate()
        rig.wait(10)
    wire_ms = BYTES * BITS_A_BYTE / BAUD * 1000
    remark = f"{READINGS} readings; wire {wire_ms:.0f} ms and device {_device_ms():.0f} ms taken off"
    return (
        Figure(name="ID card read, overhead p95", value=percentile(overheads_ms, 0.95), limit=LIMIT_MS, unit="ms", remark=remark),
        Figure(name="ID card read, overhead median", value=percentile(overheads_ms, 0.5), limit=LIMIT_MS, unit="ms"),
    )


def _device_ms() -> float:
    return sum(DEVICE_TIMES_S[ask] for ask in (Ask.FIND, Ask.SELECT, Ask.READ, Ask.NEWEST_ADDRESS)) * 1000


async def _readings(folder: Path, url: str) -> list[float]:
    clock = SystemClock()
    port = f"serial:{folder}/ports/id-card-reader?baud={BAUD}"
    reader = SamReader(
        name="id-card-reader", wire=wire_for(port, device="id-card-reader", clock=clock), settings=SamSettings(), clock=clock
    )
    overheads: list[float] = []
    async with httpx.AsyncClient(base_url=url) as rig:
        await reader.open()
        for _ in range(READINGS):
            await rig.put("/api/card", json={"sample": "resident-1"})
            began = time.perf_counter()
            await reader.read_card(deadline_s=5, found=lambda: None)
            took_ms = (time.perf_counter() - began) * 1000
            overheads.append(took_ms - _device_ms() - BYTES * BITS_A_BYTE / BAUD * 1000)
            await rig.delete("/api/card")
        await reader.close()
    return overheads
