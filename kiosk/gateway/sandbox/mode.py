"""The switch that makes the platform slow, failing or lying, for tests and training."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum


class Manner(StrEnum):
    """How the platform behaves."""

    NORMAL = "normal"
    SLOW = "slow"
    FAIL = "fail"
    HTML = "html"
    REDIRECT = "redirect"
    HUGE = "huge"
    GARBLED = "garbled"
    BUSY = "busy"
    HANG = "hang"
    DROP_BEFORE_EFFECT = "drop-before-effect"
    DROP_AFTER_EFFECT = "drop-after-effect"
    REFUSE = "refuse"
    FACE_DIFFERS = "face-differs"
    FACE_SLOW = "face-slow"
    PAYMENT_REFUSED = "payment-refused"
    PAYMENT_LOST = "payment-lost"


MEANINGS: dict[Manner, str] = {
    Manner.NORMAL: "answers as it should",
    Manner.SLOW: "slow=SECONDS (0.1 to 600): notes an application, then works on it that long",
    Manner.FAIL: "fail=CODE (500 to 599): answers everything with that code",
    Manner.HTML: "a captive portal answers everything with a web page",
    Manner.REDIRECT: "a captive portal sends everything elsewhere",
    Manner.HUGE: "answers everything with 8 MB",
    Manner.GARBLED: "answers everything with broken JSON",
    Manner.BUSY: "busy=SECONDS (0 to 600): answers everything with 429 and that Retry-After",
    Manner.HANG: "takes every request and never answers",
    Manner.DROP_BEFORE_EFFECT: "closes the connection on an application without having noted it",
    Manner.DROP_AFTER_EFFECT: "does what was applied for, then closes the connection without an answer",
    Manner.REFUSE: "refuses every new application, in kind words",
    Manner.FACE_DIFFERS: "says of every face that it is somebody else's",
    Manner.FACE_SLOW: "face-slow=SECONDS (0.1 to 600): compares a face that long",
    Manner.PAYMENT_REFUSED: "refuses every new payment, in kind words",
    Manner.PAYMENT_LOST: "takes the money, then closes the connection without an answer",
}
"""One sentence a manner."""

ON_APPLICATIONS = frozenset({Manner.SLOW, Manner.DROP_BEFORE_EFFECT, Manner.DROP_AFTER_EFFECT, Manner.REFUSE})
"""What concerns the handing in of an application and nothing else."""
ON_FACES = frozenset({Manner.FACE_DIFFERS, Manner.FACE_SLOW})
"""What concerns the comparing of faces."""
ON_PAYMENTS = frozenset({Manner.PAYMENT_REFUSED, Manner.PAYMENT_LOST})
"""What concerns payments."""
ON_EVERYTHING = frozenset(Manner) - ON_APPLICATIONS - ON_FACES - ON_PAYMENTS
"""What stands between the kiosk and the platform, whatever is asked."""

BOUNDS: dict[Manner, tuple[float, float, float]] = {
    Manner.SLOW: (0.1, 600, 8),
    Manner.FACE_SLOW: (0.1, 600, 20),
    Manner.FAIL: (500, 599, 500),
    Manner.BUSY: (0, 600, 1),
}
"""Least, most and usual value of the manners that take one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A manner, its value, and for how many more requests it holds (None: until changed)."""

    manner: Manner
    value: float = 0.0
    times: int | None = None

    @property
    def text(self) -> str:
        """As it is typed, e.g. ``slow=8``."""
        return f"{self.manner}={self.value:g}" if self.manner in BOUNDS else self.manner.value


def parse_mode(text: str, *, times: int | None = None) -> Mode:
    """Read ``slow=8``, ``fail=500``, ``html`` and so on.

    Raises:
        ValueError: No such manner, or its value is out of bounds; the message lists what there is.
    """
    word, has_value, value_text = text.partition("=")
    try:
        manner = Manner(word)
    except ValueError:
        message = f"no mode {word!r}; there is: {', '.join(Manner)}"
        raise ValueError(message) from None
    if manner not in BOUNDS:
        if has_value:
            message = f"mode {manner} takes no value"
            raise ValueError(message)
        return Mode(manner=manner, times=times)
    least, most, usual = BOUNDS[manner]
    try:
        value = float(value_text) if has_value else usual
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        message = f"mode {manner}: {value_text!r} is not a number from {least:g} to {most:g}"
        raise ValueError(message)
    return Mode(manner=manner, value=value, times=times)


class Switch:
    """Holds the mode and wakes whoever hangs in it."""

    def __init__(self) -> None:
        self.mode = Mode(manner=Manner.NORMAL)
        self._changed = asyncio.Event()

    def turn(self, mode: Mode) -> None:
        """Change the mode; requests that hang are let go."""
        self.mode = mode
        self._changed.set()
        self._changed = asyncio.Event()

    def use(self, manners: frozenset[Manner]) -> Mode:
        """The mode for one request that only ``manners`` concern, counted."""
        mode = self.mode
        if mode.manner not in manners:
            return Mode(manner=Manner.NORMAL)
        if mode.times is not None:
            left = mode.times - 1
            # A request that already hangs goes on hanging: only the next one is treated otherwise.
            self.mode = Mode(manner=mode.manner, value=mode.value, times=left) if left else Mode(manner=Manner.NORMAL)
        return mode

    async def wait_changed(self, *, at_most_s: float) -> None:
        """Return when the mode was turned, or after ``at_most_s``."""
        changed = self._changed
        try:
            async with asyncio.timeout(at_most_s):
                await changed.wait()
        except TimeoutError:
            pass
