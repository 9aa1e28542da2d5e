import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.display.vocabulary import frames, intent
from screens import samples
from screens.link import Link

DEADLINE_S = 5.0


class Core:
    """The core's end of the socket, as far as the link can tell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: asyncio.Queue[frames.FromDisplay] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self.writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self.writers:
            writer.close()
        self.writers.clear()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(frames.LENGTH_BYTES), "big")
                await self.heard.put(frames.decode_from_display(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def send(self, raw: bytes) -> None:
        self.writers[-1].write(raw)


class Glass:
    """What the link would draw on."""

    def __init__(self) -> None:
        self.shown: list[frames.Show] = []
        self.previewed: list[frames.Preview] = []
        self.lost = 0

    def show(self, show: frames.Show) -> None:
        self.shown.append(show)

    def preview(self, preview: frames.Preview) -> None:
        self.previewed.append(preview)

    def lose(self) -> None:
        self.lost += 1


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - what is waited for is asked of the link, which knows no test
            await asyncio.sleep(0.005)


@asynccontextmanager
async def linked(core: Core, glass: Glass) -> AsyncIterator[Link]:
    link = Link(core.path, shown=glass.show, previewed=glass.preview, lost=glass.lose)
    running = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    core = Core(tmp_path / "display.sock")
    yield core
    if core.writers or core.path.exists():
        await core.stop()


async def hello(core: Core) -> frames.FromDisplay:
    return await asyncio.wait_for(core.heard.get(), DEADLINE_S)


SHOW = frames.Show(page=3, view=samples.views(0)["catalogue"])


async def test_the_display_says_hello_and_draws_what_it_is_told(core: Core) -> None:
    glass = Glass()
    await core.start()
    async with linked(core, glass):
        assert isinstance(await hello(core), frames.Hello)
        core.send(frames.encode(SHOW))
        await until(lambda: glass.shown == [SHOW])


async def test_a_touch_carries_the_page_it_was_made_on(core: Core) -> None:
    await core.start()
    async with linked(core, Glass()) as link:
        await hello(core)
        link.touched(page=3, intent=intent.GoHome())
        assert await hello(core) == frames.Touched(page=3, intent=intent.GoHome())


async def test_a_frame_in_single_bytes_is_the_same_frame(core: Core) -> None:
    glass = Glass()
    await core.start()
    async with linked(core, glass):
        await hello(core)
        for byte in frames.encode(SHOW):
            core.send(bytes([byte]))
            await core.writers[-1].drain()
        await until(lambda: glass.shown == [SHOW])


async def test_a_picture_is_shown_and_the_core_told_that_it_has_been_seen(core: Core) -> None:
    glass = Glass()
    picture = frames.Preview(page=3, jpeg=bytes(range(256)) * 400)
    await core.start()
    async with linked(core, glass):
        await hello(core)
        core.send(frames.encode(picture))
        assert await hello(core) == frames.PreviewSeen()
    assert glass.previewed == [picture]


async def test_a_core_that_is_not_there_yet_is_waited_for(core: Core) -> None:
    glass = Glass()
    async with linked(core, glass) as link:
        await until(lambda: glass.lost == 1)
        link.touched(page=0, intent=intent.Start())
        await core.start()
        assert isinstance(await hello(core), frames.Hello)
    assert glass.lost == 1


async def test_a_core_that_went_is_found_again(core: Core) -> None:
    glass = Glass()
    await core.start()
    async with linked(core, glass):
        await hello(core)
        await core.stop()
        await until(lambda: glass.lost == 1)
        await core.start()
        assert isinstance(await hello(core), frames.Hello)
        core.send(frames.encode(SHOW))
        await until(lambda: glass.shown == [SHOW])


@pytest.mark.parametrize("raw", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x03\xff\xfe\x00"])
async def test_nonsense_ends_the_connection_and_a_new_one_begins(core: Core, raw: bytes) -> None:
    glass = Glass()
    await core.start()
    async with linked(core, glass):
        await hello(core)
        core.send(raw)
        await until(lambda: glass.lost == 1)
        assert isinstance(await hello(core), frames.Hello)
    assert glass.shown == []
