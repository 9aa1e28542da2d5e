"""App: draws what the core says, sends what is touched, proves once a second that it draws."""

import asyncio
import contextlib
import gc
import os
from pathlib import Path

from kivy.app import App
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.display.vocabulary import frames, view
from screens import models, pages, theme
from screens.fonts import find_fonts
from screens.glass import Glass
from screens.link import Link
from screens.pictures import Pictures
from screens.presenter import present
from screens.presenting.aside import LOUDEST, waiting_for_core
from screens.speech import Speech, has_voice
from screens.stage import Stage
from screens.touch import TouchGate
from screens.wording import read_wording

PROOF_EVERY_S = 1.0
"""Drawn is sent this often; the core counts a display as frozen long before that becomes minutes."""
LOOK_EVERY_S = 0.01
"""How long a touch may wait until it is seen; looking twice as often costs 2 % of a core."""
COLLECT_AT = (50_000, 10, 10)
"""A page makes 10 000 things; Python's own 700 would look through them dozens of times while it is made."""
TIDY_AFTER_S = theme.FADE_S + 0.2
"""After a page has come; within ``theme.SECOND_TOUCH_S`` of the touch that brought it, when no other would count."""
NO_PAGE = 0
"""The page number while the core has shown nothing yet; the core counts from 1."""


class DisplayApp(App):
    """The display process.

    Args:
        socket: Where the core listens.
        state_dir: The only folder written to.
        language: Which words.
        parent: Pid of the process that this one ends with, or None to wait for another core for ever.
    """

    def __init__(self, *, socket: Path, state_dir: Path, language: str, parent: int | None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._parent = parent
        self._wording = read_wording(language)
        self._has_voice = has_voice()
        self._speech = Speech(language=language)
        self._gate = TouchGate()
        self._link = Link(socket, shown=self._shown, previewed=self._previewed, lost=self._lost)
        self._state_dir = state_dir
        self._stage: Stage | None = None
        self._glass: Glass | None = None
        self._has_touch = False
        self._proven = 0
        # what a page left behind is collected when the next one stands and nobody can have read it yet
        self._tidy = Clock.create_trigger(lambda _: gc.collect(), TIDY_AFTER_S)
        self._volume = len(theme.TEXT_SCALES) // 2
        self._spoken: tuple[int, str, tuple[str, ...]] | None = None

    def build(self) -> None:
        """Prepare the window; the first page comes with the first Show."""
        Window.clearcolor = theme.COLOURS["paper"]
        # no key means anything on a kiosk: not escape, not F1, not F11
        Window.bind(on_keyboard=lambda *_: True, on_key_down=lambda *_: True)
        Window.bind(on_mouse_down=self._was_touched, on_mouse_up=self._was_touched)
        pages.load()
        self._glass = Glass(Window)
        self._stage = Stage(Window, fonts=find_fonts(self._state_dir / "fonts"), pictures=Pictures(), touched=self._touched)
        Clock.schedule_interval(self._prove, PROOF_EVERY_S)
        # collecting while a page is made holds it up for 150 ms: what stays is not looked at again, and what pages leave behind
        # is collected soon after the next one has come, or when there is far too much of it
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AT)

    def open_settings(self, *_: object) -> bool:
        """Kivy's settings panel is not for villagers."""
        return False

    async def run_display(self) -> None:
        """Draw until cancelled or the window is closed."""
        link = asyncio.create_task(self._link.run())
        looking = asyncio.create_task(self._look())
        for task in (link, looking):
            task.add_done_callback(lambda _: self.stop())
        try:
            await self.async_run(async_lib="asyncio")
        finally:
            self._speech.be_quiet()
            for task in (link, looking):
                task.cancel()
            for task in (link, looking):
                with contextlib.suppress(asyncio.CancelledError):
                    # a bug met while showing a page ends the process here, with its traceback; the core starts the next
                    await task

    async def _look(self) -> None:
        """See touches between the turns of Kivy's clock, and answer them in the same breath."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if EventLoop.status != "started":
                continue
            Window.mainloop()
            if self._has_touch:
                self._has_touch = False
                EventLoop.dispatch_input()
                self._draw()

    def _was_touched(self, *_: object) -> None:
        self._has_touch = True

    def _shown(self, show: frames.Show) -> None:
        if self._stage is None:
            return
        if isinstance(show.view, view.Voice):
            self._volume = max(0, min(3, show.view.volume))
        model = present(show.view, self._wording, has_voice=self._has_voice)
        self._stage.show(model, number=show.page, text_size=show.view.frame.text_size)
        self._draw()
        self._tidy()
        self._speak(model, number=show.page, is_on=show.view.frame.is_voice_on)

    def _previewed(self, preview: frames.Preview) -> None:
        if self._stage is None or self._glass is None:
            return
        was_clean = self._glass.is_clean
        area = self._stage.preview(preview.jpeg, number=preview.page)
        if area is not None:
            self._glass.draw_picture(area, is_all=was_clean)

    def _lost(self) -> None:
        self._speech.be_quiet()
        if self._stage is not None:
            self._stage.show(waiting_for_core(self._wording), number=NO_PAGE, text_size=0)

    def _speak(self, model: models.Page, *, number: int, is_on: bool) -> None:
        if not self._has_voice or not (is_on or model.is_urgent):
            self._speech.be_quiet()
            self._spoken = None
            return
        said = (number, model.kind, model.spoken)
        if said != self._spoken:
            self._spoken = said
            self._speech.say(model.spoken, volume=min(LOUDEST, self._volume + 1) if model.is_urgent else self._volume)

    def _touched(self, number: int, intent: object) -> None:
        if not self._gate.lets_through(Clock.get_time()):
            return
        if isinstance(intent, models.SayAgain):
            if self._stage is not None and self._stage.model is not None:
                self._speech.say(self._stage.model.spoken, volume=self._volume)
            return
        self._link.touched(page=number, intent=intent)  # type: ignore[arg-type]  # presenters give nothing else

    def _draw(self) -> None:
        if self._glass is not None:
            self._glass.draw()

    def _prove(self, _: float) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            self.stop()  # the core was killed; the next one starts a display of its own
            return
        if self._glass is None or self._stage is None:
            return
        if self._glass.flips == self._proven:
            # nothing has changed for a second: draw it again, so that a count that stands means a display that stands
            Window.canvas.ask_update()
            self._glass.draw()
        self._proven = self._glass.flips
        self._link.drawn(count=self._glass.flips, page=self._stage.number)
