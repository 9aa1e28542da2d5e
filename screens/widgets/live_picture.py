"""LivePicture: what the camera sees, drawn over the page and not into it, so that a picture costs its own pixels alone."""

from kivy.graphics import Color, Ellipse, InstructionGroup, Line, Rectangle, SmoothEllipse, SmoothLine
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from typing_extensions import override

from screens.feed import Feed
from screens.theme import COLOURS
from screens.widgets.look import Look
from screens.widgets.pane import Area, pane_of
from screens.widgets.piece import Piece

SEGMENTS = 96
"""Straight pieces in the round frame."""
DASHES = 28
DASH_PART = 0.6
"""Of a dash and the gap after it, how much is dash."""
EDGE = 10


class LivePicture(Piece):
    """The newest picture of the feed in its frame, and a drawing while there is none.

    Attributes:
        is_live: Whether the camera's pictures are shown now.
        is_mirrored: Left stays left, as before a mirror.
        is_round: The frame is an ellipse with a line around it, and not a rectangle.
        ratio: Width of the frame in parts of its height.
        picture: The drawing that stands there while no picture does.
        mood: Colour of the line: ``warm`` and dashed while the person is to do something, else ``done``.
    """

    is_live = BooleanProperty(False)
    is_mirrored = BooleanProperty(False)
    is_round = BooleanProperty(False)
    ratio = NumericProperty(1.0)
    picture = StringProperty("")
    mood = OptionProperty("warm", options=["warm", "done"])

    def __init__(self, **kwargs: object) -> None:
        self._feed: Feed | None = None
        self._drawn: tuple[object, ...] | None = None
        self._live_drawn: tuple[object, ...] | None = None
        self._live = InstructionGroup()
        self._edge_px = 0.0
        super().__init__(**kwargs)

    @override
    def arrange(self, look: Look) -> None:
        self._feed = look.feed
        self._edge_px = look.theme.px(EDGE)
        if not self.is_live:
            look.feed.wipe()
        signature = (self.picture, self.is_round, self.ratio, self.mood, *self.pos, *self.size)
        if signature != self._drawn:
            self._drawn = signature
            self._draw(look)
        self.refresh()

    @override
    def rest(self) -> None:
        self._clear()
        self._feed = None

    @property
    def area(self) -> Area:
        """Where its pictures are drawn."""
        # a pixel more at each side, for edges that lie between two
        over = self._edge_px / 2 + 1 if self.is_round else 1
        x, y, width, height = self._frame() if self.is_round else (self.x, self.y, self.width, self.height)
        return (int(x - over), int(y - over), int(x + width + over) + 1, int(y + height + over) + 1)

    def refresh(self) -> None:
        """Show what the feed has now."""
        texture = self._feed.texture if self._feed is not None else None
        pane = pane_of(self)
        if texture is None or not self.is_live or min(self.size) < 1 or pane is None:
            self._clear()
            return
        signature = (texture, tuple(texture.size), self.is_mirrored, self.is_round, self.ratio, self.mood, *self.pos, *self.size)
        if signature != self._live_drawn:
            self._clear()
            self._draw_live(texture)
            pane.live.add(self._live)
            self._live_drawn = signature
        pane.canvas.ask_update()

    def _clear(self) -> None:
        if self._live_drawn is None:
            return
        self._live_drawn = None
        self._live.clear()
        pane = pane_of(self)
        if pane is not None:
            pane.live.remove(self._live)

    def _frame(self) -> tuple[float, float, float, float]:
        room = self._edge_px if self.is_round else 0.0
        height = min(self.height - room, (self.width - room) / self.ratio)
        width = height * self.ratio
        return (round(self.center_x - width / 2), round(self.center_y - height / 2), round(width), round(height))

    def _draw(self, look: Look) -> None:
        self.canvas.clear()
        if min(self.size) < 1:
            return
        x, y, width, height = self._frame() if self.is_round else (self.x, self.y, self.width, self.height)
        with self.canvas:
            if self.is_round:
                Color(*COLOURS["white"])
                SmoothEllipse(pos=(x, y), size=(width, height), segments=SEGMENTS)
            if self.picture:
                shape = look.pictures.shape(self.picture)
                scale = min(width / shape[0], height / shape[1])
                wide, high = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
                Color(1, 1, 1, 1)
                Rectangle(
                    texture=look.pictures.texture(self.picture, width=wide, height=high),
                    pos=(round(x + (width - wide) / 2), round(y + (height - high) / 2)),
                    size=(wide, high),
                )
        if self.is_round:
            self._add_line(self.canvas)

    def _draw_live(self, texture: object) -> None:
        x, y, width, height = self._frame()
        shape = {"texture": texture, "tex_coords": self._cut(*texture.size), "pos": (x, y), "size": (width, height)}  # type: ignore[attr-defined]  # Kivy has no types
        if not self.is_round:
            # the drawing below is larger than what the camera sees
            self._live.add(Color(*COLOURS["tint2"]))
            self._live.add(Rectangle(pos=self.pos, size=self.size))
        self._live.add(Color(1, 1, 1, 1))
        self._live.add(Ellipse(segments=SEGMENTS, **shape) if self.is_round else Rectangle(**shape))
        if self.is_round:
            # over the rough rim of what is cut out
            self._add_line(self._live)

    def _add_line(self, canvas: InstructionGroup) -> None:
        x, y, width, height = self._frame()
        canvas.add(Color(*COLOURS[self.mood]))
        if self.mood == "done":
            canvas.add(SmoothLine(ellipse=(x, y, width, height, 0, 360, SEGMENTS), width=self._edge_px / 2))
            return
        turn = 360 / DASHES
        for dash in range(DASHES):
            arc = (x, y, width, height, dash * turn, (dash + DASH_PART) * turn, 8)
            canvas.add(Line(ellipse=arc, width=self._edge_px / 2, cap="round"))

    def _cut(self, width: float, height: float) -> tuple[float, ...]:
        """The middle of the picture in the shape of the frame, as texture coordinates."""
        _, _, wide, high = self._frame()
        scale = max(wide / width, high / height)
        across, along = wide / scale / width / 2, high / scale / height / 2
        left, right = 0.5 - across, 0.5 + across
        # a JPEG begins at its top, a texture at its bottom
        bottom, top = 0.5 + along, 0.5 - along
        if self.is_mirrored:
            left, right = right, left
        return (left, bottom, right, bottom, right, top, left, top)
