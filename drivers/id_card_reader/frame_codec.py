"""Frames of the SAM serial protocol: building, and finding them byte by byte in whatever comes.

::

    host -> reader   AA AA AA 96 69 | LenHi LenLo | CMD PARA [data] | CHK
    reader -> host   AA AA AA 96 69 | LenHi LenLo | SW1 SW2 SW3 [data] | CHK

Len counts everything from CMD or SW1 to CHK. CHK is the XOR of every byte after the preamble, both length bytes
included, itself left out.
"""

from collections.abc import Iterator
from functools import reduce
from operator import xor

PREAMBLE = bytes.fromhex("AA AA AA 96 69")
LONGEST_REPLY = 0x090A
"""The largest Len of any answer: text, photo and finger print (30 10). Anything larger is noise."""
SHORTEST_REPLY = 4
"""SW1 SW2 SW3 CHK."""
SHORTEST_COMMAND = 3
"""CMD PARA CHK."""

_HEAD = len(PREAMBLE) + 2


def frame(body: bytes) -> bytes:
    """Wrap a body (CMD PARA data, or SW1 SW2 SW3 data) into preamble, length and checksum."""
    counted = (len(body) + 1).to_bytes(2, "big") + body
    return PREAMBLE + counted + bytes((checksum(counted),))


def checksum(counted: bytes) -> int:
    """XOR of the length bytes and the body."""
    return reduce(xor, counted, 0)


class FrameDecoder:
    """Finds frames in whatever bytes come.

    Never holds more than one frame of the longest allowed length. What cannot be a frame (no preamble, a length out of
    bounds, a wrong checksum) is skipped from its first byte on and no further, so a good frame behind or inside noise
    is found. A beginning of a frame whose end does not come hides what stands behind it until ``quiet`` is called.
    """

    def __init__(self, *, shortest: int = SHORTEST_REPLY, longest: int = LONGEST_REPLY) -> None:
        """Say which values of Len are possible."""
        self._shortest = shortest
        self._longest = longest
        self._buffer = bytearray()
        self.skipped = 0
        """Bytes so far that belonged to no frame."""
        self.broken = 0
        """Frames so far that began and came to nothing: a length out of bounds, a wrong checksum."""

    @property
    def held(self) -> int:
        """Bytes of what may become a frame."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes as they come and return the bodies of the frames they complete."""
        bodies: list[bytes] = []
        most = _HEAD + self._longest
        for start in range(0, len(chunk), most):
            self._buffer += chunk[start : start + most]
            bodies.extend(self._bodies())
        return bodies

    def quiet(self) -> list[bytes]:
        """The line fell silent: what has begun will not end. Return the bodies of frames that stood behind it."""
        bodies: list[bytes] = []
        while self._buffer:
            self._skip(1)
            bodies.extend(self._bodies())
        return bodies

    def _bodies(self) -> Iterator[bytes]:
        while True:
            self._skip_to_preamble()
            if len(self._buffer) < _HEAD:
                return
            length = int.from_bytes(self._buffer[len(PREAMBLE) : _HEAD], "big")
            if not self._shortest <= length <= self._longest:
                self.broken += 1
                self._skip(1)
                continue
            end = len(PREAMBLE) + 2 + length
            if len(self._buffer) < end:
                return
            counted = bytes(self._buffer[len(PREAMBLE) : end - 1])
            if checksum(counted) != self._buffer[end - 1]:
                self.broken += 1
                self._skip(1)
                continue
            del self._buffer[:end]
            yield counted[2:]

    def _skip_to_preamble(self) -> None:
        at = self._buffer.find(PREAMBLE)
        if at < 0:
            # Keep the tail that may be the beginning of a preamble.
            at = next(
                len(self._buffer) - kept
                for kept in range(min(len(PREAMBLE) - 1, len(self._buffer)), -1, -1)
                if PREAMBLE.startswith(self._buffer[len(self._buffer) - kept :])
            )
        self._skip(at)

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]
