"""Everybody who asks is told what changed; whoever was away is told what was missed, or to begin afresh."""

import asyncio
from contextlib import aclosing

from telemetry.fleet.changes import KEPT_CHANGES, Change, Changes
from telemetry.wire.topics import KioskId

K1 = KioskId(county="demo", kiosk="K1")
K2 = KioskId(county="demo", kiosk="K2")


async def _next(changes: Changes, *, after: int | None = None) -> Change:
    async with asyncio.timeout(5), aclosing(changes.subscribe(after=after)) as news:
        return await anext(news)


async def test_a_change_reaches_every_listener() -> None:
    changes = Changes(first_id=100)
    listeners = [asyncio.create_task(_next(changes)) for _ in range(3)]
    await asyncio.sleep(0)
    changes.publish([K1])
    assert [await listener for listener in listeners] == [Change(id=101, kiosks=frozenset({K1}))] * 3


async def test_what_was_missed_comes_as_one_change() -> None:
    changes = Changes(first_id=100)
    for kiosk in (K1, K2, K1):
        changes.publish([kiosk])
    assert await _next(changes, after=101) == Change(id=103, kiosks=frozenset({K1, K2}))


async def test_who_was_away_too_long_begins_afresh() -> None:
    changes = Changes(first_id=100)
    for _ in range(KEPT_CHANGES + 5):
        changes.publish([K1])
    assert (await _next(changes, after=101)).is_everything
    assert (await _next(changes, after=changes.latest + 500)).is_everything, "it has seen the future of another server"
    assert not (await _next(changes, after=changes.latest - KEPT_CHANGES)).is_everything


async def test_who_has_just_seen_the_last_change_waits() -> None:
    changes = Changes(first_id=100)
    waiting = asyncio.create_task(_next(changes, after=100))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    changes.publish([])
    changes.publish([K2])
    assert (await waiting).kiosks == {K2}


async def test_after_a_restart_an_old_browser_begins_afresh() -> None:
    assert (await _next(Changes(first_id=5_000), after=17)).is_everything
