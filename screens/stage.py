"""Stage: the one page on the glass. Updates it in place, or replaces it by the next."""

from collections.abc import Callable

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.core.window import WindowBase

from screens import pages, theme
from screens.feed import Feed
from screens.fonts import Fonts
from screens.models import Page
from screens.pictures import Pictures
from screens.widgets.live_picture import LivePicture
from screens.widgets.look import Look
from screens.widgets.pane import Area, Pane
from screens.widgets.sheet import Sheet

STALE_S = 1.0
"""Seconds after which a picture that no other has followed is taken away: it would be taken for what the camera sees now."""


class Stage:
    """Draws page models.

    Args:
        touched: Called with the number of the page that was touched and what the touch means.
    """

    def __init__(self, window: WindowBase, *, fonts: Fonts, pictures: Pictures, touched: Callable[[int, object], None]) -> None:
        self._window = window
        self._fonts = fonts
        self._pictures = pictures
        self._touched = touched
        self._feed = Feed()
        self._stale = Clock.create_trigger(lambda _: self._take_picture_away(), STALE_S)
        self._sheet: Sheet | None = None
        self._place_of_pictures: LivePicture | None = None
        # two panes for good, one page each while one goes and the other comes: a texture of the whole panel is slow to make
        self._front, self._back = Pane(size=window.size), Pane(size=window.size)
        self._fade: Animation | None = None
        self._model: Page | None = None
        self._text_size = 0
        self.number = 0
        window.bind(size=self._resized)

    @property
    def model(self) -> Page | None:
        """What is on the glass."""
        return self._model

    def show(self, model: Page, *, number: int, text_size: int) -> None:
        """Show a page. The same number and kind is the same page with other facts; anything else comes anew."""
        stays = self._sheet is not None and self._model is not None and self.number == number and self._model.kind == model.kind
        if stays and model == self._model and text_size == self._text_size:
            return
        if self._model is not None and self._model.kind != model.kind:
            self._take_picture_away()
        fades = self._model is not None and self._model.kind != model.kind
        self._model, self.number, self._text_size = model, number, text_size
        if stays and self._sheet is not None:
            self._sheet.show(model, self._look())
            return
        self._replace(model, number, fades=fades)

    def preview(self, jpeg: bytes, *, number: int) -> Area | None:
        """Show what the camera sees on the page of that number, if it stands there and shows it.

        Returns:
            Where on the glass it is to be drawn, or None when it is not shown.
        """
        place = self._place_of_pictures
        if place is None or not place.is_live or number != self.number or not self._feed.take(jpeg):
            return None
        place.refresh()
        self._stale.cancel()
        self._stale()
        return place.area

    def _take_picture_away(self) -> None:
        self._stale.cancel()
        self._feed.wipe()
        if self._place_of_pictures is not None:
            self._place_of_pictures.refresh()

    def _replace(self, model: Page, number: int, *, fades: bool) -> None:
        leaving = self._sheet
        coming = pages.PAGES[model.kind](
            model=model, touched=lambda intent: self._touched(number, intent), size=self._window.size
        )
        coming.arrange(self._look())
        self._has_come()
        self._sheet = coming
        self._place_of_pictures = next((piece for piece in coming.walk(restrict=True) if isinstance(piece, LivePicture)), None)
        if leaving is not None:
            leaving.rest()
            leaving.disabled = True
        self._front, self._back = self._back, self._front
        self._front.hold(coming)
        if self._place_of_pictures is not None:
            self._place_of_pictures.refresh()
        self._front.part = theme.FADE_FROM if leaving is not None and fades else 1.0
        self._window.add_widget(self._front)
        if self._front.part == 1:
            self._take_away()
            return
        self._fade = Animation(part=1, duration=theme.FADE_S)
        self._fade.bind(on_complete=lambda *_: self._has_come())
        self._fade.start(self._front)

    def _has_come(self) -> None:
        """End the fade, at its end or because the next page is there."""
        if self._fade is not None:
            fade, self._fade = self._fade, None
            fade.cancel(self._front)
            self._front.part = 1
            self._take_away()

    def _take_away(self) -> None:
        """Nothing of a person stays in a page that something might still hold, nor in its picture."""
        if self._back.parent is not None:
            self._window.remove_widget(self._back)
        self._back.let_go()

    def _look(self) -> Look:
        panel = theme.for_panel(width=self._window.width, height=self._window.height, text_size=self._text_size)
        return Look(theme=panel, fonts=self._fonts, pictures=self._pictures, feed=self._feed)

    def _resized(self, *_: object) -> None:
        if self._sheet is not None:
            self._front.size = self._back.size = self._window.size
            self._sheet.size = self._window.size
            self._sheet.arrange(self._look())
