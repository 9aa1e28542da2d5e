"""From a face before the camera to the platform's verdict, and from a sheet on the table to its page."""

import asyncio
import time
from pathlib import Path

import httpx

from benchmarks.figure import Figure, percentile
from benchmarks.rig import Rig, announced, rig_process
from drivers.camera.face_camera import CameraSettings, FaceCamera
from drivers.document_scanner.overhead import OverheadScanner, OverheadSettings
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES
from drivers.transport.frames import frames_for
from kiosk.clock import SystemClock
from kiosk.gateway.client import HttpPlatform
from kiosk.gateway.platform import FaceVerdict, KnownBy, Person
from kiosk.gateway.settings import PlatformSettings

ROUNDS = 10
VERDICT_LIMIT_MS = 1500.0
PAGE_LIMIT_MS = 2000.0


def measure(folder: Path) -> tuple[Figure, ...]:
    """Rig and platform are processes of their own, as the camera and the platform of a kiosk are."""
    with rig_process(folder / "rig") as rig, announced("kiosk.gateway.sandbox", "serve", "--db", str(folder / "p.sqlite"),
                                                       "--port", "0") as platform:  # fmt: skip
        verdicts_ms, pages_ms = asyncio.run(_both(rig, platform["url"], Path(platform["token_file"])))
    return (
        Figure(name="face before the camera -> verdict, no prompts, p95", value=percentile(verdicts_ms, 0.95),
               limit=VERDICT_LIMIT_MS, unit="ms", remark=f"{ROUNDS} faces, median {percentile(verdicts_ms, 0.5):.0f}"),
        Figure(name="sheet on the table -> page, p95", value=percentile(pages_ms, 0.95), limit=PAGE_LIMIT_MS, unit="ms",
               remark=f"{ROUNDS} sheets, median {percentile(pages_ms, 0.5):.0f}"),
    )  # fmt: skip


async def _both(url: str, platform_url: str, token_file: Path) -> tuple[list[float], list[float]]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as web:
        rig = Rig(web)
        return await _verdicts(rig, platform_url, token_file), await _pages(rig)


async def _verdicts(rig: Rig, platform_url: str, token_file: Path) -> list[float]:
    clock = SystemClock()
    frames = frames_for(await rig.port("camera"), device="camera", clock=clock)
    camera = FaceCamera(name="camera", frames=frames, settings=CameraSettings(), clock=clock)
    platform = HttpPlatform(settings=PlatformSettings(base_url=platform_url, token_file=token_file), clock=clock)
    fields = SAMPLES["resident-1"]
    person = Person(
        known_by=KnownBy.ID_CARD, name=fields[FieldName.NAME], number=fields[FieldName.NUMBER], card_layout="resident"
    )
    took_ms = []
    await camera.open()
    try:
        for _ in range(ROUNDS):
            await rig.lay("camera", "face-1")
            began_s = time.perf_counter()
            capture = await camera.capture_face(deadline_s=20, prompts=(), preview=lambda _: None, guide=lambda _: None)
            verdict = await platform.compare_face(person, capture.jpeg)
            took_ms.append((time.perf_counter() - began_s) * 1000)
            capture.wipe()
            assert verdict is FaceVerdict.SAME, verdict
            await rig.take("camera")
    finally:
        await camera.close()
        await platform.close()
    return took_ms


async def _pages(rig: Rig) -> list[float]:
    clock = SystemClock()
    frames = frames_for(await rig.port("document-scanner"), device="document-scanner", clock=clock)
    scanner = OverheadScanner(name="document-scanner", frames=frames, settings=OverheadSettings(), clock=clock)
    took_ms = []
    await scanner.open()
    try:
        for number in range(ROUNDS):
            await rig.lay("document-scanner", ("sheet-1", "sheet-2")[number % 2])
            began_s = time.perf_counter()
            page = await scanner.scan_page(deadline_s=30, preview=lambda _: None)
            took_ms.append((time.perf_counter() - began_s) * 1000)
            page.wipe()
            await rig.take("document-scanner")
    finally:
        await scanner.close()
    return took_ms
