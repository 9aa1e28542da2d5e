"""JPEG files from outside: where one begins and ends, how large its picture is, and whether two show the very same picture.

Source: ITU-T T.81 (JPEG), annex B. Nothing is decoded here; hostile bytes are answered with None or False.
"""

import zlib

BEGIN = b"\xff\xd8"
END = b"\xff\xd9"

_SCAN = 0xDA
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, RST0-7, SOI."""
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers; C4, C8 and CC in between are something else."""

LONGEST_HEAD = 262_144
"""Bytes of a file within which its picture must have begun: several full comment segments and a preview."""


def is_whole(jpeg: bytes | bytearray | memoryview) -> bool:
    """Whether a file begins and ends as a JPEG file does."""
    return len(jpeg) > len(BEGIN + END) and bytes(jpeg[:2]) == BEGIN and bytes(jpeg[-2:]) == END


def trimmed(jpeg: bytearray) -> bytearray:
    """Without what a camera's driver leaves behind the file in its buffer."""
    end = jpeg.rfind(END)
    return jpeg[: end + len(END)] if end >= 0 else jpeg


def size_of(jpeg: bytes | bytearray | memoryview) -> tuple[int, int] | None:
    """Width and height in pixels; None when it cannot be told."""
    for marker, at, length in _segments(jpeg):
        if marker in _SIZES and length >= 8:
            height, width = int.from_bytes(jpeg[at + 3 : at + 5], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
            return (width, height) if width and height else None
    return None


def components_of(jpeg: bytes | bytearray | memoryview) -> int | None:
    """How many colours a pixel has: 1 is grey, 3 is colour; None when it cannot be told."""
    for marker, at, length in _segments(jpeg):
        if marker in _SIZES and length >= 8:
            return int(jpeg[at + 7])
    return None


def fingerprint(jpeg: bytes | bytearray | memoryview) -> int:
    """A number that two files share when their pictures are the very same, whatever time their heads tell.

    A living sensor's noise makes every picture different; a comment or a time stamp in the head must not hide that the
    picture is not. Not for secrets: a checksum.
    """
    begin = 0
    for marker, at, _ in _segments(jpeg):
        if marker == _SCAN:
            begin = at
    return zlib.crc32(memoryview(jpeg)[begin:])


def _segments(jpeg: bytes | bytearray | memoryview) -> list[tuple[int, int, int]]:
    """Marker, place of its length field, and length, up to and including the first scan; what is damaged ends it."""
    found: list[tuple[int, int, int]] = []
    at = 0
    limit = min(len(jpeg), LONGEST_HEAD)
    while at + 4 <= limit:
        if jpeg[at] != 0xFF:
            break
        marker = jpeg[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(jpeg):
            break
        found.append((marker, at + 2, length))
        if marker == _SCAN:
            break
        at += 2 + length
    return found
