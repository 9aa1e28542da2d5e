"""Progress: how far something is, as a bar."""

from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.properties import NumericProperty
from typing_extensions import override

from screens.theme import COLOURS
from screens.widgets.look import Look
from screens.widgets.piece import Piece

EDGE = 3
INSET = 7


class Progress(Piece):
    """A bar; ``part`` 0.0 to 1.0."""

    part = NumericProperty(0)

    def __init__(self, **kwargs: object) -> None:
        self._drawn: tuple[object, ...] | None = None
        super().__init__(**kwargs)

    @override
    def arrange(self, look: Look) -> None:
        signature = (self.part, *self.pos, *self.size)
        if signature == self._drawn:
            return
        self._drawn = signature
        self.canvas.clear()
        with self.canvas:
            self._bar("action", 0, self.width)
            edge = look.theme.px(EDGE)
            self._bar("white", edge, self.width - 2 * edge)
            inset = look.theme.px(INSET)
            least = self.height - 2 * inset
            self._bar("action", inset, max(least, (self.width - 2 * inset) * min(1.0, self.part)))

    def _bar(self, colour: str, inset: float, width: float) -> None:
        height = self.height - 2 * inset
        Color(*COLOURS[colour])
        SmoothRoundedRectangle(pos=(self.x + inset, self.y + inset), size=(width, height), radius=[height / 2])
