"""Run by test_camera in a process of its own: shows pictures on real pages and prints what was seen on the glass."""

import gc
import io
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from screens.kivy_start import prepare

prepare(home=Path(sys.argv[1]), width=1080, height=1920, is_fullscreen=False)

import psutil  # noqa: E402 - Kivy reads its settings when it is imported
from kivy.base import EventLoop  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels  # noqa: E402
from PIL import Image  # noqa: E402

from kiosk.display.vocabulary import view  # noqa: E402
from screens import pages, presenter, samples  # noqa: E402
from screens.fonts import find_fonts  # noqa: E402
from screens.glass import BUFFERS, Glass  # noqa: E402
from screens.pictures import Pictures  # noqa: E402
from screens.stage import STALE_S, Stage  # noqa: E402
from screens.wording import read_wording  # noqa: E402

EventLoop.ensure_window()
Window.size = (1080, 1920)
pages.load()
stage = Stage(Window, fonts=find_fonts(Path(sys.argv[1]) / "fonts"), pictures=Pictures(), touched=lambda *_: None)
glass = Glass(Window)
seen: dict[str, Any] = {}

LEFT, RIGHT = (210, 30, 30), (30, 30, 210)
MIDDLE_LEFT, MIDDLE_RIGHT = (260, 760), (430, 760)
"""Two places in the round frame, from the top left corner of the page."""
SCAN_LEFT, SCAN_RIGHT = (480, 790), (860, 790)
SHEETS = samples.views(0)["scan-taking"]


def person(prompt: view.FacePrompt) -> view.Face:
    """The person before the camera, told something."""
    shown = samples.views(0)["face"]
    if not isinstance(shown, view.Face):
        raise TypeError("the sample is of another kind")
    return replace(shown, prompt=prompt)


PERSON = person(view.FacePrompt.NO_FACE)


def jpeg(size: tuple[int, int] = (640, 480), left: tuple[int, int, int] = LEFT, right: tuple[int, int, int] = RIGHT) -> bytes:
    """A picture of two halves."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=90)
    return kept.getvalue()


def show(shown: view.View, number: int) -> None:
    """A page, whole and at once."""
    stage.show(presenter.present(shown, read_wording("zh"), has_voice=True), number=number, text_size=0)
    deadline = time.monotonic() + 5
    while (stage._fade is not None or not glass.is_clean) and time.monotonic() < deadline:
        EventLoop.idle()
        glass.draw()


def preview(picture: bytes, number: int) -> bool:
    """A picture, as the display process shows it."""
    was_clean = glass.is_clean
    area = stage.preview(picture, number=number)
    if area is not None:
        glass.draw_picture(area, is_all=was_clean)
    return area is not None


def pixels() -> bytes:
    """What stands on the glass now."""
    return bytes(glReadPixels(0, 0, 1080, 1920, GL_RGB, GL_UNSIGNED_BYTE))


def colour(place: tuple[int, int], shot: bytes) -> str:
    """Which half of the picture stands at a place of the page, or neither."""
    start = ((1919 - place[1]) * 1080 + place[0]) * 3
    red, _, blue = shot[start : start + 3]
    return "left" if red > 150 > blue else "right" if blue > 150 > red else "none"


def halves(left: tuple[int, int], right: tuple[int, int]) -> list[str]:
    """What stands left and right on the glass."""
    shot = pixels()
    return [colour(left, shot), colour(right, shot)]


stage._stale.timeout = 60.0  # a busy machine may take longer than a second between two lines of this
show(PERSON, 1)
bare = pixels()
seen["before any picture"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
preview(jpeg(), 1)
seen["a person before the mirror"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
seen["for another page"] = preview(jpeg(), 2)

paintings = stage._front.paintings
for _ in range(BUFFERS + 2):
    preview(jpeg(left=RIGHT, right=LEFT), 1)
seen["parts drawn"] = glass.parts
seen["paintings of the page for pictures"] = stage._front.paintings - paintings
in_parts = pixels()
Window.canvas.ask_update()
glass.draw()
seen["a part looks as the whole does"] = in_parts == pixels()
seen["the newest is seen"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)

guided = person(view.FacePrompt.COME_CLOSER)
for _ in range(BUFFERS + 2):
    preview(jpeg(), 1)
parts = glass.parts
stage.show(presenter.present(guided, read_wording("zh"), has_voice=True), number=1, text_size=0)
preview(jpeg(), 1)
seen["parts drawn right after the words have changed"] = glass.parts - parts
after_words = pixels()
Window.canvas.ask_update()
glass.draw()
seen["words and picture change together"] = after_words == pixels()
seen["the picture stays while the words change"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
show(guided, 2)
seen["the picture stays when the same page has another number"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)

for name, broken in (
    ("garbage", b"\xff\xd8" + bytes(range(256)) * 20),
    ("half a picture", jpeg()[:3000]),
    ("nothing", b""),
    ("a PNG", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    ("far too many pixels", jpeg((4000, 3000))),
):
    seen[name] = preview(broken, 2)
seen["after nonsense the last good one stands"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
for name, size in (("twice as wide as allowed", (1280, 960)), ("a little too wide", (800, 600))):
    seen[name] = [
        preview(jpeg(size), 2),
        list(stage._feed.texture.size) if stage._feed.texture else [],
        halves(MIDDLE_LEFT, MIDDLE_RIGHT),
    ]

compared = person(view.FacePrompt.COMPARING)
preview(jpeg(), 2)
texture = stage._feed.texture
show(compared, 2)
seen["while it is compared"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
seen["while it is compared none is taken"] = preview(jpeg(), 2)

show(PERSON, 3)
preview(jpeg(), 3)
texture = stage._feed.texture
show(samples.views(0)["goodbye"], 4)
seen["after the page has gone"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
seen["what the graphics keep of all of it"] = (
    not any(part for channel in range(3) for part in texture.pixels[channel::4]) if texture else None
)

stage._stale.timeout = STALE_S
show(PERSON, 5)
preview(jpeg(), 5)
began_s = time.monotonic()
while stage._feed.has_picture and time.monotonic() - began_s < STALE_S + 5:
    EventLoop.idle()
    glass.draw()
seen["a picture no other follows is taken away"] = halves(MIDDLE_LEFT, MIDDLE_RIGHT)
seen["and not at once"] = time.monotonic() - began_s >= STALE_S * 0.9

stage._stale.timeout = 60.0
show(SHEETS, 6)
preview(jpeg(), 6)
seen["a sheet on the table"] = halves(SCAN_LEFT, SCAN_RIGHT)
show(samples.views(0)["scan-taken"], 6)
seen["a sheet that has been taken"] = halves(SCAN_LEFT, SCAN_RIGHT)

show(PERSON, 7)
process = psutil.Process()
several = [jpeg(left=(number * 7 % 256, 0, 0)) for number in range(30)]
for number in range(60):
    preview(several[number % 30], 7)
gc.collect()
before = process.memory_info().rss
for number in range(300):
    preview(several[number % 30], 7)
gc.collect()
seen["grown by after 300 pictures"] = process.memory_info().rss - before
show(samples.views(0)["goodbye"], 8)
show(PERSON, 9)
seen["a page that comes again is bare"] = pixels() == bare

sys.stdout.write(json.dumps(seen) + "\n")
