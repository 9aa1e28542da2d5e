"""Drawing: a picture, as large as its place allows and never out of shape."""

from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from typing_extensions import override

from screens.widgets.look import Look
from screens.widgets.piece import Piece


class Drawing(Piece):
    """A drawing, e.g. ``icon/home`` or ``scene/village``.

    Attributes:
        to_x: Which side it keeps to when its place is wider than it.
        to_y: Which side it keeps to when its place is higher than it.
        grows_with_text: How much of the person's text size it follows, 0 to 1.
    """

    name = StringProperty("")
    is_grey = BooleanProperty(False)
    to_x = OptionProperty("center", options=["left", "center", "right"])
    to_y = OptionProperty("center", options=["top", "center", "bottom"])
    grows_with_text = NumericProperty(0)

    def __init__(self, **kwargs: object) -> None:
        self._drawn: tuple[object, ...] | None = None
        super().__init__(**kwargs)

    def _scale(self, look: Look) -> float:
        return float(1 + (look.theme.text_scale - 1) * self.grows_with_text)

    @override
    def wants(self, look: Look, width: float) -> float:
        return float(round(look.theme.px(self.h) * self._scale(look)))

    @override
    def wants_width(self, look: Look) -> float:
        return float(round(look.theme.px(self.w or self.h) * self._scale(look)))

    @override
    def arrange(self, look: Look) -> None:
        signature = (self.name, self.is_grey, self.to_x, self.to_y, *self.pos, *self.size)
        if signature == self._drawn:
            return
        self._drawn = signature
        self.canvas.clear()
        if not self.name or min(self.size) < 1:
            return
        name = f"{self.name}.grey" if self.is_grey else self.name
        shape = look.pictures.shape(name)
        scale = min(self.width / shape[0], self.height / shape[1])
        width, height = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
        x = {"left": self.x, "center": self.x + (self.width - width) / 2, "right": self.right - width}[self.to_x]
        y = {"bottom": self.y, "center": self.y + (self.height - height) / 2, "top": self.top - height}[self.to_y]
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(
                texture=look.pictures.texture(name, width=width, height=height), pos=(round(x), round(y)), size=(width, height)
            )
