"""One camera's conversation, the same for whatever looks through it: short glances when idle, watching when in use."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar, TypeVarTuple

import structlog

from drivers.contract.camera import PreviewFrame
from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.transport.frame_source import Frame, FrameSource
from drivers.transport.jpeg_codec import fingerprint, size_of
from drivers.transport.picture import NoPictureError, smaller, take_one_core
from drivers.transport.stream_health import StreamHealth
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

Answer = TypeVar("Answer")
Args = TypeVarTuple("Args")

FIRST_PICTURE_S = 2.0
"""Seconds until a camera that was opened must have sent a picture: common ones wake within one."""

GLANCE_S = 0.8
"""Seconds a glance may take; the contract of ``status`` allows one."""

GLANCE_PICTURES = 3
"""Pictures of a glance at a camera that is well: two that differ, and the light settled."""

PICTURE_S = 1.0
"""Seconds without a picture, while somebody is using the camera, from which it counts as silent."""

PREVIEW_WIDE = 1280
"""Pixels up to which a camera's own pictures go to the screen as they are."""

PREVIEW_SCALED_WIDE = 800
"""Width of those that are larger: what the screen shows of them."""

PREVIEW_QUALITY = 75

WORK_DEADLINE_S = 5.0
"""Seconds after which looking at one picture counts as hung. It takes a tenth of one at most."""

UNREADABLE_IN_A_ROW = 5
"""Pictures one after the other that cannot be decoded, from which the camera counts as garbled."""

_log = structlog.get_logger()


class Sight:
    """A way to a camera, a thread for what takes a processor's time, and the watch over whether pictures live.

    Every picture that is handed out belongs to whoever takes it and is wiped by them; all others are wiped here.
    """

    def __init__(self, *, device: str, frames: FrameSource, clock: Clock) -> None:
        """Take the way; nothing is opened yet."""
        self._device = device
        self._frames = frames
        self._clock = clock
        self._worker: Worker | None = None
        self._is_lost = False
        self._unreadable = 0
        self.health = StreamHealth()
        self.lock = asyncio.Lock()  # guards the camera: one conversation at a time

    async def open(self) -> Frame:
        """Take hold of the camera and return its first picture. Whoever calls holds the lock."""
        is_open = False
        try:
            await self._frames.open()
            self.health.begin_anew()
            self._unreadable = 0
            frame = await self._next(FIRST_PICTURE_S)
            await self._rest()
            is_open = True
        finally:
            if not is_open:
                await self._frames.close()
        if self._is_lost:
            self._is_lost = False
            _log.info("camera_back", device=self._device, port=self._frames.port)
        return frame

    async def close(self) -> None:
        """Let go of the camera and end the thread. Twice is fine; never raises."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        await self._frames.close()

    async def check(self) -> None:
        """See whether the camera is still there, without a picture. Whoever calls holds the lock."""
        try:
            await self._frames.check()
        except UnreachableError as error:
            self._was_lost(error)
            raise

    async def glance(self) -> Frame:
        """Look for a moment and return the newest picture; ``health`` then tells whether pictures live.

        Takes three pictures of a camera that is well, up to ``GLANCE_S`` of one that repeats itself or is slow. Whoever
        calls holds the lock.
        """
        until_s = self._clock.monotonic_s() + GLANCE_S
        newest: Frame | None = None
        taken = 0
        try:
            while taken < GLANCE_PICTURES or not self.health.has_moved:
                left_s = until_s - self._clock.monotonic_s()
                if left_s <= 0 and newest is not None:
                    break
                try:
                    frame = await self._next(max(round(left_s, 2), 0.05))
                except DeadlineError:
                    if newest is None:
                        raise
                    break
                if newest is not None:
                    newest.wipe()
                newest = frame
                taken += 1
        finally:
            await self._rest()
        if newest is None:  # unreachable: the loop ends with a picture or an error
            raise DeadlineError(self._device, "no picture came", deadline_s=GLANCE_S)
        return newest

    @contextlib.asynccontextmanager
    async def watching(self, preview: Callable[[PreviewFrame], None]) -> AsyncIterator["Watch"]:
        """Show every picture as it comes and offer the newest one. Whoever calls holds the lock.

        A camera that repeats its last picture is restarted, once.
        """
        watch = Watch()
        showing = asyncio.create_task(self._show(watch, preview))
        watch.showing = showing
        try:
            yield watch
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError, DriverError):
                await showing
            watch.wipe()
            await self._rest()

    async def work(self, fn: Callable[[*Args], Answer], *args: *Args) -> Answer:
        """Run what takes a processor's time in the thread.

        Raises:
            ProtocolError: ``fn`` could not decode its picture, and those before it neither.
            NoPictureError: It could not, once.
            UnreachableError: The device was closed meanwhile.
            DeadlineError: It hangs.
        """
        if self._worker is None:
            self._worker = Worker(f"{self._device} vision")
            take_one_core()
        try:
            answer = await self._worker.call(fn, *args, deadline_s=WORK_DEADLINE_S)
        except WorkerClosedError:
            raise UnreachableError(self._device, "was closed") from None
        except CallDeadlineError:
            raise DeadlineError(
                self._device, f"a picture was not looked through within {WORK_DEADLINE_S:g} s", deadline_s=WORK_DEADLINE_S
            ) from None
        except NoPictureError as error:
            self._unreadable += 1
            if self._unreadable >= UNREADABLE_IN_A_ROW:
                raise ProtocolError(self._device, f"{self._unreadable} pictures in a row: {error}", evidence=b"") from None
            raise
        self._unreadable = 0
        return answer

    async def _show(self, watch: "Watch", preview: Callable[[PreviewFrame], None]) -> None:
        was_restarted = False
        while True:
            frame = await self._next(PICTURE_S)
            if self.health.is_frozen and not was_restarted:
                was_restarted = True
                frame.wipe()
                await self._restart()
                continue
            watch.is_frozen = self.health.is_frozen
            await self._preview(frame, preview)
            watch.put(frame)

    async def _restart(self) -> None:
        _log.warning("camera_restarted", device=self._device, reason="it repeats its last picture")
        await self._frames.close()
        await self._frames.open()
        self.health.begin_anew()

    async def _preview(self, frame: Frame, preview: Callable[[PreviewFrame], None]) -> None:
        size = size_of(frame.jpeg)
        if size is None:
            return
        if size[0] <= PREVIEW_WIDE:
            preview(PreviewFrame(jpeg=bytes(frame.jpeg), width_px=size[0], height_px=size[1]))
            return
        with contextlib.suppress(NoPictureError):
            scaled = await self.work(_scaled, frame.jpeg)
            width, height = size_of(scaled) or size
            preview(PreviewFrame(jpeg=bytes(scaled), width_px=width, height_px=height))
            scaled[:] = bytes(len(scaled))

    async def _next(self, deadline_s: float) -> Frame:
        try:
            frame = await self._frames.next_frame(deadline_s=deadline_s)
        except UnreachableError as error:
            self._was_lost(error)
            raise
        self.health.saw(fingerprint=fingerprint(frame.jpeg), stamp_s=frame.stamp_s, came_s=frame.came_s)
        return frame

    async def _rest(self) -> None:
        self.health.rested()
        await self._frames.rest()

    def _was_lost(self, error: UnreachableError) -> None:
        if not self._is_lost:
            self._is_lost = True
            _log.warning("camera_lost", device=self._device, reason=str(error))


class Watch:
    """The newest picture of a camera that is in use; older ones are wiped as they are replaced.

    Attributes:
        is_frozen: The camera repeats its last picture, and a restart did not help.
    """

    def __init__(self) -> None:
        self._newest: Frame | None = None
        self._came = asyncio.Event()
        self.is_frozen = False
        self.showing: asyncio.Task[None] | None = None

    async def newest(self, *, deadline_s: float) -> Frame | None:
        """Wait for a picture that was not handed out yet; None when none came in time.

        Raises what ended the showing: UnreachableError, DeadlineError of a silent camera, or ProtocolError.
        """
        waiting = asyncio.create_task(self._came.wait())
        try:
            await asyncio.wait(
                {waiting} if self.showing is None else {waiting, self.showing},
                timeout=deadline_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            waiting.cancel()
        if self.showing is not None and self.showing.done():
            self.showing.result()
        frame, self._newest = self._newest, None
        self._came.clear()
        return frame

    def put(self, frame: Frame) -> None:
        """Offer a picture in place of the one before it."""
        self.wipe()
        self._newest = frame
        self._came.set()

    def wipe(self) -> None:
        """Overwrite the picture nobody took."""
        if self._newest is not None:
            self._newest.wipe()
            self._newest = None


def _scaled(jpeg: bytearray) -> bytearray:
    return smaller(jpeg, at_most_wide=PREVIEW_SCALED_WIDE, quality=PREVIEW_QUALITY)
