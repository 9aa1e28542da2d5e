"""What waits to be written, so that a fault passes a thousand heartbeats, and nothing of one kiosk passes anything of it."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from telemetry.fleet.reception import Heard
from telemetry.fleet.voices import Voice
from telemetry.wire.messages import Heartbeat
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class WentQuiet:
    """A kiosk is past its deadline; ``heard_s`` is when it was last heard, so that a voice meanwhile wins."""

    voice: Voice
    is_alarming: bool
    heard_s: float
    at: datetime

    @property
    def kiosk(self) -> KioskId:
        """Whose silence it is."""
        return self.voice.kiosk


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """A second is over: what is kept beside the records looks at the time."""

    at: datetime


Item = Heard | WentQuiet | TimePassed


class Queue:
    """Belongs to one event loop. Items are whole messages; heartbeats without news wait elsewhere (see ``pulse_queue``)."""

    def __init__(self) -> None:
        self._words: deque[Item] = deque()
        self._beats: dict[Voice, Heard] = {}
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Items waiting."""
        return len(self._words) + len(self._beats)

    @property
    def has_words(self) -> bool:
        """Whether anything waits that is to be written soon."""
        return bool(self._words)

    @property
    def has_beats(self) -> bool:
        """Whether heartbeats with news wait."""
        return bool(self._beats)

    def put(self, item: Item) -> None:
        """Queue an item. A heartbeat takes the place of the one before it, if that still waits."""
        self._news.set()
        if isinstance(item, TimePassed):
            self._words.append(item)
            return
        before = self._beats.pop(item.voice, None)
        if isinstance(item, Heard) and isinstance(item.message, Heartbeat) and not item.number:
            item.voice.unwritten += before is None
            self._beats[item.voice] = item
            return
        if before is not None:
            self._words.append(before)
        item.voice.unwritten += 1
        self._words.append(item)

    async def news(self, *, within_s: float) -> None:
        """Wait until something is put, at most so long."""
        self._news.clear()
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError:
            pass

    def take(self, *, words: int, beats: int) -> list[Item]:
        """Return what comes next: words before heartbeats, each at most so many."""
        return [*self._taken_words(words), *self._taken_beats(beats)]

    def _taken_words(self, count: int) -> Iterator[Item]:
        while self._words and count:
            count -= 1
            yield self._words.popleft()

    def _taken_beats(self, count: int) -> Iterator[Item]:
        for voice in [voice for voice, _ in zip(self._beats, range(count), strict=False)]:
            yield self._beats.pop(voice)
