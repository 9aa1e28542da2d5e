"""Pictures: the drawings as textures of exactly the size they are shown at.

Sources are the vector files beside ``rendered/``; a build renders them once. Scaling happens here, in software and once a
size, because a graphics chip's scaling makes thin strokes uneven.
"""

from pathlib import Path

import structlog
from kivy.graphics.texture import Texture
from PIL import Image

RENDERED = Path(__file__).parent / "drawings" / "rendered"
STAND_IN = "icon/unknown"
"""Shown for a drawing this release does not have, e.g. of a fault code newer than it."""

_log = structlog.get_logger(__name__)


class Pictures:
    """Every drawing, kept as long as the process lives: drawings are never personal.

    Args:
        folder: Where the rendered drawings are.
    """

    def __init__(self, folder: Path = RENDERED) -> None:
        self._folder = folder
        self._textures: dict[tuple[str, int, int], Texture] = {}
        self._shapes: dict[str, tuple[int, int]] = {}

    def has(self, name: str) -> bool:
        """Whether there is a drawing of that name, e.g. ``icon/home``."""
        return (self._folder / f"{name}.png").exists()

    def shape(self, name: str) -> tuple[int, int]:
        """Width and height of a drawing; only their ratio means something."""
        if name not in self._shapes:
            with Image.open(self._file(name)) as image:
                self._shapes[name] = image.size
        return self._shapes[name]

    def texture(self, name: str, *, width: int, height: int) -> Texture:
        """The drawing at exactly that many pixels of the panel."""
        key = (name, width, height)
        if key not in self._textures:
            with Image.open(self._file(name)) as image:
                # "RGBa" carries colour times alpha, so that transparent pixels lend no colour to the edge
                fitted = image.convert("RGBa").resize((width, height), Image.Resampling.LANCZOS).convert("RGBA")
            texture = Texture.create(size=(width, height), colorfmt="rgba")
            texture.blit_buffer(fitted.tobytes(), colorfmt="rgba", bufferfmt="ubyte")
            texture.flip_vertical()
            # shown pixel for pixel: there is nothing to filter
            texture.mag_filter = texture.min_filter = "nearest"
            self._textures[key] = texture
        return self._textures[key]

    def _file(self, name: str) -> Path:
        file = self._folder / f"{name}.png"
        if not file.exists():
            _log.warning("drawing_missing", drawing=name)
            return self._folder / f"{STAND_IN}.png"
        return file
