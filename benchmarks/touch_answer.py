"""A touch on the glass: until the button under the finger darkens, and until the next page stands there."""

import time

from benchmarks.figure import Figure, percentile
from benchmarks.touch import Glass
from tests.system.demo import BACK, FIRST_TILE, START, WHOLE_WIDTH, Demo

ROUNDS = 30
WARM_UP = 5
"""Rounds before the first that counts: a display that has just started compiles its shaders and reads its fonts."""
PRESS_LIMIT_MS = 50.0
PAGE_LIMIT_MS = 250.0
"""Press, lift after 60 ms, core's answer and a fade of 160 ms at most."""


def measure(demo: Demo) -> tuple[Figure, Figure]:
    """Go from the catalogue to a guide and back, again and again."""
    glass = Glass((demo.state / "display").read_text().strip())
    demo.touch(START)
    demo.wait_for_page("catalogue")
    presses, pages = [], []
    for _ in range(WARM_UP + ROUNDS):
        time.sleep(0.75)  # a second touch within 600 ms does not count
        presses.append(glass.touch_and_watch(FIRST_TILE, watched=(FIRST_TILE[0], FIRST_TILE[1] - 80)))
        demo.wait_for_page("guide")
        time.sleep(0.75)
        pages.append(glass.touch_and_watch(BACK, watched=WHOLE_WIDTH))
        demo.wait_for_page("catalogue")
    presses, pages = presses[WARM_UP:], pages[WARM_UP:]
    medians = [percentile(values, 0.5) for values in (presses, pages)]
    return (
        Figure(name="touch -> changed pixel, p95", value=percentile(presses, 0.95), limit=PRESS_LIMIT_MS, unit="ms",
               remark=f"{ROUNDS} touches after {WARM_UP} to warm up, median {medians[0]:.0f}, software GL"),
        Figure(name="touch -> next page on the glass, p95", value=percentile(pages, 0.95), limit=PAGE_LIMIT_MS, unit="ms",
               remark=f"median {medians[1]:.0f}"),
    )  # fmt: skip
