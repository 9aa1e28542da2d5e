"""One stream a tab: which kiosks changed, so that it fetches what it shows again. Holds no more than its place in the ring."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from telemetry.fleet.changes import Change, Changes
from telemetry.fleet.store.scope import EVERYWHERE
from telemetry.fleet.web.who import Asking

BEAT_S = 2
"""A tab that hears nothing for two beats and a half says that its data is old."""
RETRY_MS = 1_000
SEND_DEADLINE_S = 10.0
"""A browser that takes nothing for so long is dropped; it comes back by itself and fetches everything."""
MOST_STREAMS = 500
"""Tabs served at once; the next is asked to come back. Each costs two small tasks and no database connection."""
LONGEST_S = 300.0
"""A stream ends after so long and its tab comes back, past the door: who was signed out elsewhere hears no more."""
MOST_NAMED = 200
"""More kiosks than this at once are said as 'everything'."""


class Streams:
    """Every open stream of one server. ``close`` ends them all, so that a server can stop at once."""

    def __init__(self, changes: Changes, *, now: Callable[[], datetime]) -> None:
        self._changes = changes
        self._now = now
        self._closing = asyncio.Event()
        self._open = 0

    @property
    def open_streams(self) -> int:
        """How many tabs are listening."""
        return self._open

    @property
    def latest(self) -> int:
        """Up to which change a page rendered now is true."""
        return self._changes.latest

    def close(self) -> None:
        """End every stream, now and for good. Call it on the loop before the server is told to stop."""
        self._closing.set()

    def has_room(self) -> bool:
        """Whether one more tab is served."""
        return self._open < MOST_STREAMS and not self._closing.is_set()

    def beat(self) -> ServerSentEvent:
        """Say that the stream lives, and what time it is here."""
        return ServerSentEvent(event="beat", data=self._now().isoformat())

    async def events(self, *, after: int | None, counties: frozenset[str] = EVERYWHERE) -> AsyncIterator[ServerSentEvent]:
        """Yield events until the tab goes, its time is over, or the server closes: hello, then change or reload.

        Args:
            after: The last event the tab has seen, or None to begin now.
            counties: Whose kiosks the reader may hear of; empty: all.
        """
        self._open += 1
        # The ring is asked lazily: fix the place now, or what changes while "hello" travels is lost.
        news = self._changes.subscribe(after=self._changes.latest if after is None else after)
        closing = asyncio.ensure_future(self._closing.wait())
        coming: asyncio.Future[Change] | None = None
        loop = asyncio.get_running_loop()
        over_s = loop.time() + LONGEST_S
        try:
            yield ServerSentEvent(event="hello", data=self._now().isoformat(), retry=RETRY_MS)
            while True:
                coming = asyncio.ensure_future(anext(news))
                await asyncio.wait({coming, closing}, timeout=over_s - loop.time(), return_when=asyncio.FIRST_COMPLETED)
                if closing.done() or not coming.done():
                    return
                if (change := _visible(coming.result(), counties)) is not None:
                    yield _said(change)
        finally:
            self._open -= 1
            closing.cancel()
            if coming is not None:
                coming.cancel()


def router(streams: Streams) -> APIRouter:
    """Return ``/events``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/events")
    async def events(
        person: Asking,
        after: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
        last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    ) -> EventSourceResponse:
        """Follow the fleet. A browser that lost its stream names the last event it saw and is told what it missed."""
        if not streams.has_room():
            raise HTTPException(503, "too many open streams", headers={"Retry-After": "10"})
        return EventSourceResponse(
            streams.events(after=_seen(after, last_event_id), counties=person.counties),
            ping=BEAT_S,
            ping_message_factory=streams.beat,
            send_timeout=SEND_DEADLINE_S,
        )

    return routes


def _seen(after: int | None, last_event_id: str | None) -> int | None:
    if not last_event_id:
        return after
    return int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0


def _visible(change: Change, counties: frozenset[str]) -> Change | None:
    """Return as much of a change as its reader may know of, or None."""
    if not counties or change.is_everything:
        return change
    seen = frozenset(kiosk for kiosk in change.kiosks if kiosk.county in counties)
    return replace(change, kiosks=seen) if seen else None


def _said(change: Change) -> ServerSentEvent:
    if change.is_everything or len(change.kiosks) > MOST_NAMED:
        return ServerSentEvent(event="reload", data="", id=str(change.id))
    names = sorted(f"{kiosk.county}/{kiosk.kiosk}" for kiosk in change.kiosks)
    return ServerSentEvent(event="change", data=json.dumps({"kiosks": names}), id=str(change.id))
