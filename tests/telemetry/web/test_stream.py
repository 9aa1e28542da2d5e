"""The stream: what changed reaches every open tab, what was missed is replayed, and the server can stop at once."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import Engine

from telemetry.fleet.changes import Changes
from telemetry.fleet.web.stream import Streams
from telemetry.wire.topics import KioskId
from tests.telemetry.web.county import NOW
from tests.telemetry.web.served import Served

A, B = KioskId(county="lanxi", kiosk="A-1"), KioskId(county="lanxi", kiosk="B-1")
DEADLINE_S = 5.0


def _streams(changes: Changes) -> Streams:
    return Streams(changes, now=lambda: NOW)


async def _next(events: AsyncIterator[object]) -> object:
    return await asyncio.wait_for(anext(events), DEADLINE_S)


def _said(event: object) -> str:
    return event.encode().decode()  # type: ignore[attr-defined,no-any-return]  # sse-starlette's event


async def test_a_change_is_told_with_its_kiosks_and_its_number() -> None:
    changes = Changes(first_id=10)
    streams = _streams(changes)
    events = streams.events(after=None)
    assert "event: hello" in _said(await _next(events))
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    changes.publish([A])
    said = _said(await asyncio.wait_for(waiting, DEADLINE_S))
    assert "event: change" in said
    assert "id: 11" in said
    assert "lanxi/A-1" in said
    streams.close()


async def test_what_a_tab_missed_is_replayed_from_its_last_number() -> None:
    changes = Changes(first_id=10)
    changes.publish([A])
    changes.publish([B])
    streams = _streams(changes)
    events = streams.events(after=10)
    await _next(events)
    said = _said(await _next(events))
    assert "lanxi/A-1" in said
    assert "lanxi/B-1" in said
    assert "id: 12" in said
    streams.close()


@pytest.mark.parametrize("after", [0, 99_999])
async def test_a_tab_away_for_too_long_is_told_to_read_everything(after: int) -> None:
    changes = Changes(first_id=10)
    changes.publish([A])
    streams = _streams(changes)
    events = streams.events(after=after)
    await _next(events)
    assert "event: reload" in _said(await _next(events))
    streams.close()


async def test_closing_ends_every_stream_at_once() -> None:
    streams = _streams(Changes(first_id=1))
    tabs = [streams.events(after=None) for _ in range(3)]
    for tab in tabs:
        await _next(tab)
    assert streams.open_streams == 3
    endings = [asyncio.ensure_future(anext(tab)) for tab in tabs]
    await asyncio.sleep(0)
    streams.close()
    done = await asyncio.wait_for(asyncio.gather(*endings, return_exceptions=True), DEADLINE_S)
    assert all(isinstance(one, StopAsyncIteration) for one in done)
    assert streams.open_streams == 0
    assert not streams.has_room()


def test_a_real_server_tells_replays_and_stops_with_a_tab_open(embedded: Engine) -> None:
    with Served(embedded) as server, httpx.Client(base_url=server.url, timeout=DEADLINE_S) as client:
        with client.stream("GET", "/events") as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            lines = answer.iter_lines()
            assert "event: hello" in _until(lines, "event: hello")
            server.publish([A])
            _until(lines, "event: change")
            data = next(line for line in lines if line.startswith("data:"))
            assert json.loads(data.removeprefix("data:")) == {"kiosks": ["lanxi/A-1"]}
        with client.stream("GET", "/events", headers={"Last-Event-ID": "1"}) as answer:
            lines = answer.iter_lines()
            _until(lines, "event: change")
            server.stop()
            assert list(lines) is not None


def _until(lines: object, wanted: str) -> str:
    return next(line for line in lines if line.strip() == wanted)  # type: ignore[attr-defined,no-any-return]  # httpx's iterator
