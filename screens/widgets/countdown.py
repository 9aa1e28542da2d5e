"""Countdown: a ring that empties, with the number in it."""

import math

from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.properties import NumericProperty
from typing_extensions import override

from screens.theme import COLOURS
from screens.widgets.look import Look
from screens.widgets.piece import Box

THICK = 0.072
"""Thickness of the ring in parts of its width."""


class Countdown(Box):
    """A ring of which ``part`` is left, around whatever is inside."""

    part = NumericProperty(1)

    def __init__(self, **kwargs: object) -> None:
        self._ring_drawn: tuple[object, ...] | None = None
        super().__init__(**kwargs)

    @override
    def draw_ground(self, look: Look) -> None:
        signature = (self.part, *self.pos, *self.size)
        if signature == self._ring_drawn:
            return
        self._ring_drawn = signature
        self.canvas.before.clear()
        size = min(self.size)
        thick = size * THICK
        radius = size / 2 - thick / 2
        with self.canvas.before:
            Color(*COLOURS["tint"])
            SmoothEllipse(pos=(self.center_x - size / 2, self.center_y - size / 2), size=(size, size), segments=180)
            Color(*COLOURS["paper"])
            inner = size - 2 * thick
            SmoothEllipse(pos=(self.center_x - inner / 2, self.center_y - inner / 2), size=(inner, inner), segments=180)
            Color(*COLOURS["action"])
            if self.part > 0:
                circle = (self.center_x, self.center_y, radius, 0, 360 * self.part, 180)
                SmoothLine(circle=circle, width=thick / 2)
                for turn in (0.0, 2 * math.pi * self.part):
                    at = (self.center_x + radius * math.sin(turn), self.center_y + radius * math.cos(turn))
                    SmoothEllipse(pos=(at[0] - thick / 2, at[1] - thick / 2), size=(thick, thick))
