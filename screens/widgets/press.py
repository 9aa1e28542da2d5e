"""Press: everything that can be touched."""

from kivy.input.motionevent import MotionEvent
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from typing_extensions import override

from screens.widgets.look import Look
from screens.widgets.pane import spoil
from screens.widgets.piece import Box


class Press(Box):
    """A box whose touch means something.

    It darkens at once when a finger comes down, and counts when the same finger goes up inside.

    Attributes:
        intent: What the touch means; None when it cannot be pressed now.
        pressed_fill: Its ground while a finger is on it.
        is_pressed: Whether a finger is on it.
        is_primary: Whether the greater least height holds for it.
    """

    intent = ObjectProperty(None, allownone=True)
    pressed_fill = StringProperty("tint2")
    is_primary = BooleanProperty(False)
    is_pressed = BooleanProperty(False)

    def __init__(self, **kwargs: object) -> None:
        self._look: Look | None = None
        self._rest_fill: str | None = None
        super().__init__(**kwargs)

    @override
    def arrange(self, look: Look) -> None:
        self._look = look
        super().arrange(look)

    @override
    def on_touch_down(self, touch: MotionEvent) -> bool:
        if super().on_touch_down(touch):
            return True
        if self.intent is None or not self.takes_place or not self.collide_point(*touch.pos) or self._rest_fill is not None:
            return False
        touch.grab(self)
        self._rest_fill, self.fill = self.fill, self.pressed_fill
        self.is_pressed = True
        self._redraw()
        return True

    @override
    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return bool(super().on_touch_up(touch))
        touch.ungrab(self)
        if self._rest_fill is not None:
            self.fill, self._rest_fill = self._rest_fill, None
            self.is_pressed = False
            self._redraw()
        if self.collide_point(*touch.pos) and self.intent is not None:
            self.touched(self.intent)
        return True

    def touched(self, intent: object) -> None:
        """Tell the page it stands on."""
        widget = self.parent
        while widget is not None and not hasattr(widget, "on_intent"):
            widget = widget.parent
        if widget is not None:
            widget.on_intent(intent)

    def _redraw(self) -> None:
        if self._look is not None:
            # nothing moves: the ground is drawn anew, and text takes its colour on the darker ground by itself
            spoil(self, x=self.x, y=self.y, width=self.width, height=self.height)
            self.draw_ground(self._look)
