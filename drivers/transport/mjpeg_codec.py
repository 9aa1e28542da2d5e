"""MJPEG over HTTP: a ``multipart/x-mixed-replace`` body taken apart into JPEG files, with bounded memory.

Source: RFC 2046 section 5.1 for the body; ``X-Timestamp`` (seconds since 1970 with a fraction) is what mjpg-streamer
and several cameras add **(unconfirmed for any model)**. Cameras differ in line ends, in dashes before the boundary and in
whether they tell a part's length: all of it is taken. What is no picture is counted and skipped up to the next boundary.
"""

import math
from dataclasses import dataclass, field

from drivers.transport.jpeg_codec import is_whole

LARGEST_FRAME = 8 * 1024 * 1024
"""Bytes a picture may have; 4K at the finest quality a camera sends stays below five million."""

LEAST_FRAME = 4
"""Bytes of the beginning and the end of a JPEG file, which alone are no picture."""

LONGEST_HEAD = 4096
"""Bytes the lines before a picture may have."""

LONGEST_BOUNDARY = 70
"""Characters of a boundary, RFC 2046 section 5.1.1."""

JUNK_STEP = 65536
"""So many bytes without any boundary count as one more spoiled picture."""


class MjpegError(ValueError):
    """The answer is no stream of pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One whole JPEG file and the camera's own time, if it told one."""

    jpeg: bytearray = field(repr=False)
    stamp_s: float | None


def boundary_in(content_type: str) -> bytes:
    """Read the boundary out of the answer's Content-Type, without leading dashes.

    Raises:
        MjpegError: It announces something else, or no usable boundary.
    """
    kind, _, rest = content_type.partition(";")
    if kind.strip().lower() != "multipart/x-mixed-replace":
        raise MjpegError("no multipart/x-mixed-replace")
    for option in rest.split(";"):
        key, _, value = option.partition("=")
        if key.strip().lower() == "boundary":
            word = value.strip().strip('"').lstrip("-")
            if 0 < len(word) <= LONGEST_BOUNDARY and word.isascii() and word.isprintable():
                return word.encode()
    raise MjpegError("multipart/x-mixed-replace without a usable boundary")


class MjpegDecoder:
    """Takes bytes as they come and gives pictures as they are whole. Never raises."""

    def __init__(self, boundary: bytes, *, largest: int = LARGEST_FRAME) -> None:
        """Begin before the first boundary; no more than ``largest`` bytes and a head are ever held."""
        self._mark = b"--" + boundary
        self._largest = largest
        self._buffer = bytearray()
        self._is_in_part = False
        self._head: _Head | None = None
        self._searched = 0
        self._junk = 0
        self.spoiled_in_a_row = 0

    @property
    def held_bytes(self) -> int:
        """Bytes waiting for the rest of their picture."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> list[Part]:
        """Take the next bytes and return the pictures they complete, oldest first."""
        parts: list[Part] = []
        for at in range(0, len(chunk), JUNK_STEP):  # whatever is fed at once, little is held at once
            self._buffer += chunk[at : at + JUNK_STEP]
            while self._step(parts):
                pass
        return parts

    def wipe(self) -> None:
        """Overwrite and forget what is held."""
        self._buffer[:] = bytes(len(self._buffer))
        self._seek()
        self._buffer.clear()

    def _step(self, parts: list[Part]) -> bool:
        """Do one thing; False when more bytes are needed."""
        if not self._is_in_part:
            return self._find_boundary()
        if self._head is None:
            return self._read_head()
        return self._read_body(self._head, parts)

    def _find_boundary(self) -> bool:
        at = self._buffer.find(self._mark)
        if at < 0:
            kept = min(len(self._buffer), len(self._mark) - 1)
            self._junk += len(self._buffer) - kept
            del self._buffer[: len(self._buffer) - kept]
            if self._junk >= JUNK_STEP:
                self._junk = 0
                self.spoiled_in_a_row += 1
            return False
        del self._buffer[: at + len(self._mark)]
        self._junk = 0
        self._is_in_part = True
        return True

    def _read_head(self) -> bool:
        found = _end_of_head(self._buffer)
        if found is None:
            if len(self._buffer) > LONGEST_HEAD:
                self._spoil()
                return True
            return False
        end, begin = found
        if end > LONGEST_HEAD:
            self._spoil()
            return True
        self._head = _head_of(bytes(self._buffer[:end]))
        del self._buffer[:begin]
        if self._head.length is not None and self._head.length > self._largest:
            self._spoil()
        return True

    def _read_body(self, head: "_Head", parts: list[Part]) -> bool:
        if head.length is not None:
            if len(self._buffer) < head.length:
                return False
            end = body_end = head.length
        else:
            end = self._buffer.find(self._mark, self._searched)
            if end < 0:
                self._searched = max(len(self._buffer) - len(self._mark) + 1, 0)
                if len(self._buffer) > self._largest:
                    self._spoil()
                    return True
                return False
            body_end = len(self._buffer[:end].rstrip(b"\r\n"))
        # Its ends tell before it is copied: heads that lie, one in every few bytes, must not cost a copy of millions each.
        if body_end > LEAST_FRAME and is_whole(self._buffer[:LEAST_FRAME] + self._buffer[body_end - LEAST_FRAME : body_end]):
            self.spoiled_in_a_row = 0
            parts.append(Part(jpeg=self._buffer[:body_end], stamp_s=head.stamp_s))
            del self._buffer[:end]
            self._seek()
        else:
            self._spoil()  # the next boundary may stand inside: look for it from the body's begin
        return True

    def _spoil(self) -> None:
        self.spoiled_in_a_row += 1
        self._seek()

    def _seek(self) -> None:
        self._is_in_part = False
        self._head = None
        self._searched = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    length: int | None
    stamp_s: float | None


def _end_of_head(buffer: bytearray) -> tuple[int, int] | None:
    """Where the head ends and the body begins."""
    ends = [(at, at + len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := buffer.find(mark, 0, LONGEST_HEAD + 4)) >= 0]
    return min(ends, default=None)


def _head_of(lines: bytes) -> _Head:
    length: int | None = None
    stamp_s: float | None = None
    for line in lines.split(b"\n"):
        key, _, value = line.partition(b":")
        word = value.strip()
        match key.strip().lower():
            case b"content-length" if word.isdigit() and len(word) < 12:
                length = int(word)
            case b"x-timestamp":
                stamp_s = _seconds(word)
            case _:
                pass
    return _Head(length=length, stamp_s=stamp_s)


def _seconds(word: bytes) -> float | None:
    try:
        stamp_s = float(word[:32])
    except ValueError:
        return None
    return stamp_s if math.isfinite(stamp_s) else None
