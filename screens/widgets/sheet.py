"""Sheet: a whole page. Puts the zones of the look where they belong and makes what is in them fit."""

from collections.abc import Callable, Iterator

from kivy.properties import ObjectProperty
from kivy.uix.widget import Widget

from screens import theme
from screens.models import Page
from screens.widgets.look import Look
from screens.widgets.pane import Pane
from screens.widgets.piece import Piece

AIR = (0.8, 0.6, 0.4, 0.2, 0.0)
"""What is left of the air inside panels, step by step."""
SHRINK = 0.97
LEAST_SCALE = 1.0
"""Text that finds no room becomes smaller in steps of 3 %, but never smaller than the standard size."""
PANEL_GAP = 32
"""Between the matter and an action zone that is higher than a button."""


class Sheet(Widget):
    """A page of the screens; ``model`` is all it shows.

    Its layout file gives each piece a ``zone``: band, steps, head, matter, action, foot, or ``at`` for a place of its own.
    """

    # rebind: the .kv rules read facts through these two (root.matter.tiles), and must read them again when another model comes
    model: Page = ObjectProperty(None, rebind=True)
    matter = ObjectProperty(None, rebind=True)

    def __init__(self, *, model: Page, touched: Callable[[object], None], **kwargs: object) -> None:
        self._touched = touched
        self.too_full: tuple[str, ...] = ()
        super().__init__(model=model, matter=model.matter, **kwargs)

    def on_intent(self, intent: object) -> None:
        """A press on this page was touched."""
        self._touched(intent)

    def show(self, model: Page, look: Look) -> None:
        """Show another model of the same page."""
        self.matter = model.matter
        self.model = model
        self.arrange(look)

    def rest(self) -> None:
        """Stop everything that moves: the page is going."""
        for widget in self.walk(restrict=True):
            if isinstance(widget, Piece):
                widget.rest()

    def arrange(self, look: Look) -> None:
        """Lay the whole page out in its own size."""
        if isinstance(self.parent, Pane):
            self.parent.spoil(None)
        unit = look.theme.unit
        self.too_full = ()
        left = self.x + (self.width - theme.PAGE_WIDTH * unit) / 2
        top = self.top - (self.height - theme.PAGE_HEIGHT * unit) / 2
        zones = {zone: piece for zone, piece in self._zones() if piece.is_shown}

        def put(piece: Piece, x: float, y: float, width: float, height: float) -> float:
            """Place it at a place of the grid; returns where it ends."""
            fitted = fit(piece, look, width * unit, height * unit)
            if piece.wants(fitted, width * unit) > height * unit + 1:
                self.too_full = (*self.too_full, piece.zone or type(piece).__name__)
            piece.place(
                fitted, float(round(left + x * unit)), float(round(top - y * unit)), width * unit, float(round(height * unit))
            )
            return y + height

        def natural(piece: Piece, width: float) -> float:
            return piece.wants(look, width * unit) / unit

        if "band" in zones:
            put(zones["band"], 0, 0, theme.PAGE_WIDTH, theme.BAND_HEIGHT)
        y: float = theme.HEAD_TOP
        if "steps" in zones:
            y = theme.GAP_WIDE + put(
                zones["steps"], theme.MARGIN, theme.STEPS_TOP, theme.CONTENT, natural(zones["steps"], theme.CONTENT)
            )
        if "head" in zones:
            y = put(zones["head"], theme.MARGIN, y, theme.CONTENT, natural(zones["head"], theme.CONTENT)) + (
                theme.GAP_WIDE if "steps" in zones else 24
            )
        end: float = theme.ACTION_BOTTOM
        if "action" in zones:
            height = max(theme.ACTION_HEIGHT, natural(zones["action"], theme.CONTENT))
            put(zones["action"], theme.MARGIN, theme.ACTION_BOTTOM - height, theme.CONTENT, height)
            end = min(theme.MATTER_BOTTOM, theme.ACTION_BOTTOM - height - PANEL_GAP)
        if "matter" in zones:
            put(zones["matter"], theme.MARGIN, y, theme.CONTENT, end - y)
        if "foot" in zones:
            put(zones["foot"], 0, theme.FOOT_TOP, theme.PAGE_WIDTH, theme.FOOT_HEIGHT)
        for child in reversed(self.children):
            if isinstance(child, Piece) and not child.zone and child.is_shown:
                put(child, *child.at)
            elif isinstance(child, Piece) and not child.is_shown:
                child.opacity = 0
                child.size = (0, 0)

    def _zones(self) -> Iterator[tuple[str, Piece]]:
        for child in reversed(self.children):
            if isinstance(child, Piece) and child.zone:
                yield child.zone, child


def fit(piece: Piece, look: Look, width: float, height: float) -> Look:
    """Make a piece fit: air goes first, then what can be spared, then the text becomes smaller.

    Returns:
        The look that fits. A page that does not fit even so is too full, which a test of all pages looks for.
    """
    inside = [child for child in piece.walk(restrict=True) if isinstance(child, Piece)]
    for child in inside:
        child.left_out = False
    if piece.wants(look, width) <= height:
        return look
    for air in AIR:
        look = look.with_air(air)
        if piece.wants(look, width) <= height:
            return look
    for level in sorted({child.spare for child in inside if child.spare}, reverse=True):
        for child in inside:
            child.left_out = child.left_out or child.spare == level
        # what was left out has made room: as much of the air comes back as fits
        for air in (1.0, *AIR):
            airy = look.with_air(air)
            if piece.wants(airy, width) <= height:
                return airy
    scale = look.theme.text_scale
    while scale > LEAST_SCALE:
        scale = max(LEAST_SCALE, scale * SHRINK)
        smaller = look.with_text_scale(scale)
        if piece.wants(smaller, width) <= height:
            return smaller
    return look.with_text_scale(scale)
