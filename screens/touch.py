"""TouchGate: a second touch soon after the first is a trembling hand (E6)."""

from screens.theme import SECOND_TOUCH_S


class TouchGate:
    """Lets one touch through and none for a while after it."""

    def __init__(self, *, pause_s: float = SECOND_TOUCH_S) -> None:
        self._pause_s = pause_s
        self._last_s: float | None = None

    def lets_through(self, now_s: float) -> bool:
        """Whether a touch at this moment counts; one that does not, does not prolong the wait."""
        if self._last_s is not None and 0 <= now_s - self._last_s < self._pause_s:
            return False
        self._last_s = now_s
        return True
