"""Who is told that something changed: every open dashboard, through one bounded ring."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

from telemetry.wire.topics import KioskId

KEPT_CHANGES = 2_000
"""How far back a browser that lost its stream can be told exactly what it missed; further back it is told 'everything'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something about these kiosks is different from before: read it again.

    Attributes:
        id: Grows with every change, also across restarts of the server; the ``id:`` of an SSE event.
        kiosks: Whose rows changed; empty when it is not known any more, and everything must be read again.
    """

    id: int
    kiosks: frozenset[KioskId]

    @property
    def is_everything(self) -> bool:
        """Whether the reader has to start afresh."""
        return not self.kiosks


class Changes:
    """A broadcast inside one process. Belongs to the event loop; nobody's slowness holds up anybody."""

    def __init__(self, *, first_id: int) -> None:
        """Begin.

        Args:
            first_id: Above every id of an earlier process, e.g. the wall clock in milliseconds.
        """
        self._latest = first_id
        self._ring: deque[Change] = deque(maxlen=KEPT_CHANGES)
        self._news = asyncio.Event()

    @property
    def latest(self) -> int:
        """The id of the last change; a page rendered now is true up to here."""
        return self._latest

    def publish(self, kiosks: Iterable[KioskId]) -> None:
        """Tell everybody that these kiosks changed."""
        changed = frozenset(kiosks)
        if not changed:
            return
        self._tell(changed)

    def publish_everything(self) -> None:
        """Tell everybody that more changed than is worth naming."""
        self._tell(frozenset())

    async def subscribe(self, *, after: int | None = None) -> AsyncGenerator[Change, None]:
        """Yield each change, for ever; end it by closing the iterator.

        What came while the reader was busy comes as one change. A reader who was away for longer than the ring
        remembers, or who comes from another server, gets one that means everything.

        Args:
            after: Id the reader has seen last (Last-Event-ID), or None to begin now.
        """
        seen = self._latest if after is None else after
        while True:
            news = self._news
            change = self._since(seen)
            if change is None:
                await news.wait()
            else:
                seen = change.id
                yield change

    def _tell(self, changed: frozenset[KioskId]) -> None:
        self._latest += 1
        self._ring.append(Change(id=self._latest, kiosks=changed))
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _since(self, seen: int) -> Change | None:
        if seen == self._latest:
            return None
        oldest = self._ring[0].id if self._ring else self._latest + 1
        if seen > self._latest or seen < oldest - 1:
            return Change(id=self._latest, kiosks=frozenset())
        missed = [change.kiosks for change in self._ring if change.id > seen]
        return Change(id=self._latest, kiosks=frozenset().union(*missed) if all(missed) else frozenset())
