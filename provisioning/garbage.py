"""How seldom Python looks for garbage in circles, and at what.

A look at all that is known of a large fleet takes a second, in which nobody is heard.
"""

import gc
import time
from collections.abc import Mapping

COLLECTED = (50_000, 20, 50)
"""Thresholds of the three generations; what a heartbeat leaves is no circle."""
LONG_S = 0.1
"""A look that takes so long has looked at what is known, and that stays: no other look sees it again."""


def look_seldom() -> None:
    """Look for garbage seldom from now on, and at nothing that made a look long twice."""
    gc.set_threshold(*COLLECTED)
    gc.callbacks.append(_LongLooks())


def leave_everything() -> None:
    """Never look again at what is known now; it still goes with the last reference to it, unless it has become a circle."""
    gc.freeze()


class _LongLooks:
    """Told before and after every look."""

    def __init__(self) -> None:
        self._began_s = 0.0

    def __call__(self, phase: str, _: Mapping[str, int]) -> None:
        if phase == "start":
            self._began_s = time.perf_counter()
        elif time.perf_counter() - self._began_s > LONG_S:
            leave_everything()
