"""Piece and Box: layout from the top down, in one pass, without waiting for frames.

A piece says how high it wants to be at a width; its box places it and then tells it to arrange what is inside. All lengths in
properties are grid pixels, all lengths in arguments are pixels of the panel.
"""

import math

from kivy.graphics import Color, Line, Mesh, Rectangle, SmoothLine, SmoothRoundedRectangle
from kivy.input.motionevent import MotionEvent
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, OptionProperty, StringProperty
from kivy.uix.widget import Widget

from screens.theme import COLOURS, RADIUS
from screens.widgets.look import Look

DASH_PX = 9
TIGHT = 0.5
"""What is left of an airy panel's padding above and below on a page that is too full."""
SHADOW_FALL = 2
SHADOW_SPREAD = 3
SHADOW_UNDER = 6
"""The shadow reaches this far under the box, so that no ground shines through at its upper edge."""
SHADOW_STEPS = 12
"""Straight pieces in a round corner."""


class Piece(Widget):
    """The smallest thing with a place on a page.

    Attributes:
        w: Fixed width in a row; 0 is natural, or shared when it grows.
        h: Least height.
        grow: Share of what is left over along the box's own direction.
        max_h: Most height when it grows; 0 is no limit.
        is_shown: Takes no place when it is not.
        spare: Left out when a page is too full at a large text size; the highest goes first, 0 never goes.
        is_airy: Its least height is air, and can go on a page that is too full.
        zone: On a page: which zone of the look it fills.
        at: On a page, without a zone: left, top, width, height.
        model: What it shows, for the components of the layout files; they show nothing while it is None.
    """

    w = NumericProperty(0)
    h = NumericProperty(0)
    grow = NumericProperty(0)
    max_h = NumericProperty(0)
    is_shown = BooleanProperty(True)
    spare = NumericProperty(0)
    left_out = BooleanProperty(False)
    is_airy = BooleanProperty(False)
    zone = StringProperty("")
    at = ListProperty([0, 0, 0, 0])
    model = ObjectProperty(None, allownone=True, rebind=True)

    @property
    def takes_place(self) -> bool:
        """Whether its box has to place it."""
        return bool(self.is_shown) and not self.left_out

    def wants(self, look: Look, width: float) -> float:
        """The height it needs at that width."""
        least = look.theme.px(self.h) * (look.theme.air if self.is_airy else 1)
        return max(least, self.inner_height(look, width))

    def wants_width(self, look: Look) -> float:
        """The width it would take if it could."""
        return look.theme.px(self.w) if self.w else self.inner_width(look)

    def inner_height(self, look: Look, width: float) -> float:  # noqa: ARG002 - for those with something inside
        """The height of what is inside."""
        return 0.0

    def inner_width(self, look: Look) -> float:  # noqa: ARG002 - for those with something inside
        """The natural width of what is inside."""
        return 0.0

    def place(self, look: Look, x: float, top: float, width: float, height: float) -> None:
        """Stand at this place (``top`` counts from the bottom of the window, as Kivy does) and arrange what is inside."""
        self.opacity = 1 if self.takes_place else 0
        self.size = (width, height)
        self.pos = (x, top - height)
        self.arrange(look)

    def arrange(self, look: Look) -> None:
        """Lay out and draw what is inside."""

    def rest(self) -> None:
        """Stop moving, if it moves."""


class Box(Piece):
    """A column or a row of pieces, with a ground of its own if it has a colour."""

    axis = OptionProperty("column", options=["column", "row"])
    gap = NumericProperty(0)
    pad = ListProperty([0, 0, 0, 0])
    justify = OptionProperty("start", options=["start", "center", "end", "spread"])
    cross = OptionProperty("stretch", options=["stretch", "center", "start", "end"])
    fill = StringProperty("none")
    edge = StringProperty("none")
    edge_w = NumericProperty(2)
    radius = NumericProperty(RADIUS)
    shadow = BooleanProperty(False)
    dashed = BooleanProperty(False)

    def __init__(self, **kwargs: object) -> None:
        self._drawn: tuple[object, ...] | None = None
        super().__init__(**kwargs)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """What takes no place cannot be touched, nor can anything in it."""
        return bool(self.takes_place and super().on_touch_down(touch))

    @property
    def pieces(self) -> list[Piece]:
        """Its pieces in reading order, without those that take no place."""
        return [child for child in reversed(self.children) if isinstance(child, Piece) and child.takes_place]

    def inner_height(self, look: Look, width: float) -> float:
        """Heights of a column's pieces and the gaps, or of a row's highest piece."""
        left, top, right, bottom = self._sides(look)
        inside = width - left - right
        pieces = self.pieces
        if self.axis == "column":
            gaps = look.theme.px(self.gap) * max(0, len(pieces) - 1)
            return top + bottom + gaps + sum(piece.wants(look, self._across(look, piece, inside)) for piece in pieces)
        widths = self._row_widths(look, inside)
        return top + bottom + max((piece.wants(look, w) for piece, w in zip(pieces, widths, strict=True)), default=0.0)

    def inner_width(self, look: Look) -> float:
        """The natural width of its widest piece, or of the whole row."""
        widths = [piece.wants_width(look) for piece in self.pieces]
        left, _, right, _ = self._sides(look)
        sides = left + right
        if self.axis == "column":
            return sides + max(widths, default=0.0)
        return sides + sum(widths) + look.theme.px(self.gap) * max(0, len(widths) - 1)

    def arrange(self, look: Look) -> None:
        """Place every piece, then draw the ground."""
        for child in self.children:
            if isinstance(child, Piece) and not child.takes_place:
                child.opacity = 0
                child.size = (0, 0)
        if self.axis == "column":
            self._arrange_column(look)
        else:
            self._arrange_row(look)
        self.draw_ground(look)

    def _sides(self, look: Look) -> tuple[float, float, float, float]:
        left, top, right, bottom = self.pad
        if self.is_airy:
            kept = TIGHT + (1 - TIGHT) * look.theme.air
            top, bottom = top * kept, bottom * kept
        return look.theme.px(left), look.theme.px(top), look.theme.px(right), look.theme.px(bottom)

    def _across(self, look: Look, piece: Piece, inside: float) -> float:
        if self.axis == "column" and self.cross != "stretch":
            return float(min(piece.wants_width(look), inside))
        return float(min(look.theme.px(piece.w), inside)) if piece.w else inside

    def _arrange_column(self, look: Look) -> None:
        left, top, right, bottom = self._sides(look)
        inside = self.width - left - right
        pieces = self.pieces
        gap = look.theme.px(self.gap)
        widths = [self._across(look, piece, inside) for piece in pieces]
        heights = [piece.wants(look, width) for piece, width in zip(pieces, widths, strict=True)]
        over = self.height - top - bottom - sum(heights) - gap * max(0, len(pieces) - 1)
        over = _share_out(look, pieces, heights, over)
        y = self.top - top
        if self.justify == "spread" and len(pieces) > 1 and over > 0:
            gap += over / (len(pieces) - 1)
        elif self.justify in ("center", "end") and over > 0:
            y -= over / (2 if self.justify == "center" else 1)
        for piece, width, height in zip(pieces, widths, heights, strict=True):
            x = self.x + left
            if self.cross == "center":
                x += (inside - width) / 2
            elif self.cross == "end":
                x += inside - width
            piece.place(look, float(round(x)), float(round(y)), width, float(round(height)))
            y -= height + gap

    def _arrange_row(self, look: Look) -> None:
        left, top, right, bottom = self._sides(look)
        inside, high = self.width - left - right, self.height - top - bottom
        pieces, widths = self.pieces, self._row_widths(look, self.width - left - right)
        gap = look.theme.px(self.gap)
        over = inside - sum(widths) - gap * max(0, len(pieces) - 1)
        x = self.x + left
        if self.justify == "spread" and len(pieces) > 1 and over > 0:
            gap += over / (len(pieces) - 1)
        elif self.justify in ("center", "end") and over > 0:
            x += over / (2 if self.justify == "center" else 1)
        for piece, width in zip(pieces, widths, strict=True):
            height = high if self.cross == "stretch" else min(high, piece.wants(look, width))
            y = self.top - top
            if self.cross == "center":
                y -= (high - height) / 2
            elif self.cross == "end":
                y -= high - height
            piece.place(look, float(round(x)), float(round(y)), float(round(width)), float(round(height)))
            x += width + gap

    def _row_widths(self, look: Look, inside: float) -> list[float]:
        pieces = self.pieces
        room = inside - look.theme.px(self.gap) * max(0, len(pieces) - 1)
        fixed = {index: look.theme.px(piece.w) for index, piece in enumerate(pieces) if piece.w}
        natural = {i: p.wants_width(look) for i, p in enumerate(pieces) if i not in fixed and not p.grow}
        left_for_natural = room - sum(fixed.values())
        wanted = sum(natural.values())
        if wanted > left_for_natural > 0:
            natural = {i: w * left_for_natural / wanted for i, w in natural.items()}
        left = max(0.0, left_for_natural - sum(natural.values()))
        shares = sum(piece.grow for i, piece in enumerate(pieces) if i not in fixed and piece.grow) or 1
        return [
            fixed[i] if i in fixed else natural[i] if i in natural else left * piece.grow / shares
            for i, piece in enumerate(pieces)
        ]

    def draw_ground(self, look: Look) -> None:
        """Draw fill, edge and shadow, if any of what they depend on has changed."""
        signature = (
            *self.pos,
            *self.size,
            self.fill,
            self.edge,
            self.edge_w,
            self.radius,
            self.shadow,
            self.dashed,
            look.theme.unit,
        )
        if signature == self._drawn:
            return
        self._drawn = signature
        unit = look.theme.unit
        self.canvas.before.clear()
        if self.width <= 0 or (self.fill == "none" and self.edge == "none"):
            return
        radius = self.radius * unit
        with self.canvas.before:
            if self.shadow:
                _shadow(self.x, self.y, self.width, self.height, radius, unit)
            thick = max(1.0, round(self.edge_w * unit)) if self.edge != "none" else 0.0
            is_framed = bool(thick) and not self.dashed
            if self.fill != "none":
                # half of the frame lies over the fill, so that no ground shines through between them
                inset = thick / 2 if is_framed else 0.0
                Color(*COLOURS[self.fill])
                _rounded(self.x + inset, self.y + inset, self.width - 2 * inset, self.height - 2 * inset, radius - inset)
            if is_framed:
                Color(*COLOURS[self.edge])
                _frame(self.x, self.y, self.width, self.height, radius, thick)
            if self.dashed:
                Color(*COLOURS[self.edge])
                _dashes(self.x, self.y, self.width, self.height, radius, thick, DASH_PX * unit)


def _share_out(look: Look, pieces: list[Piece], heights: list[float], over: float) -> float:
    """Give what is left over to the pieces that grow, up to their limit; returns what nobody took."""
    growing = [index for index, piece in enumerate(pieces) if piece.grow]
    while over >= 1 and growing:
        shares = sum(pieces[index].grow for index in growing)
        taken = 0.0
        still_growing = []
        for index in growing:
            piece = pieces[index]
            share = over * piece.grow / shares
            limit = look.theme.px(piece.max_h) - heights[index] if piece.max_h else share
            heights[index] += max(0.0, min(share, limit))
            taken += max(0.0, min(share, limit))
            if limit > share or not piece.max_h:
                still_growing.append(index)
        over -= taken
        if taken < 1:
            break
        growing = still_growing
    return over


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> None:
    if radius < 1:
        Rectangle(pos=(x, y), size=(width, height))
    else:
        SmoothRoundedRectangle(pos=(x, y), size=(width, height), radius=[radius])


def _frame(x: float, y: float, width: float, height: float, radius: float, thick: float) -> None:  # noqa: PLR0917 - a rectangle and its corner
    half = thick / 2
    box = (x + half, y + half, width - thick, height - thick)
    SmoothLine(rounded_rectangle=(*box, max(1.0, radius - half)), width=half)


def _shadow(  # noqa: PLR0917 - a rectangle and its corner
    x: float, y: float, width: float, height: float, radius: float, unit: float
) -> None:
    # a ring only: what lies under the box is never seen, and filling it was most of a page's cost
    Color(*COLOURS["shadow"])
    outer, inner = SHADOW_SPREAD * unit, -SHADOW_UNDER * unit
    vertices: list[float] = []
    for side_x, side_y, first in ((1, 1, 0), (0, 1, 90), (0, 0, 180), (1, 0, 270), (1, 1, 0)):
        centre_x, centre_y = (
            x + (width - radius if side_x else radius),
            y - SHADOW_FALL * unit + (height - radius if side_y else radius),
        )
        for step in range(SHADOW_STEPS + 1):
            turn = math.radians(first + 90 * step / SHADOW_STEPS)
            for far in (max(0.0, radius + inner), radius + outer):
                vertices += [centre_x + far * math.cos(turn), centre_y + far * math.sin(turn), 0.0, 0.0]
    vertices = vertices[: -SHADOW_STEPS * 8]
    Mesh(vertices=vertices, indices=range(len(vertices) // 4), mode="triangle_strip")


def _dashes(  # noqa: PLR0917 - a rectangle and its edge
    x: float, y: float, width: float, height: float, radius: float, thick: float, dash: float
) -> None:
    for start, length, is_level in ((x, width, True), (y, height, False)):
        room = length - 2 * radius
        count = max(1, round(room / dash / 2))
        step = room / (count - 0.5)
        for index in range(count):
            along = start + radius + index * step
            for other in (y, y + height - thick) if is_level else (x, x + width - thick):
                at = (along, other) if is_level else (other, along)
                Rectangle(pos=at, size=(step / 2, thick) if is_level else (thick, step / 2))
    half = thick / 2
    for centre_x, centre_y, first in (
        (x + radius, y + height - radius, 270),
        (x + width - radius, y + height - radius, 0),
        (x + width - radius, y + radius, 90),
        (x + radius, y + radius, 180),
    ):
        for begin in (first + 8, first + 52):
            Line(circle=(centre_x, centre_y, radius - half, begin, begin + 30), width=half)
