"""The driver for document scanners that are a camera over a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.contract.camera import Capture, PreviewFrame
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.document_scanner import DocumentScanner, ScanRefusal
from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus, Measurement, Symptom
from drivers.document_scanner.binding import bound
from drivers.document_scanner.judgement import JUDGED_WIDE, judged
from drivers.document_scanner.sheet import LONG_PX, LOOK_WIDE, Sheet, find_sheet, flattened, skew_of, turned
from drivers.document_scanner.stillness import Stillness
from drivers.transport.frame_source import FrameSource
from drivers.transport.jpeg_codec import size_of
from drivers.transport.picture import Light, NoPictureError, Pixels, decoded_colour, decoded_grey, encoded, light_of
from drivers.transport.sight import Sight, Watch
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

QUALITY = 85
"""JPEG quality of a sheet: print stays crisp, an A4 page has 150 to 500 kB."""

BIND_DEADLINE_S = 30.0
"""Seconds that binding twenty pages in the coarsest of all steps may take; it takes five."""

TROUBLED_LOOK_S = 0.9
"""Seconds between two glances while something is wrong, so that its end is seen soon."""

_log = structlog.get_logger()


class OverheadSettings(BaseModel):
    """What differs from one table to another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    looks_per_s: float = Field(default=5.0, ge=2, le=10, description="Pictures looked through in a second while in use.")
    still_looks: int = Field(default=4, ge=2, le=20, description="Looks at the same place that make a sheet lie still.")
    patience_s: float = Field(default=1.5, ge=0.2, le=10, description="How long a still sheet may be unusable until refused.")
    idle_look_s: float = Field(default=1.5, ge=1, le=60, description="From one glance to the next while nobody uses it.")


class OverheadScanner(DocumentScanner):
    """One camera over a table. Keeps nothing of a paper: every picture is wiped once it has been looked at."""

    def __init__(self, *, name: str, frames: FrameSource, settings: OverheadSettings, clock: Clock) -> None:
        """Describe the scanner; ``open`` takes hold of it."""
        self._name = name
        self._frames = frames
        self._settings = settings
        self._clock = clock
        self._sight = Sight(device=name, frames=frames, clock=clock)
        self._looked_s = float("-inf")
        self._light: Light | None = None
        self._has_sheet = False
        self._size: tuple[int, int] | None = None

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.DOCUMENT_SCANNER

    @override
    async def open(self) -> None:
        await self._frames.close()  # ends a call that still waits on the old opening
        async with self._sight.lock:
            await self._begin_anew()

    @override
    async def close(self) -> None:
        await self._sight.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._sight.lock.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now(), evidence="in use")
        async with self._sight.lock:
            await self._sight.check()
            pause_s = TROUBLED_LOOK_S if _is_in_trouble(self._symptoms()) else self._settings.idle_look_s
            if self._clock.monotonic_s() - self._looked_s >= pause_s:
                await self._look()
        symptoms, fps = self._symptoms(), self._sight.health.fps
        return DeviceStatus(
            device=self._name,
            condition=_condition(symptoms),
            read_at=self._clock.now(),
            symptoms=symptoms,
            measurements=() if fps is None else (Measurement(name="fps", value=round(fps, 1), unit=""),),
            evidence=self._evidence(),
        )

    @override
    async def reset(self) -> None:
        async with self._sight.lock:
            await self._begin_anew()

    @override
    async def identify(self) -> Identity:
        if self._size is None:
            raise UnreachableError(self._name, f"{self._frames.port} is not open")
        width, height = self._size
        return Identity(model=f"{width} x {height}", serial="", firmware="")

    @override
    async def scan_page(self, *, deadline_s: float, preview: Callable[[PreviewFrame], None]) -> Capture:
        if not 1 <= deadline_s <= 120:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 1 to 120")
        async with self._sight.lock:
            began_s = self._clock.monotonic_s()
            stillness = Stillness(looks=self._settings.still_looks, patience_s=self._settings.patience_s)
            async with self._sight.watching(preview) as watch:
                try:
                    capture = await self._wait_for_sheet(stillness, watch, until_s=began_s + deadline_s)
                except (UnreachableError, DeadlineError, ProtocolError):
                    self._looked_s = float("-inf")  # the next status looks for itself
                    raise
            took_s = self._clock.monotonic_s() - began_s
        if capture is not None:
            _log.info("sheet_taken", device=self._name, took_s=round(took_s, 1), size_bytes=len(capture.jpeg))
            return capture
        if stillness.last_trouble is not None:
            raise self._refusal(stillness.last_trouble, f"it stayed so for {deadline_s:g} s")
        if not self._has_sheet:
            raise self._refusal(ScanRefusal.NO_PAGE, f"no sheet lay on the table within {deadline_s:g} s")
        raise DeadlineError(self._name, f"no sheet lay still within {deadline_s:g} s", deadline_s=deadline_s)

    @override
    async def bind(self, pages: Sequence[Capture], *, at_most_bytes: int) -> Capture:
        worker = Worker(f"{self._name} binding")  # a thread of its own: it needs no camera
        try:
            pdf = await worker.call(_bound, tuple(page.jpeg for page in pages), at_most_bytes, deadline_s=BIND_DEADLINE_S)
        except CallDeadlineError:
            message = f"{len(pages)} pages were not bound within {BIND_DEADLINE_S:g} s"
            raise DeadlineError(self._name, message, deadline_s=BIND_DEADLINE_S) from None
        except WorkerClosedError:
            raise UnreachableError(self._name, "was closed") from None
        finally:
            worker.close()
        return Capture(pdf)

    async def _begin_anew(self) -> None:
        frame = await self._sight.open()
        self._size = size_of(frame.jpeg)
        frame.wipe()
        self._looked_s = float("-inf")

    async def _wait_for_sheet(self, stillness: Stillness, watch: Watch, *, until_s: float) -> Capture | None:
        """Look again and again, until a sheet lies still and is judged; None when time runs out."""
        due_s = self._clock.monotonic_s()
        while (now_s := self._clock.monotonic_s()) < until_s:
            await self._clock.sleep(max(min(due_s, until_s) - now_s, 0.0))
            frame = await watch.newest(deadline_s=max(until_s - self._clock.monotonic_s(), 0.01))
            if frame is None:
                continue
            due_s = max(due_s + 1 / self._settings.looks_per_s, self._clock.monotonic_s())
            try:
                if watch.is_frozen:
                    message = "no new picture came: it repeats its last one, and a restart did not help"
                    raise DeadlineError(self._name, message, deadline_s=1.0)
                glance = await self._sight.work(_glanced, frame.jpeg)
                self._note(glance)
                if not stillness.saw(glance.sheet) or glance.sheet is None:
                    continue
                outcome = await self._sight.work(_taken, frame.jpeg, glance.sheet)
                if not isinstance(outcome, ScanRefusal):
                    return Capture(outcome)
                if stillness.is_refused(outcome, now_s=frame.came_s):
                    raise self._refusal(outcome, f"it stayed so for {self._settings.patience_s:g} s")
            except NoPictureError:
                continue
            finally:
                frame.wipe()
        return None

    async def _look(self) -> None:
        """Glance at the table. Whoever calls holds the lock."""
        frame = await self._sight.glance()
        try:
            self._note(await self._sight.work(_glanced, frame.jpeg))
        except NoPictureError as error:
            raise ProtocolError(self._name, f"{self._frames.port} sends {error}", evidence=b"") from None
        finally:
            frame.wipe()

    def _note(self, glance: "_Glance") -> None:
        self._light = glance.light
        self._has_sheet = glance.sheet is not None
        self._looked_s = self._clock.monotonic_s()

    def _symptoms(self) -> tuple[Symptom, ...]:
        light, detail = self._light, self._evidence()
        if light is None:
            return ()
        if light.is_black:
            return (Symptom(code="document_scanner.black", detail=detail),)
        if light.is_overexposed:
            return (Symptom(code="document_scanner.overexposed", detail=detail),)
        if self._sight.health.is_frozen:
            return (Symptom(code="document_scanner.frozen", detail="the very same picture again and again"),)
        found: list[Symptom] = []
        if self._sight.health.is_slow:
            found.append(Symptom(code="document_scanner.slow", detail=detail))
        if self._has_sheet:
            found.append(Symptom(code="document_scanner.paper_left", detail="a sheet lies on the table and nobody scans"))
        return tuple(found)

    def _evidence(self) -> str:
        if self._light is None:
            return ""
        fps = "?" if self._sight.health.fps is None else f"{self._sight.health.fps:.0f}"
        lies = "a sheet" if self._has_sheet else "no sheet"
        return f"light {self._light.mean:.0f}, spread {self._light.spread:.0f}, {fps} fps, {lies}"

    def _refusal(self, reason: ScanRefusal, why: str) -> RefusedError:
        _log.info("sheet_refused", device=self._name, reason=reason.value, why=why)
        return RefusedError(self._name, f"{reason.value}: {why}", reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Glance:
    """What a small picture of the table shows."""

    light: Light
    sheet: Sheet | None


def _glanced(jpeg: bytearray) -> _Glance:
    grey = decoded_grey(jpeg, at_most_wide=LOOK_WIDE)
    try:
        light = light_of(grey)
        return _Glance(light=light, sheet=None if light.is_black or light.is_overexposed else find_sheet(grey))
    finally:
        grey.fill(0)


def _taken(jpeg: bytearray, sheet: Sheet) -> bytearray | ScanRefusal:
    """The sheet alone as a JPEG file, or why it cannot be used."""
    if sheet.is_cut_off:
        return ScanRefusal.CUT_OFF
    wiped: list[Pixels] = []
    try:
        colour = decoded_colour(jpeg)
        wiped.append(colour)
        flat = flattened(colour, sheet.corners, long_px=LONG_PX)
        wiped.append(flat)
        high = round(JUDGED_WIDE * flat.shape[0] / flat.shape[1])
        small: Pixels = cv2.resize(flat, (JUDGED_WIDE, high), interpolation=cv2.INTER_AREA)
        wiped.append(small)
        if (refusal := judged(small, bite=sheet.bite)) is not None:
            return refusal
        grey: Pixels = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        wiped.append(grey)
        if skew_deg := skew_of(grey):
            flat = turned(flat, skew_deg)
            wiped.append(flat)
        return encoded(flat, quality=QUALITY)
    finally:
        for pixels in wiped:
            pixels.fill(0)


def _bound(jpegs: tuple[memoryview, ...], at_most_bytes: int) -> bytearray:
    return bound(jpegs, at_most_bytes=at_most_bytes)


def _is_in_trouble(symptoms: tuple[Symptom, ...]) -> bool:
    return any(symptom.code != "document_scanner.paper_left" for symptom in symptoms)


def _condition(symptoms: tuple[Symptom, ...]) -> Condition:
    if not symptoms:
        return Condition.READY
    is_served = all(symptom.code in ("document_scanner.slow", "document_scanner.paper_left") for symptom in symptoms)
    return Condition.DEGRADED if is_served else Condition.FAILED
