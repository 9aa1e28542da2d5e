"""Pane: a page painted once into a texture, so that a frame costs one rectangle and not a whole page.

Without a graphics chip a page costs 30 to 50 ms of a core, its texture 5. A piece that changes by itself, under a finger or
because it moves, says which part of the page it spoils, and only that part is painted anew.
"""

from kivy.graphics import Callback, Canvas, ClearBuffers, ClearColor, Color, Fbo, InstructionGroup, Rectangle
from kivy.graphics.opengl import GL_BLEND, GL_SCISSOR_TEST, glDisable, glEnable, glScissor
from kivy.properties import NumericProperty
from kivy.uix.widget import Widget

from screens.theme import COLOURS

Area = tuple[int, int, int, int]
"""Left, bottom, right and top of a part of the page, in pixels of the panel."""


class Pane(Widget):
    """Shows one page, or none.

    Attributes:
        part: How much of it is seen over what is behind, 0 to 1.
        live: What is drawn over the page with every frame, and painted into no texture.
        paintings: How often the whole page was painted.
        mendings: How often a part of it was.
    """

    part = NumericProperty(1.0)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.paintings = 0
        self.mendings = 0
        self._spoilt: Area | None = None
        self._is_spoilt_whole = True
        self._page = Canvas()
        self._fbo = Fbo(size=_whole(self.size))
        with self._fbo:
            Callback(self._begin)
            ClearColor(*COLOURS["paper"])
            ClearBuffers()
        self._fbo.add(self._page)
        with self._fbo:
            Callback(self._end)
        self.canvas.add(self._fbo)
        with self.canvas:
            self._tint = Color(1, 1, 1, self.part)
            Callback(self._cover)
            self._seen = Rectangle(pos=self.pos, size=self.size)
            Callback(_blend)
        self.live = InstructionGroup()
        self.canvas.add(self.live)
        self._take_texture()
        self.bind(size=self._resized)

    def hold(self, page: Widget) -> None:
        """Show this page."""
        self.add_widget(page)
        self.canvas.remove(page.canvas)
        self._page.add(page.canvas)
        self.spoil(None)

    def let_go(self) -> None:
        """Show nothing, and keep nothing of what was shown."""
        self.live.clear()
        for page in self.children[:]:
            self.remove_widget(page)
            self._page.remove(page.canvas)
            page.clear_widgets()
            page.canvas.clear()
        self.spoil(None)
        self._fbo.draw()

    def spoil(self, area: Area | None) -> None:
        """What changes before the next frame lies in this area; None is the whole page."""
        if area is None or self._is_spoilt_whole:
            self._is_spoilt_whole = True
        elif self._spoilt is None:
            self._spoilt = area
        else:
            left, bottom, right, top = self._spoilt
            self._spoilt = (min(left, area[0]), min(bottom, area[1]), max(right, area[2]), max(top, area[3]))

    def on_part(self, *_: object) -> None:
        """A fade goes on."""
        self._tint.a = self.part

    def _resized(self, *_: object) -> None:
        self._fbo.size = _whole(self.size)
        self._take_texture()
        self.spoil(None)

    def _take_texture(self) -> None:
        texture = self._fbo.texture
        # pixel for pixel: there is nothing to filter
        texture.mag_filter = texture.min_filter = "nearest"
        self._seen.texture = texture
        self._seen.size = self.size

    def _begin(self, _: Callback) -> bool:
        if self._is_spoilt_whole or self._spoilt is None:
            # a change that nobody spoke of is one of the whole page
            self.paintings += 1
            glDisable(GL_SCISSOR_TEST)
        else:
            self.mendings += 1
            left, bottom, right, top = self._spoilt
            glEnable(GL_SCISSOR_TEST)
            glScissor(left, bottom, right - left, top - bottom)
        self._spoilt = None
        self._is_spoilt_whole = False
        return True

    def _end(self, _: Callback) -> bool:
        glDisable(GL_SCISSOR_TEST)
        return True

    def _cover(self, _: Callback) -> bool:
        if self.part >= 1:
            glDisable(GL_BLEND)
        return True


def pane_of(widget: Widget) -> Pane | None:
    """The pane a widget stands on, if any."""
    above = widget.parent
    while above is not None and not isinstance(above, Pane):
        above = above.parent if above.parent is not above else None
    return above


def spoil(widget: Widget, *, x: float, y: float, width: float, height: float) -> None:
    """Tell the pane a widget stands on, if any, that this part of it is about to change."""
    pane = pane_of(widget)
    if pane is not None:
        # a pixel more at each side, for edges that lie between two
        pane.spoil((int(x) - 1, int(y) - 1, int(x + width) + 2, int(y + height) + 2))


def _whole(size: tuple[float, float]) -> tuple[int, int]:
    return max(1, int(size[0])), max(1, int(size[1]))


def _blend(_: Callback) -> bool:
    glEnable(GL_BLEND)
    return True
