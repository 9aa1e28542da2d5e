"""Look: what a widget is handed when it lays itself out."""

from dataclasses import dataclass, replace

from screens.feed import Feed
from screens.fonts import Fonts
from screens.pictures import Pictures
from screens.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The sizes, the faces and the drawings of this panel, and what its camera sees."""

    theme: Theme
    fonts: Fonts
    pictures: Pictures
    feed: Feed

    def with_air(self, air: float) -> "Look":
        """The same with that part of the air inside panels, 0 to 1."""
        return replace(self, theme=self.theme.with_air(air))

    def with_text_scale(self, text_scale: float) -> "Look":
        """The same with another size of text."""
        return replace(self, theme=self.theme.with_text_scale(text_scale))
