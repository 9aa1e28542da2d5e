"""Glass: draws the window now and not at the next turn of the clock; whole, or only where a picture has moved.

Without a graphics chip a whole window costs 15 ms of a core, however little of it has changed: fifteen pictures a second would be
a quarter of a core. So between two changes of the page only the place of the picture is drawn.
"""

from kivy.core.window import WindowBase
from kivy.graphics.opengl import GL_RENDERER, GL_SCISSOR_TEST, glDisable, glEnable, glGetString, glScissor
from kivy.lang import Builder

from screens.widgets.pane import Area

SOFTWARE = (b"llvmpipe", b"softpipe", b"swrast")
"""What renderers without a graphics chip call themselves. A chip draws the whole window for nothing, and gives no promise of what
its buffers hold."""
BUFFERS = 3
"""So many whole windows are drawn after each change, before only a part of one is: every buffer the window may be shown from
holds the same by then, whether they are copied (X) or flipped (KMS)."""


class Glass:
    """The window, as what it shows is drawn."""

    def __init__(self, window: WindowBase) -> None:
        self._window = window
        self._is_software = any(name in (glGetString(GL_RENDERER) or b"") for name in SOFTWARE)
        self._flips = 0
        self._flips_after_picture = 0
        self._alike = 0
        self.parts = 0
        window.bind(on_flip=self._flipped)

    @property
    def flips(self) -> int:
        """Windows drawn and shown."""
        return self._flips

    @property
    def is_clean(self) -> bool:
        """Whether everything that has changed is drawn."""
        return not self._window.canvas.needs_redraw

    def draw(self) -> None:
        """Draw what has changed."""
        if not self.is_clean:
            Builder.sync()
            self._draw()

    def draw_picture(self, area: Area, *, is_all: bool) -> None:
        """Draw what has changed, of which one thing is the picture in this area.

        Args:
            is_all: Nothing else has changed since the window was last drawn.
        """
        if not is_all or self._flips != self._flips_after_picture:
            self._alike = 0
        if self._is_software and self._alike >= BUFFERS:
            left, bottom, right, top = area
            glEnable(GL_SCISSOR_TEST)
            glScissor(left, bottom, right - left, top - bottom)
            self.parts += 1
            self._draw()
            glDisable(GL_SCISSOR_TEST)
        else:
            self._alike += 1
            self.draw()
        self._flips_after_picture = self._flips

    def _draw(self) -> None:
        self._window.dispatch("on_draw")
        self._window.dispatch("on_flip")

    def _flipped(self, *_: object) -> None:
        self._flips += 1
