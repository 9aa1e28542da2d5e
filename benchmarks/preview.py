"""What it costs that a person sees herself: from the camera's far end through core and socket to the glass."""

import time

import psutil

from benchmarks.figure import Figure, percentile
from benchmarks.touch import Glass
from tests.system.demo import FIRST_TILE, HOME, PRIMARY, SECOND, START, WHOLE_WIDTH, Demo

SECONDS = 10.0
LOOK_S = 0.004
"""Between two looks at the glass: often enough to see every picture once, seldom enough to leave the display its core."""
INTERVAL_LIMIT_MS = 66.0
"""15 pictures a second."""
CORE_LIMIT_PERCENT = 60.0
DISPLAY_LIMIT_PERCENT = 90.0
"""Shares of one core. Software GL on the display's side; a kiosk has a graphics chip."""
IN_THE_PICTURE = (300, 760)
STRIP = 16
"""Pixels looked at: a living sensor's noise makes some of them another colour in every picture."""
FACE_TILE = (FIRST_TILE[0], FIRST_TILE[1] + 3 * 212)
"""养老金资格认证, the fourth of the catalogue's first page."""


def measure(demo: Demo) -> tuple[Figure, ...]:
    """Stand before the camera's page for a while, with nobody's face in it."""
    demo.press(START, "catalogue")
    demo.press(FACE_TILE, "guide")
    demo.press(WHOLE_WIDTH, "put_card")
    demo.lay_card("resident-1")
    demo.wait_for_page("confirm")
    demo.press(PRIMARY, "face")
    demo.lift_card()
    time.sleep(2)  # the fade, and the first pictures
    core, display = psutil.Process(demo.member("-m kiosk", "run")), psutil.Process(demo.member("-m screens"))
    for process in (core, display):
        process.cpu_percent()
    intervals_ms = _changes_ms(Glass((demo.state / "display").read_text().strip()))
    shares = [process.cpu_percent() for process in (core, display)]
    assert demo.page() == "face", demo.page()
    demo.press(HOME, "leave_question")
    demo.press(SECOND, "attract", "goodbye", "rate")
    fps = len(intervals_ms) / SECONDS
    return (
        Figure(name="camera -> glass, interval of pictures, mean", value=SECONDS * 1000 / max(len(intervals_ms), 1),
               limit=INTERVAL_LIMIT_MS, unit="ms",
               remark=f"{fps:.1f} pictures a second over {SECONDS:.0f} s, p95 {percentile(intervals_ms or [0.0], 0.95):.0f} ms"),
        Figure(name="core, CPU while a camera's page stands", value=shares[0], limit=CORE_LIMIT_PERCENT, unit="%"),
        Figure(name="display, CPU while a camera's page stands", value=shares[1], limit=DISPLAY_LIMIT_PERCENT, unit="%",
               remark="software GL"),
    )  # fmt: skip


def _changes_ms(glass: Glass) -> list[float]:
    """Look at the picture's place for a while; the milliseconds between one change and the next."""
    intervals: list[float] = []
    before = glass.strip(IN_THE_PICTURE, wide=STRIP)
    changed_s = time.perf_counter()
    until_s = changed_s + SECONDS
    while (now_s := time.perf_counter()) < until_s:
        seen = glass.strip(IN_THE_PICTURE, wide=STRIP)
        if seen != before:
            intervals.append((now_s - changed_s) * 1000)
            before, changed_s = seen, now_s
        time.sleep(LOOK_S)
    return intervals
