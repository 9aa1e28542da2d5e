"""What every document scanner's driver must do, over its own far end and a cable with manners.

A driver's test module derives from ``DocumentScannerContract`` and says how to make the driver and its far end; pytest
collects the rest. Threads and sockets take part, so time is real: what is waited for is a condition with a deadline.
"""

import asyncio
import contextlib
import io
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Protocol
from urllib.parse import urlsplit

import pypdf
import pytest
from structlog.testing import capture_logs

from drivers.contract.camera import Capture, PreviewFrame
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.document_scanner import DocumentScanner, ScanRefusal
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.far_end import Attended, ServedFarEnd
from drivers.transport.frame_source import FrameSource
from drivers.transport.frames import frames_for
from drivers.transport.jpeg_codec import is_whole, size_of
from kiosk.clock import SystemClock
from tests.fakes.tcp_proxy import TcpManner, TcpProxy, black_hole, cut_after, sliced, whole

MANNERS: dict[str, Callable[[], TcpManner]] = {
    "whole": whole,
    "sliced": lambda: sliced(8000, 0.001),
}
"""The cables over which everything works. One byte at a time is for smaller pictures: tests/drivers/transport/test_mjpeg.py."""

CUTS = (150, 20_000, 500_000)
"""Bytes after which the cable comes out: in the answer's head, in the first picture, in later ones."""


class AttendedTable(ServedFarEnd, Attended, Protocol):
    """A far end on which sheets can be laid."""


class DocumentScannerContract(ABC):
    @abstractmethod
    def far_end(self) -> AttendedTable:
        """A table with nothing on it."""

    @abstractmethod
    def driver(self, frames: FrameSource, clock: Clock) -> DocumentScanner:
        """A driver that glances every second when idle and refuses within a second."""

    @pytest.fixture
    async def bench(self) -> AsyncIterator["Bench"]:
        far_end = self.far_end()
        await far_end.plug()
        async with TcpProxy("127.0.0.1", urlsplit(far_end.port).port or 0) as proxy:
            port = f"http://127.0.0.1:{proxy.port}/stream"
            scanner = self.driver(frames_for(port, device="document-scanner", clock=SystemClock()), SystemClock())
            try:
                yield Bench(far_end=far_end, proxy=proxy, scanner=scanner)
            finally:
                await scanner.close()
        await far_end.dispose()

    @pytest.mark.parametrize("manner", MANNERS)
    async def test_a_sheet_that_lies_still_is_taken_and_shown_meanwhile(self, bench: "Bench", manner: str) -> None:
        bench.proxy.manner = MANNERS[manner]()
        await bench.scanner.open()
        bench.lay("sheet-1")
        page = await bench.scan(deadline_s=15)
        assert is_whole(bytes(page.jpeg))
        width, height = size_of(bytes(page.jpeg)) or (0, 0)
        assert height / width == pytest.approx(297 / 210, rel=0.01)
        assert len(bench.shown) >= 2
        page.wipe()
        assert page.is_wiped

    async def test_an_idle_scanner_is_ready_and_says_who_it_is(self, bench: "Bench") -> None:
        await bench.scanner.open()
        status = await bench.scanner.status()
        assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.scanner.name, ())
        assert (await bench.scanner.identify()).model
        assert bench.scanner.kind is DeviceKind.DOCUMENT_SCANNER

    @pytest.mark.parametrize(
        ("sample", "reason"),
        [
            ("blank-sheet", ScanRefusal.BLANK),
            ("sheet-with-finger", ScanRefusal.FINGER),
            ("sheet-glare", ScanRefusal.GLARE),
            ("sheet-cut-off", ScanRefusal.CUT_OFF),
            ("sheet-blurred", ScanRefusal.BLURRED),
            ("nothing", ScanRefusal.NO_PAGE),
        ],
    )
    async def test_a_sheet_that_cannot_be_used_is_refused_with_the_reason(
        self, bench: "Bench", sample: str, reason: ScanRefusal
    ) -> None:
        await bench.scanner.open()
        bench.lay(sample)
        with pytest.raises(RefusedError) as refused:
            await bench.scan(deadline_s=1 if sample == "nothing" else 15)
        assert refused.value.reason == reason

    async def test_a_sheet_laid_down_while_waiting_is_taken(self, bench: "Bench") -> None:
        await bench.scanner.open()
        scanning = asyncio.create_task(bench.scan(deadline_s=15))
        await bench.until(lambda: bool(bench.shown))
        assert (await bench.scanner.status()).condition is Condition.BUSY
        assert not scanning.done()
        bench.lay("sheet-2")
        assert not (await scanning).is_wiped

    async def test_pages_are_bound_in_order_into_a_file_that_other_readers_read(self, bench: "Bench") -> None:
        await bench.scanner.open()
        pages = []
        for sample in ("sheet-1", "sheet-2"):
            bench.lay(sample)
            pages.append(await bench.scan(deadline_s=15))
        pdf = await bench.scanner.bind(pages, at_most_bytes=2_000_000)
        reader = pypdf.PdfReader(io.BytesIO(bytes(pdf.jpeg)), strict=True)
        assert len(reader.pages) == 2
        assert all(bytes(page.jpeg) in bytes(pdf.jpeg) for page in pages)
        pdf.wipe()
        assert pdf.is_wiped
        with pytest.raises(ValueError, match="1 to 20"):
            await bench.scanner.bind([], at_most_bytes=2_000_000)
        with pytest.raises(ValueError, match="still be read"):
            await bench.scanner.bind(pages, at_most_bytes=5_000)

    @pytest.mark.parametrize("fault", ["black", "over-exposed", "frozen", "slow"])
    async def test_what_is_wrong_with_the_picture_is_seen_without_a_visit(self, bench: "Bench", fault: str) -> None:
        await bench.scanner.open()
        bench.give(fault)
        status = await bench.status_when(lambda status: bool(status.symptoms))
        word = {"over-exposed": "overexposed"}.get(fault, fault)
        assert [symptom.code for symptom in status.symptoms] == [f"document_scanner.{word}"]
        assert status.condition is (Condition.DEGRADED if fault == "slow" else Condition.FAILED)
        bench.far_end.clear(None, now_s=0)
        assert (await bench.status_when(lambda status: not status.symptoms)).condition is Condition.READY

    async def test_a_sheet_somebody_left_is_seen(self, bench: "Bench") -> None:
        await bench.scanner.open()
        bench.lay("sheet-1")
        status = await bench.status_when(lambda status: bool(status.symptoms))
        assert [symptom.code for symptom in status.symptoms] == ["document_scanner.paper_left"]
        assert status.condition is Condition.DEGRADED
        bench.far_end.remove(now_s=0)
        await bench.status_when(lambda status: not status.symptoms)

    @pytest.mark.parametrize("fault", ["stalled", "frozen", "truncated-jpeg"])
    async def test_a_camera_without_pictures_ends_in_a_driver_error_soon_and_works_again(
        self, bench: "Bench", fault: str
    ) -> None:
        await bench.scanner.open()
        bench.give(fault)
        began_s = bench.now_s()
        with pytest.raises(DeadlineError if fault in ("stalled", "frozen") else ProtocolError):
            await bench.scan(deadline_s=15)
        assert bench.now_s() - began_s < 4
        bench.far_end.clear(None, now_s=0)
        bench.lay("sheet-1")
        assert not (await bench.scan(deadline_s=15)).is_wiped

    async def test_a_cancelled_scan_leaves_the_scanner_usable_and_at_rest(self, bench: "Bench") -> None:
        await bench.scanner.open()
        scanning = asyncio.create_task(bench.scan(deadline_s=60))
        await bench.until(lambda: bool(bench.shown))
        scanning.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await scanning
        await bench.until(lambda: not bench.far_end.is_held)
        bench.lay("sheet-1")
        assert not (await bench.scan(deadline_s=15)).is_wiped

    async def test_unplugged_while_idle_it_is_seen_and_works_again(self, bench: "Bench") -> None:
        await bench.scanner.open()
        with capture_logs() as logs:
            await bench.proxy.stop()
            for _ in range(2):
                with pytest.raises(UnreachableError):
                    await bench.scanner.status()
            await bench.scanner.close()
            await bench.proxy.start()
            await bench.scanner.open()
        assert [line["event"] for line in logs] == ["camera_lost", "camera_back"]
        assert (await bench.scanner.status()).condition is Condition.READY

    @pytest.mark.parametrize("after_bytes", CUTS)
    async def test_unplugged_anywhere_it_is_unreachable_and_works_again_once_reopened(
        self, bench: "Bench", after_bytes: int
    ) -> None:
        bench.proxy.carry_to_client(cut_after(after_bytes))
        with pytest.raises(UnreachableError):
            await bench.open_and_scan()
        await bench.scanner.close()
        bench.proxy.manner = whole()
        await bench.scanner.open()
        assert (await bench.scanner.status()).condition is Condition.READY

    async def test_a_silent_scanner_is_a_deadline_and_an_open_that_failed_holds_nothing(self, bench: "Bench") -> None:
        bench.proxy.manner = black_hole()
        with pytest.raises(DeadlineError):
            await bench.scanner.open()
        with pytest.raises(UnreachableError):
            await bench.scanner.status()

    async def test_closing_ends_a_scan_and_twice_is_fine(self, bench: "Bench") -> None:
        await bench.scanner.open()
        scanning = asyncio.create_task(bench.scan(deadline_s=60))
        await bench.until(lambda: bool(bench.shown))
        await bench.scanner.close()
        await bench.scanner.close()
        with pytest.raises(UnreachableError):
            await scanning
        with pytest.raises(DriverError):
            await bench.scanner.status()

    @pytest.mark.parametrize("deadline_s", [0, 121])
    async def test_a_deadline_out_of_range_is_a_bug_of_the_caller(self, bench: "Bench", deadline_s: float) -> None:
        with pytest.raises(ValueError, match="1 to 120"):
            await bench.scan(deadline_s=deadline_s)


class Bench:
    """A driver, the cable, the far end, and what was shown."""

    def __init__(self, *, far_end: AttendedTable, proxy: TcpProxy, scanner: DocumentScanner) -> None:
        self.far_end = far_end
        self.proxy = proxy
        self.scanner = scanner
        self.shown: list[PreviewFrame] = []

    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def lay(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=self.now_s())

    def give(self, fault: str) -> None:
        self.far_end.give(fault, {}, now_s=self.now_s())

    async def scan(self, *, deadline_s: float) -> Capture:
        return await self.scanner.scan_page(deadline_s=deadline_s, preview=self.shown.append)

    async def open_and_scan(self) -> None:
        await self.scanner.open()
        await self.scan(deadline_s=15)

    async def status_when(self, condition: Callable[[DeviceStatus], bool]) -> DeviceStatus:
        """Ask as a Keeper does, until a status fulfils a condition."""
        async with asyncio.timeout(8):
            while not condition(status := await self.scanner.status()):  # noqa: ASYNC110  a device tells only when asked
                await asyncio.sleep(0.1)
        return status

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  another's state, which tells nobody
                await asyncio.sleep(0.01)
