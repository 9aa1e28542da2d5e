"""QrCode: a code to be photographed, sharp to the pixel."""

import segno
import structlog
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import StringProperty
from segno import DataOverflowError
from typing_extensions import override

from screens.theme import COLOURS
from screens.widgets.look import Look
from screens.widgets.piece import Piece

QUIET_MODULES = 4
"""White around a code, in its own squares (ISO/IEC 18004)."""
LEVEL = "m"
"""15 % of it may be hidden by a reflection."""

_log = structlog.get_logger(__name__)


class QrCode(Piece):
    """The QR code of ``content``, as large as its place allows in whole pixels; nothing while there is none."""

    content = StringProperty("")

    def __init__(self, **kwargs: object) -> None:
        self._drawn: tuple[object, ...] | None = None
        super().__init__(**kwargs)

    @override
    def arrange(self, look: Look) -> None:
        signature = (self.content, *self.pos, *self.size)
        if signature == self._drawn:
            return
        self._drawn = signature
        self.canvas.clear()
        if not self.content or min(self.size) < 1:
            return
        try:
            rows = segno.make_qr(self.content, error=LEVEL).matrix
        except DataOverflowError:
            # the number below it is shown all the same, and the page goes on
            _log.warning("code_too_long", characters=len(self.content))
            return
        count = len(rows)
        square = int(min(self.size) // (count + 2 * QUIET_MODULES))
        if square < 1:
            return
        size = square * count
        with self.canvas:
            Color(*COLOURS["white"])
            ground = size + 2 * QUIET_MODULES * square
            Rectangle(pos=(round(self.center_x - ground / 2), round(self.center_y - ground / 2)), size=(ground, ground))
            Color(*COLOURS["ink"])
            Rectangle(
                texture=_squares(rows), pos=(round(self.center_x - size / 2), round(self.center_y - size / 2)), size=(size, size)
            )


def _squares(rows: tuple[bytearray, ...]) -> Texture:
    """One pixel a square: opaque where it is dark, so that the colour in force dyes it."""
    texture = Texture.create(size=(len(rows), len(rows)), colorfmt="rgba")
    pixels = b"".join(b"\xff\xff\xff\xff" if dark else b"\xff\xff\xff\x00" for row in rows for dark in row)
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    texture.flip_vertical()
    texture.mag_filter = texture.min_filter = "nearest"
    return texture
