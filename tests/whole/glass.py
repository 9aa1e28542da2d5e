"""The display's end of the socket, without a window: what is shown, and touches."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.display.vocabulary import frames
from kiosk.display.vocabulary.intent import Intent
from kiosk.display.vocabulary.view import View

DRAWN_EVERY_S = 0.5


class Glass:
    """Shows nothing to anybody, and remembers the newest page and how many pictures came."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._show: frames.Show | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Event()
        self.pictures = 0
        self.shown: list[tuple[float, str]] = []
        """Every page that came, with the monotonic second it came at."""

    @property
    def view(self) -> View:
        """What is shown now."""
        assert self._show is not None, "nothing was ever shown"
        return self._show.view

    @property
    def page(self) -> str:
        """Kind of the page shown now; empty before the first."""
        return "" if self._show is None else self._show.view.kind

    async def run(self) -> None:
        """Connect, and again whenever the core is gone."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, self._writer = await asyncio.open_unix_connection(str(self._socket))
                self._send(frames.Hello(pid=os.getpid()))
                beating = asyncio.create_task(self._beat())
                try:
                    await self._read(reader)
                finally:
                    beating.cancel()
                    self._writer.close()
            await asyncio.sleep(0.02)

    async def until(self, look: Callable[[View], bool], *, what: str, within_s: float) -> float:
        """Wait for a page that looks like this; returns the seconds it took."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(within_s):
                while self._show is None or not look(self._show.view):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            seen = "nothing" if self._show is None else repr(self._show.view)
            raise AssertionError(f"{what}: not within {within_s} s; shown: {seen}") from None
        return time.monotonic() - began

    @property
    def number(self) -> int:
        """Number of the page that is shown."""
        assert self._show is not None, "nothing was ever shown"
        return self._show.page

    def touch(self, intent: Intent, *, on: int | None = None) -> None:
        """Touch the page that is shown, or one that was: the finger was already on its way."""
        self._send(frames.Touched(page=self.number if on is None else on, intent=intent))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            length = int.from_bytes(await reader.readexactly(frames.LENGTH_BYTES), "big")
            message = frames.decode_from_core(await reader.readexactly(length))
            if isinstance(message, frames.Show):
                if self._show is None or self._show.view.kind != message.view.kind:
                    self.shown.append((time.monotonic(), message.view.kind))
                self._show = message
                self._changed.set()
            else:
                self.pictures += 1
                self._send(frames.PreviewSeen())

    async def _beat(self) -> None:
        count = 0
        while True:
            count += 1
            self._send(frames.Drawn(frames=count, page=0 if self._show is None else self._show.page))
            await asyncio.sleep(DRAWN_EVERY_S)

    def _send(self, message: frames.FromDisplay) -> None:
        assert self._writer is not None
        self._writer.write(frames.encode(message))
