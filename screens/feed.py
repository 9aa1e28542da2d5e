"""Feed: what a camera sees now, as one texture that every picture is written into."""

import io
import struct

import structlog
from kivy.graphics.texture import Texture
from PIL import Image

from kiosk.display.vocabulary.frames import MAX_PREVIEW_WIDTH_PX

MOST_PIXELS = 1920 * 1080
"""Of a picture as it comes; more is not even unpacked."""

_UNREADABLE = (OSError, EOFError, SyntaxError, ValueError, IndexError, struct.error)
"""What Pillow raises for bytes that are no JPEG, or half of one."""

_log = structlog.get_logger(__name__)


class Feed:
    """The newest picture, or none.

    The one texture is used again for each picture, so that a minute of them costs the memory of one; it is painted over when
    the picture must go.
    """

    def __init__(self) -> None:
        self._texture: Texture | None = None
        self._has_complained = False
        self.has_picture = False

    @property
    def texture(self) -> Texture | None:
        """The picture, its first row at the bottom as a JPEG's is at the top; None when there is none."""
        return self._texture if self.has_picture else None

    def take(self, jpeg: bytes) -> bool:
        """Take the next picture; returns whether it was one that can be shown."""
        try:
            with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ValueError("too many pixels")
                fitting = _fitting(image.size)
                # half or a quarter of the pixels is what a JPEG can be unpacked to at less cost than all of them
                image.draft("RGB", fitting)
                picture = image.convert("RGB")
                if picture.width > MAX_PREVIEW_WIDTH_PX:
                    picture = picture.resize(fitting)
        except _UNREADABLE as error:
            if not self._has_complained:
                self._has_complained = True
                _log.warning("picture_unreadable", error=type(error).__name__, size=len(jpeg))
            return False
        self._write(picture.tobytes(), picture.size)
        self._has_complained = False
        self.has_picture = True
        return True

    def wipe(self) -> None:
        """Leave nothing of the picture, neither here nor where the graphics keep it."""
        if self.has_picture and self._texture is not None:
            width, height = self._texture.size
            self._texture.blit_buffer(bytes(width * height * 3), colorfmt="rgb", bufferfmt="ubyte")
        self.has_picture = False

    def _write(self, pixels: bytes, size: tuple[int, int]) -> None:
        if self._texture is None or tuple(self._texture.size) != size:
            self.wipe()
            self._texture = Texture.create(size=size, colorfmt="rgb")
        self._texture.blit_buffer(pixels, colorfmt="rgb", bufferfmt="ubyte")


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """The size of a picture, made smaller when it is too wide."""
    width, height = size
    if width <= MAX_PREVIEW_WIDTH_PX:
        return size
    return MAX_PREVIEW_WIDTH_PX, max(1, height * MAX_PREVIEW_WIDTH_PX // width)
