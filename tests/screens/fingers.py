"""Run by test_touch in a process of its own: touches real pages and prints what the touches meant."""

import json
import sys
from pathlib import Path
from typing import Any

from screens.kivy_start import prepare

prepare(home=Path(sys.argv[1]), width=1080, height=1920, is_fullscreen=False)

from kivy.base import EventLoop  # noqa: E402 - Kivy reads its settings when it is imported
from kivy.core.window import Window  # noqa: E402
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels  # noqa: E402
from kivy.tests.common import UnitTestTouch  # noqa: E402

from screens import pages, presenter, samples, theme  # noqa: E402
from screens.feed import Feed  # noqa: E402
from screens.fonts import find_fonts  # noqa: E402
from screens.pictures import Pictures  # noqa: E402
from screens.widgets.look import Look  # noqa: E402
from screens.widgets.pane import Pane  # noqa: E402
from screens.wording import read_wording  # noqa: E402

EventLoop.ensure_window()
Window.size = (1080, 1920)
pages.load()
LOOK = Look(
    theme=theme.for_panel(width=1080, height=1920, text_size=0),
    fonts=find_fonts(Path(sys.argv[1]) / "fonts"),
    pictures=Pictures(),
    feed=Feed(),
)
meant: dict[str, Any] = {}


def page(name: str, story: str) -> Any:
    """Put a page on the glass; what is touched on it goes under the story."""
    model = presenter.present(samples.views(0)[name], read_wording("zh"), has_voice=True)
    said = meant.setdefault(story, [])

    def touched(intent: object) -> None:
        said.append(str(getattr(intent, "kind", intent)))

    sheet = pages.PAGES[model.kind](model=model, touched=touched, size=(1080, 1920))
    sheet.arrange(LOOK)
    Window.add_widget(sheet)
    return sheet


def finger(x: float, y: float) -> UnitTestTouch:
    """A finger at a place of the page, counted from its top left corner."""
    return UnitTestTouch(x, 1920 - y)


def press(x: float, y: float, to: tuple[float, float] | None = None) -> None:
    """Down here, up there."""
    touch = finger(x, y)
    touch.touch_down()
    if to is not None:
        touch.touch_move(to[0], 1920 - to[1])
    touch.touch_up()


BUTTON, ELSEWHERE = (540.0, 1628.0), (540.0, 900.0)

sheet = page("guide", "down and up inside")
press(*BUTTON)
Window.remove_widget(sheet)

sheet = page("guide", "down inside, up outside")
press(*BUTTON, to=ELSEWHERE)
Window.remove_widget(sheet)

sheet = page("guide", "down outside, up inside")
press(*ELSEWHERE, to=BUTTON)
Window.remove_widget(sheet)

sheet = page("guide-withdrawn", "grey")
press(*BUTTON)
press(180, 1830)
press(400, 520)
meant["grey"] = [kind for kind in meant["grey"] if kind != "go_back"]
Window.remove_widget(sheet)

sheet = page("guide", "ground")
button = next(widget for widget in sheet.walk() if type(widget).__name__ == "PrimaryButton")
grounds = [button.fill]
touch = finger(*BUTTON)
touch.touch_down()
grounds.append(button.fill)
touch.touch_up()
grounds.append(button.fill)
meant["ground before, under and after the finger"] = grounds
Window.remove_widget(sheet)


def frame(*, is_fresh: bool) -> bytes:
    """Draw, and return what stands on the glass; ``is_fresh`` paints the whole page first."""
    if is_fresh:
        pane.spoil(None)
        sheet.canvas.ask_update()
    EventLoop.idle()
    Window.canvas.ask_update()
    Window.dispatch("on_draw")
    seen = bytes(glReadPixels(0, 0, 1080, 1920, GL_RGB, GL_UNSIGNED_BYTE))
    Window.dispatch("on_flip")
    return seen


sheet = page("catalogue", "painted")
Window.remove_widget(sheet)
pane = Pane(size=(1080, 1920))
Window.add_widget(pane)
pane.hold(sheet)
at_rest = frame(is_fresh=False)
painted = pane.paintings
touch = finger(540, 500)
touch.touch_down()
mended = frame(is_fresh=False)
touch.touch_up()
lifted = frame(is_fresh=False)
meant["paintings of the page for a press"] = pane.paintings - painted
meant["parts painted for a press"] = pane.mendings
touch.touch_down()
repainted = frame(is_fresh=True)
touch.touch_up()
meant["a press is seen"] = mended != at_rest
meant["a press looks as if the whole page were painted"] = mended == repainted
meant["a lifted finger leaves no trace"] = lifted == at_rest
pane.let_go()
bare = frame(is_fresh=False)
meant["a page that is gone leaves no trace"] = all(len(set(bare[channel::3])) == 1 for channel in range(3))
Window.remove_widget(pane)

sheet = page("guide", "two fingers")
one, other = finger(*BUTTON), finger(BUTTON[0] + 90, BUTTON[1])
one.touch_down()
other.touch_down()
one.touch_up()
other.touch_up()
Window.remove_widget(sheet)

sheet = page("attract-clerk-card", "clerk's button")
press(900, 830)
Window.remove_widget(sheet)
sheet = page("attract-clerk-card", "clerk's card")
press(200, 500)
Window.remove_widget(sheet)

sys.stdout.write(json.dumps(meant) + "\n")
