"""StepLine: steps done and to come, as dots with words. Never numbered."""

from collections.abc import Sequence

from kivy.graphics import Color, Rectangle, SmoothEllipse
from kivy.properties import ObjectProperty
from typing_extensions import override

from kiosk.display.vocabulary.view import StepState
from screens.models import Step
from screens.theme import COLOURS
from screens.widgets.lettering import Lettering
from screens.widgets.look import Look
from screens.widgets.piece import Piece

DOT = 48
DOT_EDGE = 4
HALO = 8
HEART = 16
LINE = 6
WORD_GAP = 12
WORD_LINE = 1.222
WORD_PART = 0.9
"""Of a step's share of the line, how much its word may fill: words side by side must not read as one."""
TICK = 30


class StepLine(Piece):
    """One dot a step, joined by a line that is green as far as one has come."""

    steps = ObjectProperty(())

    def __init__(self, **kwargs: object) -> None:
        self._drawn: tuple[object, ...] | None = None
        super().__init__(**kwargs)

    def on_steps(self, _: object, steps: Sequence[Step]) -> None:
        """Write the words."""
        self.clear_widgets()
        for step in steps:
            colour = {StepState.DONE: "done", StepState.NOW: "action", StepState.TO_COME: "quiet"}[step.state]
            is_now = step.state is StepState.NOW
            self.add_widget(Lettering(text=step.word, bold=is_now, colour=colour, align="center", line=WORD_LINE))

    @override
    def inner_height(self, look: Look, width: float) -> float:
        words = [child for child in self.children if isinstance(child, Lettering)]
        share = width / max(1, len(words)) * WORD_PART
        return look.theme.px(DOT + WORD_GAP) + max((word.wants(look, share) for word in words), default=0.0)

    @override
    def arrange(self, look: Look) -> None:
        words = [child for child in reversed(self.children) if isinstance(child, Lettering)]
        share = self.width / max(1, len(words))
        word_height = self.height - look.theme.px(DOT + WORD_GAP)
        for index, word in enumerate(words):
            wide = share * WORD_PART
            word.place(look, self.x + index * share + (share - wide) / 2, self.y + word_height, wide, word_height)
        signature = (self.steps, *self.pos, *self.size, look.theme.unit)
        if signature == self._drawn:
            return
        self._drawn = signature
        self.canvas.before.clear()
        with self.canvas.before:
            for index, step in enumerate(self.steps):
                if index:
                    Color(*COLOURS["line" if step.state is StepState.TO_COME else "done"])
                    width = look.theme.px(LINE)
                    Rectangle(pos=(self.x + (index - 0.5) * share, self._middle(look) - width / 2), size=(share, width))
            for index, step in enumerate(self.steps):
                self._dot(look, step.state, self.x + (index + 0.5) * share)

    def _middle(self, look: Look) -> float:
        return float(self.top - look.theme.px(DOT) / 2)

    def _dot(self, look: Look, state: StepState, x: float) -> None:
        def disc(colour: str, size: float) -> None:
            wide = look.theme.px(size)
            Color(*COLOURS[colour])
            SmoothEllipse(pos=(round(x - wide / 2), round(self._middle(look) - wide / 2)), size=(wide, wide))

        match state:
            case StepState.DONE:
                disc("done", DOT)
                size = int(look.theme.px(TICK))
                Color(1, 1, 1, 1)
                texture = look.pictures.texture("icon/tick_white", width=size, height=size)
                Rectangle(texture=texture, pos=(round(x - size / 2), round(self._middle(look) - size / 2)), size=(size, size))
            case StepState.NOW:
                disc("tint2", DOT + 2 * HALO)
                disc("action", DOT)
                disc("white", HEART)
            case StepState.TO_COME:
                disc("edge", DOT)
                disc("white", DOT - 2 * DOT_EDGE)
