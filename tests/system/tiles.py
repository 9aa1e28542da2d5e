"""The first tile of the catalogue as it stands on the glass: its ground, and whether it says that something stands in."""

from pathlib import Path

from PIL import Image

from tests.system.demo import Demo

WHITE, GREY = (0xFF, 0xFF, 0xFF), (0xEF, 0xEC, 0xE6)
"""Grounds of a tile that can be touched and of one that is withdrawn."""
ON_ITS_GROUND = (900, 350)
WHOLE = (60, 300, 1020, 560)
"""Left, top, right, bottom of it at 1080 x 1920."""


def ground(demo: Demo, folder: Path) -> tuple[int, ...]:
    """Colour of its ground."""
    with Image.open(demo.picture(folder / "glass.png")) as glass:
        pixel = glass.convert("RGB").getpixel(ON_ITS_GROUND)
    assert isinstance(pixel, tuple)
    return tuple(int(part) for part in pixel)


def drawn(demo: Demo, folder: Path) -> bytes:
    """Every pixel of it."""
    with Image.open(demo.picture(folder / "glass.png")) as glass:
        return glass.convert("RGB").crop(WHOLE).tobytes()
