"""Sheets: the papers she has laid under the overhead camera, until they have been handed in or the visit ends."""

import asyncio
from collections.abc import Callable

import structlog

from drivers.contract.camera import Capture, PreviewFrame
from drivers.contract.document_scanner import ScanRefusal
from drivers.contract.errors import DriverError, RefusedError
from kiosk.gateway.platform import NotDone, PapersAnswer
from kiosk.visit.deadlines import GUARD_S
from kiosk.visit.event import DocumentScannerLost, Event, PapersAnswered, SheetRefused, SheetTaken
from kiosk.visit.model import MAX_SHEETS
from kiosk.visit.ports import MatterPlatform, SheetScanning

SHEET_S = 20.0
"""Seconds a sheet is given to lie still: two hands, glasses, and once more straight."""

MAX_PDF_BYTES = 8_000_000
"""The platform takes no more; ten sheets of text in grey need about three megabytes."""

log = structlog.get_logger(__name__)


class Sheets:
    """Keeps the sheets of one application at a time, each in a buffer that is wiped when it is dropped."""

    def __init__(
        self,
        *,
        scanner: SheetScanning,
        platform: MatterPlatform,
        tell: Callable[[Event], None],
        show_preview: Callable[[bytes], None],
    ) -> None:
        self._scanner = scanner
        self._platform = platform
        self._tell = tell
        self._show_preview = show_preview
        self._key = ""
        self._pages: list[Capture] = []

    async def take(self, job: int, key: str) -> None:
        """Take the sheet under the camera and keep it. The sheets of another application are dropped first."""
        if key != self._key:
            self.drop_all()
            self._key = key
        if len(self._pages) >= MAX_SHEETS:
            raise ValueError(f"more than {MAX_SHEETS} sheets")
        try:
            async with asyncio.timeout(GUARD_S):
                page = await self._scanner.scan_page(deadline_s=SHEET_S, preview=self._preview)
        except RefusedError as error:
            self._tell(SheetRefused(job=job, reason=ScanRefusal(error.reason)))
        except (DriverError, TimeoutError):
            self._tell(DocumentScannerLost(job=job))
        else:
            self._pages.append(page)
            self._tell(SheetTaken(job=job))

    async def hand_in(self, job: int, key: str) -> None:
        """Bind the sheets and hand them in. They stay until they are dropped."""
        self._tell(PapersAnswered(job=job, answer=await self._handed_in(key)))

    def drop_last(self) -> None:
        """Wipe the sheet that was taken last."""
        if self._pages:
            self._pages.pop().wipe()

    def drop_all(self) -> None:
        """Wipe every sheet."""
        while self._pages:
            self.drop_last()
        self._key = ""

    async def _handed_in(self, key: str) -> PapersAnswer:
        if key != self._key or not self._pages:
            return NotDone(why="no sheet of this application is here")
        try:
            async with asyncio.timeout(GUARD_S):
                bound = await self._scanner.bind(tuple(self._pages), at_most_bytes=MAX_PDF_BYTES)
                try:
                    return await self._platform.hand_in_papers(key, bound.jpeg)
                finally:
                    bound.wipe()
        except (DriverError, ValueError, TimeoutError) as error:
            log.warning("visit.papers_not_handed_in", why=str(error))
            return NotDone(why="the sheets could not be bound or sent")

    def _preview(self, frame: PreviewFrame) -> None:
        self._show_preview(frame.jpeg)
