"""The photo on a card before and after its decoder: sizes, and pixels as a PNG file."""

import struct
import zlib

WIDTH_PX = 102
HEIGHT_PX = 126
PHOTO_LENGTH = 1024
"""Bytes of a compressed photo."""
PIXELS_LENGTH = WIDTH_PX * HEIGHT_PX * 3
"""38556 bytes: blue, green, red, row by row from the top. Unconfirmed: from callers of such libraries, none seen by us."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUECOLOUR = 2


def is_photo(photo: bytes) -> bool:
    """Whether there is something to decode."""
    return len(photo) == PHOTO_LENGTH and any(photo)


def png_of(pixels: bytes) -> bytes:
    """Write pixels as a PNG file.

    Raises:
        ValueError: They are too few or too many, or all alike: that is nobody's picture.
    """
    if len(pixels) != PIXELS_LENGTH:
        raise ValueError(f"a picture has {PIXELS_LENGTH} bytes, not {len(pixels)}")
    if pixels.count(pixels[:1]) == PIXELS_LENGTH:
        raise ValueError("every pixel of the picture is alike")
    rgb = bytearray(pixels)
    rgb[0::3], rgb[2::3] = pixels[2::3], pixels[0::3]
    row = WIDTH_PX * 3
    rows = b"".join(b"\x00" + rgb[at : at + row] for at in range(0, PIXELS_LENGTH, row))
    header = struct.pack(">IIBBBBB", WIDTH_PX, HEIGHT_PX, 8, _TRUECOLOUR, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
