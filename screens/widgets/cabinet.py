"""Cabinet: the whole kiosk, small, with a ring that breathes at the place on it that is meant."""

from kivy.clock import Clock, ClockEvent
from kivy.graphics import Color, InstructionGroup, Rectangle, SmoothLine
from kivy.properties import BooleanProperty, StringProperty
from typing_extensions import override

from screens.theme import BREATH_GROWTH, BREATH_S, COLOURS
from screens.widgets.look import Look
from screens.widgets.pane import spoil
from screens.widgets.piece import Piece

DRAWING = "scene/cabinet"
DRAWING_WIDTH = 240
PLACES = {
    "1": (64, 282, 37, 27),
    "2": (77, 352, 36, 30),
    "3": (120, 282, 32, 26),
    "4": (162, 352, 42, 30),
    "5": (120, 414, 74, 34),
    "camera": (120, 29, 26, 22),
    "table": (176, 282, 34, 27),
}
"""Centre and half axes of the ring around each place, in units of the drawing; those with a sticker go by its number."""
RING = 6
GLOW = 10
BREATH_FRAMES_A_SECOND = 6
"""Enough for 6 % in 1.2 s. Every frame is the whole window: without a graphics chip one costs 15 ms of a core."""
BREATHS = 10
"""After twelve seconds the ring rests: whoever is there has seen it."""


class Cabinet(Piece):
    """The cabinet with a ring around ``place``."""

    place_number = StringProperty("")
    is_moving = BooleanProperty(False)

    def __init__(self, **kwargs: object) -> None:
        self._drawn: tuple[object, ...] | None = None
        self._breathing: ClockEvent | None = None
        self._ring = InstructionGroup()
        self._breath_s = 0.0
        self._spot = (0.0, 0.0, 0.0, 0.0, 1.0)
        super().__init__(**kwargs)

    @override
    def arrange(self, look: Look) -> None:
        signature = (self.place_number, *self.pos, *self.size)
        if signature != self._drawn:
            self._drawn = signature
            self._draw(look)
        if self.is_moving and self._breathing is None and self.place_number in PLACES:
            self._breath_s = 0.0
            self._breathing = Clock.schedule_interval(self._breathe, 1 / BREATH_FRAMES_A_SECOND)
        elif not self.is_moving:
            self.rest()

    @override
    def rest(self) -> None:
        if self._breathing is not None:
            self._breathing.cancel()
            self._breathing = None

    def _draw(self, look: Look) -> None:
        self.canvas.clear()
        if min(self.size) < 1:
            return
        shape = look.pictures.shape(DRAWING)
        scale = min(self.width / shape[0], self.height / shape[1])
        width, height = round(shape[0] * scale), round(shape[1] * scale)
        x, y = round(self.center_x - width / 2), round(self.center_y - height / 2)
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(texture=look.pictures.texture(DRAWING, width=width, height=height), pos=(x, y), size=(width, height))
        self.canvas.add(self._ring)
        if self.place_number in PLACES:
            units = width / DRAWING_WIDTH
            at_x, at_y, half_x, half_y = PLACES[self.place_number]
            self._spot = (x + at_x * units, y + height - at_y * units, half_x * units, half_y * units, units)
            self._draw_ring(1.0)

    def _draw_ring(self, size: float) -> None:
        x, y, half_x, half_y, units = self._spot
        wide, high = half_x * BREATH_GROWTH + GLOW * units, half_y * BREATH_GROWTH + GLOW * units
        spoil(self, x=x - wide, y=y - high, width=2 * wide, height=2 * high)
        self._ring.clear()
        for colour, thick in (("warm_bg", GLOW), ("warm", RING)):
            self._ring.add(Color(*COLOURS[colour]))
            box = (x - half_x * size, y - half_y * size, 2 * half_x * size, 2 * half_y * size)
            self._ring.add(SmoothLine(ellipse=(*box, 0, 360, 96), width=thick * units / 2))

    def _breathe(self, passed_s: float) -> None:
        self._breath_s += passed_s
        if self._breath_s > BREATHS * BREATH_S:
            self.rest()
            self._draw_ring(1.0)
            return
        part = (self._breath_s % BREATH_S) / BREATH_S
        self._draw_ring(1 + (BREATH_GROWTH - 1) * (1 - abs(2 * part - 1)))
