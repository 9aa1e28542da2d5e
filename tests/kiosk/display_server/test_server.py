import asyncio
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk.display.server import DisplayServer
from kiosk.display.vocabulary import Intent
from kiosk.display.vocabulary.frames import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    Drawn,
    FromDisplay,
    Hello,
    Show,
    Touched,
    decode_from_core,
    encode,
)
from kiosk.display.vocabulary.intent import Proceed, Start
from kiosk.display.vocabulary.view import Attract, Confirm, Frame, Standing, StillThere

FRAME = Frame(place="光明村", local_time=datetime(2026, 3, 2, tzinfo=UTC))
ATTRACT = Attract(frame=FRAME, address="", topics=(), standing=Standing.ALL_WELL, clerk_task=None)
STILL_THERE = StillThere(frame=FRAME, remaining_s=30, total_s=30)
SECRET = Confirm(frame=FRAME, name="张三丰", number="360426199101010071", area="")


class Screen:
    """A display's end of the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, message: FromDisplay) -> None:
        self.writer.write(encode(message))

    async def shown(self) -> Show:
        async with asyncio.timeout(5):
            length = int.from_bytes(await self._reader.readexactly(LENGTH_BYTES), "big")
            shown = decode_from_core(await self._reader.readexactly(length))
        assert isinstance(shown, Show)
        return shown

    async def is_hung_up(self) -> bool:
        async with asyncio.timeout(5):
            try:
                while await self._reader.read(65536):
                    pass
            except ConnectionError:
                pass
        return True


class Core:
    """A running server and all it has heard."""

    def __init__(self, folder: Path) -> None:
        self.intents: list[Intent] = []
        self.drawn: list[Drawn] = []
        self.hellos = 0
        self.server = DisplayServer(
            path=folder / "display.sock",
            view=ATTRACT,
            on_intent=self.intents.append,
            on_drawn=self.drawn.append,
            on_connected=self._connected,
        )

    def _connected(self) -> None:
        self.hellos += 1

    @asynccontextmanager
    async def screen(self, *, says_hello: bool = True) -> AsyncIterator[Screen]:
        reader, writer = await asyncio.open_unix_connection(self.server.path)
        screen = Screen(reader, writer)
        if says_hello:
            screen.send(Hello(pid=os.getpid()))
        try:
            yield screen
        finally:
            writer.transport.abort()


async def soon(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not fact():  # noqa: ASYNC110  # what is waited for passes through a socket
            await asyncio.sleep(0.002)


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        core = Core(Path(folder))
        task = asyncio.create_task(core.server.run())
        await soon(core.server.path.exists)
        yield core
        task.cancel()
        await asyncio.wait({task})
        assert not core.server.path.exists()


async def test_a_display_is_shown_the_current_page_when_it_says_hello(core: Core) -> None:
    async with core.screen() as screen:
        assert await screen.shown() == Show(page=1, view=ATTRACT)
    assert core.hellos == 1


async def test_every_change_is_shown_and_the_page_number_grows_only_with_the_meaning(core: Core) -> None:
    async with core.screen() as screen:
        await screen.shown()
        core.server.show(STILL_THERE)
        assert (await screen.shown()).page == 2
        core.server.show(replace(STILL_THERE, remaining_s=29))
        assert await screen.shown() == Show(page=2, view=replace(STILL_THERE, remaining_s=29))


async def test_the_same_view_again_is_not_sent_again(core: Core) -> None:
    async with core.screen() as screen:
        await screen.shown()
        core.server.show(replace(ATTRACT))
        core.server.show(STILL_THERE)
        assert (await screen.shown()).view == STILL_THERE


async def test_a_touch_on_the_page_on_the_glass_is_heard(core: Core) -> None:
    async with core.screen() as screen:
        page = (await screen.shown()).page
        screen.send(Touched(page=page, intent=Start()))
        await soon(lambda: core.intents == [Start()])


async def test_a_touch_aimed_at_an_earlier_page_is_dropped(core: Core) -> None:
    async with core.screen() as screen:
        page = (await screen.shown()).page
        core.server.show(STILL_THERE)
        screen.send(Touched(page=page, intent=Proceed()))
        await soon(lambda: core.server.dropped_touches == 1)
        assert core.intents == []


async def test_proof_of_life_is_passed_on(core: Core) -> None:
    async with core.screen() as screen:
        screen.send(Drawn(frames=7, page=1))
        await soon(lambda: core.drawn == [Drawn(frames=7, page=1)])


async def test_a_new_display_takes_the_place_of_the_old_and_goes_on_where_it_was(core: Core) -> None:
    async with core.screen() as first:
        await first.shown()
        core.server.show(SECRET)
        await first.shown()
        async with core.screen() as second:
            assert await second.shown() == Show(page=2, view=SECRET)
            assert await first.is_hung_up()
            core.server.show(STILL_THERE)
            assert (await second.shown()).page == 3


@pytest.mark.parametrize(
    "garbage",
    [
        (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x02\xff\xfe",
        (20_000).to_bytes(4, "big") + b"[" * 20_000,
        encode(Touched(page=1, intent=Start())).replace(b"start", b"smash"),
        encode(Hello(pid=1)),
    ],
    ids=["too_long", "four_gigabytes", "empty", "no_json", "no_utf8", "too_deep", "unknown_intent", "hello_twice"],
)
async def test_a_bad_frame_ends_that_connection_is_logged_and_the_next_display_is_served(core: Core, garbage: bytes) -> None:
    with capture_logs() as logs:
        async with core.screen() as screen:
            await screen.shown()
            screen.writer.write(garbage)
            assert await screen.is_hung_up()
    assert "display.bad_frame" in [entry["event"] for entry in logs]
    async with core.screen() as screen:
        assert (await screen.shown()).view == ATTRACT


async def test_a_connection_cut_in_the_middle_of_a_frame_disturbs_nobody(core: Core) -> None:
    async with core.screen() as screen:
        await screen.shown()
        screen.writer.write(encode(Touched(page=1, intent=Start()))[:-3])
        await screen.writer.drain()
    await soon(lambda: not core.server.is_connected)
    assert core.intents == []


async def test_who_does_not_say_hello_first_is_sent_away(core: Core) -> None:
    async with core.screen(says_hello=False) as screen:
        screen.send(Touched(page=1, intent=Start()))
        assert await screen.is_hung_up()
    assert core.intents == []


async def test_a_display_that_does_not_read_holds_nobody_up_and_costs_no_memory(core: Core) -> None:
    async with core.screen() as screen:
        await screen.shown()
        big = replace(ATTRACT, address="址" * 20_000)
        for number in range(200):
            core.server.show(replace(big, topics=(str(number),)))
            await asyncio.sleep(0)
        async with core.screen() as fresh:
            view = (await fresh.shown()).view
            assert isinstance(view, Attract)
            assert view.topics == ("199",)


async def test_nothing_of_a_page_is_ever_logged(core: Core) -> None:
    with capture_logs() as logs:
        async with core.screen() as screen:
            await screen.shown()
            core.server.show(SECRET)
            await screen.shown()
            screen.send(Touched(page=1, intent=Start()))
            await soon(lambda: core.server.dropped_touches == 1)
    assert "张三丰" not in str(logs)
    assert "360426" not in str(logs)


async def test_the_socket_belongs_to_this_user_alone(core: Core) -> None:
    assert stat.S_IMODE(core.server.path.stat().st_mode) == 0o600


async def test_a_socket_left_by_a_killed_core_is_in_nobodys_way() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        core = Core(Path(folder))
        core.server.path.write_bytes(b"")
        task = asyncio.create_task(core.server.run())
        await soon(core.server.path.is_socket)
        async with core.screen() as screen:
            await screen.shown()
        task.cancel()
        await asyncio.wait({task})


def test_a_state_folder_too_deep_for_a_socket_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter state folder"):
        Core(tmp_path / ("d" * 120))
