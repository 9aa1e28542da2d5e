"""A camera of this machine as a source of pictures: Video4Linux through OpenCV, in a thread of its own."""

import stat
from pathlib import Path

import cv2
import numpy as np
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.frame_source import Frame, FrameSource
from drivers.transport.jpeg_codec import BEGIN, trimmed
from drivers.transport.port_holder import described, holders_of
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

OPEN_DEADLINE_S = 4.0
"""Seconds a camera may take over its opening; common ones need half a second to a second to set their format."""

BUFFERED = 4
"""Pictures the kernel keeps for a camera nobody reads, OpenCV's own default: after a rest they are old."""

ENCODED_QUALITY = 90
"""JPEG quality for cameras, and files, that deliver pixels."""

LONGEST_LATENESS_S = 0.5
"""How far a file may lag behind its own time before it goes on from now."""


class VideoFrames(FrameSource):
    """One camera under ``/dev``, or a video file, which is read through the same code at its own pace.

    A path under ``/dev/v4l/by-path/`` is followed anew at every opening, so that a camera that comes back with another
    number is found. A file that has come to its end is a camera that was unplugged; opening it anew begins it anew.
    Not yet seen on hardware: cameras that deliver MJPEG are asked for it undecoded and their bytes passed on.
    """

    def __init__(self, path: str, *, width: int, height: int, fps: int, device: str, clock: Clock) -> None:
        """Describe the camera; ``open`` takes hold of it. ``device`` is the device's name, for messages."""
        self._path = Path(path)
        self._width = width
        self._height = height
        self._fps = fps
        self._device = device
        self._clock = clock
        self._worker: Worker | None = None
        self._video: _Video | None = None
        self._sequence = 0
        self._is_stale = False
        self._next_s: float | None = None

    @property
    @override
    def port(self) -> str:
        return f"v4l2:{self._path}?width={self._width}&height={self._height}&fps={self._fps}"

    @override
    async def open(self) -> None:
        await self.close()
        found = self._found()
        worker = self._worker = Worker(f"{self._device} pictures")
        video = _Video(found, width=self._width, height=self._height, fps=self._fps)
        is_open = False
        try:
            is_open = await worker.call(video.open, deadline_s=OPEN_DEADLINE_S)
        except CallDeadlineError:
            raise self._late(OPEN_DEADLINE_S) from None
        except WorkerClosedError:
            raise self._closed() from None
        except cv2.error:
            raise UnreachableError(self._device, f"{self._path} cannot be opened as a camera") from None
        finally:
            if not is_open:
                worker.close(last=video.release)
                self._worker = None
        if not is_open:
            holders = holders_of(found)
            held = f"; it is held by {described(holders)}" if holders else ""
            raise UnreachableError(self._device, f"{self._path} cannot be opened as a camera{held}")
        self._video = video
        self._sequence = 0
        self._is_stale = False
        self._next_s = None

    @override
    async def close(self) -> None:
        worker, self._worker = self._worker, None
        video, self._video = self._video, None
        if worker is not None:
            worker.close(last=video.release if video is not None else None)

    @override
    async def next_frame(self, *, deadline_s: float) -> Frame:
        worker, video = self._worker, self._video
        if worker is None or video is None:
            raise self._closed()
        if video.is_file:
            await self._keep_pace(video.file_fps)
        skipped, self._is_stale = BUFFERED if self._is_stale and not video.is_file else 0, False
        try:
            picture = await worker.call(video.read, skipped, deadline_s=deadline_s)
        except CallDeadlineError:
            raise self._late(deadline_s) from None
        except WorkerClosedError:
            raise self._closed() from None
        except cv2.error:
            picture = None
        if picture is None:
            raise UnreachableError(self._device, f"{self._path} delivers no more pictures")
        jpeg, stamp_s = picture
        self._sequence += 1 + skipped
        return Frame(sequence=self._sequence, came_s=self._clock.monotonic_s(), stamp_s=stamp_s, jpeg=jpeg)

    @override
    async def rest(self) -> None:
        # The camera stays open: letting go and taking hold again costs most of a second, and its lamp would blink all day.
        self._is_stale = True
        self._next_s = None

    @override
    async def check(self) -> None:
        if self._video is None:
            raise self._closed()
        self._found()

    async def _keep_pace(self, fps: float) -> None:
        now_s = self._clock.monotonic_s()
        if self._next_s is None or now_s - self._next_s > LONGEST_LATENESS_S:
            self._next_s = now_s
        await self._clock.sleep(max(self._next_s - now_s, 0.0))
        self._next_s += 1 / fps

    def _found(self) -> Path:
        """Where the camera is now; a stable path leads to another number after every replugging."""
        try:
            return self._path.resolve(strict=True)
        except OSError:
            raise UnreachableError(self._device, f"there is no {self._path}") from None

    def _late(self, deadline_s: float) -> DeadlineError:
        return DeadlineError(self._device, f"no picture came from {self._path} within {deadline_s:g} s", deadline_s=deadline_s)

    def _closed(self) -> UnreachableError:
        return UnreachableError(self._device, f"{self._path} is not open")


class _Video:
    """OpenCV's side of it; every method blocks and runs in the worker's thread."""

    def __init__(self, path: Path, *, width: int, height: int, fps: int) -> None:
        self._path = path
        self._width = width
        self._height = height
        self._fps = fps
        self._capture: cv2.VideoCapture | None = None
        self.is_file = not stat.S_ISCHR(path.stat().st_mode)
        self.file_fps = float(fps)

    def open(self) -> bool:
        cv2.utils.logging.setLogLevel(0)  # what goes wrong is said by us, in our words
        self._capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG if self.is_file else cv2.CAP_V4L2)
        if not self._capture.isOpened():
            return False
        if self.is_file:
            told = float(self._capture.get(cv2.CAP_PROP_FPS))
            self.file_fps = told if 1 <= told <= 120 else float(self._fps)
            return True
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._height)
        self._capture.set(cv2.CAP_PROP_FPS, self._fps)
        self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        return True

    def read(self, skipped: int) -> tuple[bytearray, float | None] | None:
        if self._capture is None:
            return None
        for _ in range(skipped):
            self._capture.grab()
        is_read, pixels = self._capture.read()
        if not is_read or pixels is None or not pixels.size:
            return None
        told_ms = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        stamp_s = told_ms / 1000 if told_ms > 0 else None
        if pixels.dtype == np.uint8 and 1 in pixels.shape[:2]:
            raw = bytearray(pixels.tobytes())
            if raw.startswith(BEGIN):
                pixels.fill(0)
                return trimmed(raw), stamp_s
        if pixels.ndim == 3 and pixels.shape[2] == 2:  # a camera that refused MJPEG delivers YUYV
            pixels = cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR_YUYV)
        is_encoded, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, ENCODED_QUALITY])
        pixels.fill(0)
        if not is_encoded:
            return None
        jpeg = bytearray(encoded.tobytes())
        encoded.fill(0)
        return jpeg, stamp_s

    def release(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None
