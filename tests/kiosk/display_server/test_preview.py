import asyncio
import gc
import os
import tempfile
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk.display.server import DisplayServer
from kiosk.display.vocabulary.frames import (
    LENGTH_BYTES,
    MAX_PREVIEW_BYTES,
    FromCore,
    Hello,
    Preview,
    PreviewSeen,
    Show,
    decode_from_core,
    encode,
)
from kiosk.display.vocabulary.view import Face, FacePrompt, FaceWay, Frame, Help, Scan, ScanState

FRAME = Frame(place="光明村", local_time=datetime(2026, 3, 2, tzinfo=UTC))
FACE = Face(frame=FRAME, prompt=FacePrompt.NO_FACE, other_ways=(FaceWay.WITHOUT_FACE,), remaining_s=30)
SCAN = Scan(frame=FRAME, hint="医院发票", pages=0, at_most=10, state=ScanState.WAITING)
HELP = Help(frame=FRAME, clerk_phone="0759-555-0102", help_phone="12345", repair_reported=False)
QUIET_S = 0.05
"""Long enough for what should not come to come, over a socket of this machine."""


def picture(number: int, *, size: int = 30_000) -> bytes:
    """Bytes that are as long as a JPEG; the server does not look into them."""
    return number.to_bytes(4, "big") + bytes(size)


class Screen:
    """A display's end of the socket, that says it has seen a picture only when told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def next(self, *, within_s: float = 5.0) -> FromCore:
        async with asyncio.timeout(within_s):
            length = int.from_bytes(await self._reader.readexactly(LENGTH_BYTES), "big")
            return decode_from_core(await self._reader.readexactly(length))

    async def is_quiet(self) -> bool:
        try:
            await self.next(within_s=QUIET_S)
        except TimeoutError:
            return True
        return False

    def has_seen(self) -> None:
        self._writer.write(encode(PreviewSeen()))


@pytest.fixture
async def server() -> AsyncIterator[DisplayServer]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        server = DisplayServer(
            path=Path(folder) / "display.sock",
            view=FACE,
            on_intent=lambda _: None,
            on_drawn=lambda _: None,
            on_connected=lambda: None,
        )
        task = asyncio.create_task(server.run())
        async with asyncio.timeout(5):
            while not server.path.exists():  # noqa: ASYNC110  # the socket appears in the folder, and nothing tells of it
                await asyncio.sleep(0.002)
        yield server
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
async def screen(server: DisplayServer) -> AsyncIterator[Screen]:
    reader, writer = await asyncio.open_unix_connection(server.path)
    writer.write(encode(Hello(pid=os.getpid())))
    screen = Screen(reader, writer)
    assert await screen.next() == Show(page=1, view=FACE)
    yield screen
    writer.transport.abort()


def test_a_picture_comes_through_the_socket_as_it_was() -> None:
    sent = Preview(page=7, jpeg=bytes(range(256)))
    frame = encode(sent)
    assert int.from_bytes(frame[:LENGTH_BYTES], "big") == len(frame) - LENGTH_BYTES
    assert decode_from_core(frame[LENGTH_BYTES:]) == sent


def test_the_repr_of_a_picture_shows_nothing_of_it() -> None:
    assert "xff" not in repr(Preview(page=1, jpeg=b"\xff\xd8"))


async def test_a_picture_is_sent_with_the_page_it_is_for(server: DisplayServer, screen: Screen) -> None:
    server.preview(picture(1))
    assert await screen.next() == Preview(page=1, jpeg=picture(1))


async def test_no_second_picture_is_under_way_before_the_first_has_been_seen(server: DisplayServer, screen: Screen) -> None:
    server.preview(picture(1))
    await screen.next()
    server.preview(picture(2))
    assert await screen.is_quiet()
    screen.has_seen()
    assert await screen.next() == Preview(page=1, jpeg=picture(2))


async def test_of_the_pictures_that_came_meanwhile_only_the_newest_is_sent(server: DisplayServer, screen: Screen) -> None:
    server.preview(picture(1))
    await screen.next()
    for number in range(2, 50):
        server.preview(picture(number))
    screen.has_seen()
    assert await screen.next() == Preview(page=1, jpeg=picture(49))
    assert server.dropped_pictures == 47
    screen.has_seen()
    assert await screen.is_quiet()


async def test_pictures_flow_as_fast_as_they_are_seen(server: DisplayServer, screen: Screen) -> None:
    for number in range(100):
        server.preview(picture(number))
        assert await screen.next() == Preview(page=1, jpeg=picture(number))
        screen.has_seen()


async def test_a_page_that_shows_no_pictures_gets_none(server: DisplayServer, screen: Screen) -> None:
    server.show(HELP)
    assert await screen.next() == Show(page=2, view=HELP)
    server.preview(picture(1))
    assert await screen.is_quiet()
    assert server.dropped_pictures == 1


async def test_a_picture_of_the_page_before_is_never_sent(server: DisplayServer, screen: Screen) -> None:
    server.preview(picture(1))
    await screen.next()
    server.preview(picture(2))
    server.show(SCAN)
    screen.has_seen()
    assert await screen.next() == Show(page=2, view=SCAN)
    assert await screen.is_quiet()
    server.preview(picture(3))
    assert await screen.next() == Preview(page=2, jpeg=picture(3))


async def test_a_page_is_never_held_up_by_a_picture_that_nobody_has_seen(server: DisplayServer, screen: Screen) -> None:
    server.preview(picture(1))
    await screen.next()
    server.preview(picture(2))
    server.show(replace(FACE, remaining_s=29))
    shown = await screen.next()
    assert isinstance(shown, Show)
    assert shown.view == replace(FACE, remaining_s=29)


async def test_a_picture_that_is_too_large_is_not_sent(server: DisplayServer, screen: Screen) -> None:
    server.preview(bytes(MAX_PREVIEW_BYTES + 1))
    assert await screen.is_quiet()
    assert server.dropped_pictures == 1


async def test_without_a_display_a_picture_goes_nowhere(server: DisplayServer) -> None:
    server.preview(picture(1))
    assert server.dropped_pictures == 1


async def test_a_new_display_is_not_shown_a_picture_of_the_old_one(server: DisplayServer, screen: Screen) -> None:
    server.preview(picture(1))
    await screen.next()
    server.preview(picture(2))
    reader, writer = await asyncio.open_unix_connection(server.path)
    writer.write(encode(Hello(pid=os.getpid())))
    fresh = Screen(reader, writer)
    assert await fresh.next() == Show(page=1, view=FACE)
    assert await fresh.is_quiet()
    server.preview(picture(3))
    assert await fresh.next() == Preview(page=1, jpeg=picture(3))
    writer.transport.abort()


async def test_a_display_that_does_not_read_holds_up_nobody_and_memory_stays_flat(server: DisplayServer, screen: Screen) -> None:
    loop = asyncio.get_running_loop()
    server.preview(picture(0, size=200_000))
    await asyncio.sleep(0)
    gc.collect()
    tracemalloc.start()
    try:
        slowest_s = 0.0
        for number in range(1, 1000):
            began_s = loop.time()
            server.preview(picture(number, size=200_000))
            await asyncio.sleep(0)
            slowest_s = max(slowest_s, loop.time() - began_s)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
    assert slowest_s < 0.5
    first = await screen.next()
    assert isinstance(first, Preview)
    assert first.jpeg[:4] == bytes(4)
    screen.has_seen()
    last = await screen.next()
    assert isinstance(last, Preview)
    assert last.jpeg[:4] == (999).to_bytes(4, "big")


async def test_nothing_of_a_picture_is_ever_logged(server: DisplayServer, screen: Screen) -> None:
    canary = b"CANARY-OF-A-FACE"
    with capture_logs() as logs:
        server.preview(canary * 10)
        await screen.next()
        server.preview(canary * 10)
        server.preview(canary * MAX_PREVIEW_BYTES)
        server.show(HELP)
        screen.has_seen()
        await screen.next()
    assert "CANARY" not in str(logs)
