"""Whether a stream of pictures is alive: a camera that is gone can go on returning its last picture as success."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

FROZEN_S = 0.6
"""Seconds the very same picture, or a camera's clock that stands still, may last. hardware.md section 6 allows one second;
the rest is for whoever has to act on it. A stream that repeats a slow sensor's pictures, at five a second, stays below."""

FROZEN_PICTURES = 3
"""So many are needed besides: two of the same may be one that was sent twice."""

SLOW_BELOW_FPS = 8.0
"""Pictures a second below which a face cannot follow itself on the screen."""

RUN = 32
"""Pictures looked back on to tell how many come in a second."""


class StreamTrouble(StrEnum):
    """What can be wrong with a stream; the value is the second half of a fault code."""

    FROZEN = "frozen"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Same:
    value: float
    since_s: float
    count: int


class StreamHealth:
    """Looks at every picture's fingerprint and times. Knows no pixels and no time of its own."""

    def __init__(self) -> None:
        self._fingerprint: _Same | None = None
        self._stamp: _Same | None = None
        self._last_s = 0.0
        self._run: deque[float] = deque(maxlen=RUN)
        self._past_fps: float | None = None

    def saw(self, *, fingerprint: int, stamp_s: float | None, came_s: float) -> None:
        """Take note of a picture."""
        self._fingerprint = _counted(self._fingerprint, float(fingerprint), came_s)
        self._stamp = None if stamp_s is None else _counted(self._stamp, stamp_s, came_s)
        self._last_s = came_s
        self._run.append(came_s)

    def rested(self) -> None:
        """No pictures were asked for: the pause says nothing about the camera's speed."""
        self._past_fps = self.fps
        self._run.clear()

    def begin_anew(self) -> None:
        """The camera was opened anew: the past says nothing any more."""
        self._fingerprint = self._stamp = self._past_fps = None
        self._run.clear()

    @property
    def is_frozen(self) -> bool:
        """Whether what came last is the very same picture as before, for longer than a living camera repeats itself."""
        return any(
            same is not None and same.count >= FROZEN_PICTURES and self._last_s - same.since_s >= FROZEN_S
            for same in (self._fingerprint, self._stamp)
        )

    @property
    def has_moved(self) -> bool:
        """Whether the last two pictures differ, so that it is certain by now that the camera lives."""
        return all(same is None or same.count == 1 for same in (self._fingerprint, self._stamp)) and len(self._run) > 1

    @property
    def fps(self) -> float | None:
        """Pictures a second in the present run, or the one before it; None while too few have come."""
        if len(self._run) < 2 or self._run[-1] <= self._run[0]:
            return self._past_fps
        return (len(self._run) - 1) / (self._run[-1] - self._run[0])

    @property
    def is_slow(self) -> bool:
        """Whether pictures come too seldom."""
        fps = self.fps
        return fps is not None and fps < SLOW_BELOW_FPS


def _counted(same: _Same | None, value: float, came_s: float) -> _Same:
    if same is None or same.value != value:
        return _Same(value=value, since_s=came_s, count=1)
    return _Same(value=value, since_s=same.since_s, count=same.count + 1)
