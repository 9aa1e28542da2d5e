"""Gallery: draws every page from samples and keeps the pictures, with what was measured on them. For people and tests.

``python -m screens.gallery --out DIR`` writes one PNG a page and ``pages.json``. It needs no display and no core.
"""

import argparse
import asyncio
import io
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from screens import theme
from screens.kivy_start import prepare

if TYPE_CHECKING:
    from kivy.core.window import WindowBase
    from kivy.uix.widget import Widget

    from screens.feed import Feed
    from screens.pictures import Pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A thing on a page, in pixels from its top left corner."""

    what: str
    text: str
    x: float
    y: float
    width: float
    height: float
    em: int
    is_primary: bool
    can_touch: bool
    was_forced: bool


def main(arguments: list[str] | None = None) -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m screens.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--sizes", default="0,1,2,3", help="text sizes, e.g. 0,3")
    parser.add_argument("--only", default="", help="comma-separated names of samples; all when empty")
    parser.add_argument("--measure-only", action="store_true", help="no pictures, only pages.json")
    parser.add_argument("--language", default="zh")
    parser.add_argument("--width", type=int, default=theme.PAGE_WIDTH)
    parser.add_argument("--height", type=int, default=theme.PAGE_HEIGHT)
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    if "SDL_VIDEODRIVER" not in os.environ:
        os.environ["SDL_VIDEODRIVER"] = "offscreen"
    prepare(home=asked.out / ".kivy", width=asked.width, height=asked.height, is_fullscreen=False)
    names = frozenset(asked.only.split(",")) - {""}
    sizes = tuple(int(size) for size in asked.sizes.split(","))
    asyncio.run(_draw_all(asked.out, sizes, names, asked.language, with_pictures=not asked.measure_only))


async def _draw_all(out: Path, sizes: Iterable[int], names: frozenset[str], language: str, *, with_pictures: bool) -> None:
    # Kivy reads its settings when it is imported, and they stand only now
    from kivy.core.window import Window  # noqa: PLC0415

    from screens import pages, presenter, samples  # noqa: PLC0415
    from screens.feed import Feed  # noqa: PLC0415
    from screens.fonts import find_fonts  # noqa: PLC0415
    from screens.pictures import Pictures  # noqa: PLC0415
    from screens.presenting import aside  # noqa: PLC0415
    from screens.widgets.look import Look  # noqa: PLC0415
    from screens.widgets.pane import Pane  # noqa: PLC0415
    from screens.widgets.sheet import Sheet  # noqa: PLC0415
    from screens.wording import read_wording  # noqa: PLC0415

    Window.clearcolor = theme.COLOURS["paper"]
    pages.load()
    pane = Pane(size=Window.size)
    Window.add_widget(pane)
    fonts, pictures, wording = (
        find_fonts(out / ".kivy" / "fonts"),
        Pictures() if with_pictures else _outlines(),
        read_wording(language),
    )
    feed = Feed()
    standing: dict[str, Sheet] = {}
    found: dict[str, dict[str, Any]] = {}
    for size in sizes:
        models = {name: presenter.present(shown, wording, has_voice=True) for name, shown in samples.views(size).items()}
        models["voice-missing"] = presenter.present(samples.views(size)["voice"], wording, has_voice=False)
        models["wait"] = aside.waiting_for_core(wording)
        for name, model in models.items():
            if names and name not in names:
                continue
            picture = f"{name}-{size}" if size else name
            panel = theme.for_panel(width=Window.width, height=Window.height, text_size=size)
            look = Look(theme=panel, fonts=fonts, pictures=pictures, feed=feed)
            page = standing.get(model.kind)
            if page is None or with_pictures:
                page = standing[model.kind] = pages.PAGES[model.kind](model=model, touched=lambda _: None, size=Window.size)
                page.arrange(look)
            else:
                # as the display itself does it: other facts on the page that stands
                page.show(model, look)
            things = [asdict(thing) for thing in _measure(page)]
            found[picture] = {"kind": model.kind, "too_full": page.too_full, "things": things}
            if with_pictures:
                pane.hold(page)
                _see(page, feed, model.kind)
                _keep(Window, out / f"{picture}.png")
                pane.let_go()
            page.rest()
    (out / "pages.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def _see(page: "Widget", feed: "Feed", kind: str) -> None:
    """Let the camera of a page that shows its pictures see a drawing of what would stand before it."""
    from PIL import Image  # noqa: PLC0415 - see above

    from screens.pictures import RENDERED  # noqa: PLC0415
    from screens.widgets.live_picture import LivePicture  # noqa: PLC0415

    seen = RENDERED / "scene" / f"sample_{kind}.png"
    places = [widget for widget in page.walk(restrict=True) if isinstance(widget, LivePicture) and widget.is_live]
    if not places or not seen.exists():
        return
    jpeg = io.BytesIO()
    with Image.open(seen) as image:
        image.convert("RGB").resize((640, 480)).save(jpeg, "JPEG", quality=85)
    feed.take(jpeg.getvalue())
    for place in places:
        place.refresh()


def _outlines() -> "Pictures":
    from kivy.graphics.texture import Texture  # noqa: PLC0415 - see above

    from screens.pictures import Pictures  # noqa: PLC0415

    class Outlines(Pictures):
        """Drawings of the right shape with nothing in them: measuring needs no more."""

        @override
        def texture(self, name: str, *, width: int, height: int) -> Texture:
            return Texture.create(size=(1, 1))

    return Outlines()


def _keep(window: "WindowBase", target: Path) -> None:
    from kivy.base import EventLoop  # noqa: PLC0415 - see above
    from PIL import Image  # noqa: PLC0415

    for _ in range(2):
        EventLoop.idle()
    window.canvas.ask_update()
    window.dispatch("on_draw")
    width, height = window.size
    from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels  # noqa: PLC0415

    pixels = glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)
    image = Image.frombytes("RGBA", (width, height), pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGB")
    image.save(target, optimize=False, compress_level=6)
    window.dispatch("on_flip")


def _measure(page: "Widget") -> Iterable[Measured]:
    from screens.widgets.lettering import Lettering  # noqa: PLC0415 - see above
    from screens.widgets.piece import Piece  # noqa: PLC0415
    from screens.widgets.press import Press  # noqa: PLC0415

    def seen(widget: "Widget") -> Iterable["Widget"]:
        if isinstance(widget, Piece) and not widget.takes_place:
            return
        yield widget
        for child in reversed(widget.children):
            yield from seen(child)

    for widget in seen(page):
        is_text = isinstance(widget, Lettering) and bool(widget.text)
        if not is_text and not isinstance(widget, Press):
            continue
        rows = "\n".join("".join(run.text for run in row) for row in widget.rows) if is_text else ""
        yield Measured(
            what=type(widget).__name__,
            text=rows,
            x=widget.x,
            y=page.height - widget.top,
            width=widget.width,
            height=widget.height,
            em=widget.drawn_em if is_text else 0,
            is_primary=bool(getattr(widget, "is_primary", False)),
            can_touch=isinstance(widget, Press) and widget.intent is not None,
            was_forced=bool(getattr(widget, "was_forced", False)),
        )


if __name__ == "__main__":
    main()
