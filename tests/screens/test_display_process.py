import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from kiosk.display.vocabulary import frames, view
from screens import samples
from tests.screens.conftest import ROOT, environment

DEADLINE_S = 60.0

pytestmark = pytest.mark.timeout(120)  # a busy machine takes its time to start Kivy


class Core:
    """Hears everything the display says."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[frames.FromDisplay] = asyncio.Queue()
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(frames.LENGTH_BYTES), "big")
                await self.heard.put(frames.decode_from_display(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def show(self, page: int, shown: view.View) -> None:
        assert self.writer is not None
        self.writer.write(frames.encode(frames.Show(page=page, view=shown)))

    def preview(self, page: int, jpeg: bytes) -> None:
        assert self.writer is not None
        self.writer.write(frames.encode(frames.Preview(page=page, jpeg=jpeg)))

    async def seen(self) -> None:
        """Wait until the display has seen a picture."""
        while not isinstance(await self.heard.get(), frames.PreviewSeen):
            pass

    async def drawn(self, page: int) -> frames.Drawn:
        """Wait for a proof that this page is on the glass."""
        while True:
            heard = await self.heard.get()
            if isinstance(heard, frames.Drawn) and heard.page == page:
                return heard


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    core = Core()
    server = await asyncio.start_unix_server(core.serve, str(tmp_path / "display.sock"))
    yield core
    server.close()


@pytest.fixture
async def display(tmp_path: Path, core: Core) -> AsyncIterator[subprocess.Popen[bytes]]:
    assert core.writer is None
    command = [
        sys.executable,
        "-m",
        "screens",
        "--socket",
        str(tmp_path / "display.sock"),
        "--state-dir",
        str(tmp_path / "state"),
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts nothing that waits
            command, cwd=ROOT, env={**environment(), "HOME": str(tmp_path / "home")}, stdout=log, stderr=log
        )
        yield process
        process.kill()
        process.wait()


async def test_the_display_proves_that_it_draws_and_ends_cleanly(
    core: Core, display: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    async with asyncio.timeout(DEADLINE_S):
        hello = await core.heard.get()
        assert hello == frames.Hello(pid=display.pid)
        of_each_kind = {shown.kind: shown for shown in samples.views(0).values()}
        for number, shown in enumerate(of_each_kind.values(), start=1):
            core.show(number, shown)
            last = number
        first = await core.drawn(last)
        second = await core.drawn(last)
        assert second.frames > first.frames
        display.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(display.wait, 10) == 0
    assert not (tmp_path / "home").exists()
    left = {file.name for file in (tmp_path / "state").rglob("*") if file.is_file()}
    assert all(name.endswith(".otf") for name in left)
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_stopped_display_proves_nothing(core: Core, display: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await core.heard.get()
        core.show(1, samples.views(0)["attract"])
        await core.drawn(1)
        os.kill(display.pid, signal.SIGSTOP)
        while not core.heard.empty():
            core.heard.get_nowait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(core.drawn(1), 2.5)
        os.kill(display.pid, signal.SIGCONT)
        await core.drawn(1)


async def test_pictures_come_one_after_the_other_and_only_while_their_page_stands(
    core: Core, display: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    kept = io.BytesIO()
    Image.new("RGB", (640, 480)).save(kept, "JPEG")
    async with asyncio.timeout(DEADLINE_S):
        await core.heard.get()
        core.show(1, samples.views(0)["face"])
        await core.drawn(1)
        for page in (1, 1, 1, 2):  # the last one is for a page that is not there
            core.preview(page, kept.getvalue())
            await core.seen()
        core.preview(1, b"no picture at all")
        await core.seen()
        await core.drawn(1)
    assert display.poll() is None
    assert "Traceback" not in (tmp_path / "log").read_text()
