"""Link: the display's end of the Unix socket. Reconnects for ever; the core may die and come back as it likes."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import structlog

from kiosk.display.vocabulary import frames
from kiosk.display.vocabulary.intent import Intent

RETRY_S = 0.5
"""Seconds between attempts to reach the core: it is on this machine, so an attempt costs nothing."""

_log = structlog.get_logger(__name__)


class Link:
    """Carries Shows and Previews in, Touched and Drawn out, on the loop that also draws.

    Args:
        socket: Where the core listens.
        shown: Called with each Show.
        previewed: Called with each Preview; the core is told that it has been seen when this returns.
        lost: Called once whenever the core is gone, and at the start if it is not there yet.
    """

    def __init__(
        self,
        socket: Path,
        *,
        shown: Callable[[frames.Show], None],
        previewed: Callable[[frames.Preview], None],
        lost: Callable[[], None],
    ) -> None:
        self._socket = socket
        self._shown = shown
        self._previewed = previewed
        self._lost = lost
        self._writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        """Connect, read, and begin again; ends only by being cancelled."""
        is_lost = False
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(str(self._socket))
                self._send(frames.Hello(pid=os.getpid()))
                _log.info("core_found")
                is_lost = False
                await self._read(reader)
            except (OSError, ValueError, asyncio.IncompleteReadError) as error:
                if not is_lost:
                    _log.info("core_lost", error=type(error).__name__)
            finally:
                self._close()
            if not is_lost:
                self._lost()
            is_lost = True
            await asyncio.sleep(RETRY_S)

    def touched(self, *, page: int, intent: Intent) -> None:
        """Send what a touch means; without a core it means nothing and is dropped."""
        self._send(frames.Touched(page=page, intent=intent))

    def drawn(self, *, count: int, page: int) -> None:
        """Send the proof of life."""
        self._send(frames.Drawn(frames=count, page=page))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            length = int.from_bytes(await reader.readexactly(frames.LENGTH_BYTES), "big")
            if length > frames.MAX_FRAME_BYTES:
                raise ValueError(f"frame of {length} bytes from the core, at most {frames.MAX_FRAME_BYTES} allowed")
            match frames.decode_from_core(await reader.readexactly(length)):
                case frames.Show() as show:
                    self._shown(show)
                case frames.Preview() as preview:
                    self._previewed(preview)
                    self._send(frames.PreviewSeen())

    def _send(self, message: frames.FromDisplay) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(frames.encode(message))

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
