"""The core's end of the Unix socket: shows Views to the one display, and hears its touches."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import structlog

from kiosk.display.touch_meaning import touch_meaning_changed
from kiosk.display.vocabulary.frames import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    MAX_PREVIEW_BYTES,
    Drawn,
    FromDisplay,
    Hello,
    Preview,
    PreviewSeen,
    Show,
    Touched,
    decode_from_display,
    encode,
)
from kiosk.display.vocabulary.intent import Intent
from kiosk.display.vocabulary.view import Face, Scan, View

log = structlog.get_logger(__name__)

HELLO_S = 10.0
"""Seconds a connection may take to say Hello before it is closed."""

LONGEST_PATH_BYTES = 107
"""Linux keeps a Unix socket's path in 108 bytes, the last of them zero (unix(7))."""

SHOW_PICTURES = (Face, Scan)
"""The pages a camera's pictures are shown on; for any other there are none."""


class BadFrameError(Exception):
    """The other side sent something that is no frame. Says which kind of wrong, never what was in it."""


class _Connection:
    """One display at the other end, and whether there is something new for it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        # Nothing waits on our side of the socket: what has not left is replaced by what is newer.
        writer.transport.set_write_buffer_limits(high=0)
        self.writer = writer
        self.has_news = asyncio.Event()
        self.owes_view = True
        self.awaits_seen = False


class DisplayServer:
    """Accepts one display; a new one takes the place of the old. Never waits for a display that does not read.

    The page number starts at 1 and grows whenever the meaning of a touch changes; a touch on an older page is dropped.

    Args:
        path: Where the socket is made; readable by this user alone.
        view: What to show until ``show`` is called.
        on_intent: Called on the loop with what a touch on the current page means.
        on_drawn: Called on the loop with every proof of life.
        on_connected: Called on the loop whenever a display has said Hello.
    """

    def __init__(
        self,
        *,
        path: Path,
        view: View,
        on_intent: Callable[[Intent], None],
        on_drawn: Callable[[Drawn], None],
        on_connected: Callable[[], None],
    ) -> None:
        if len(bytes(path)) > LONGEST_PATH_BYTES:
            raise ValueError(
                f"{path}: a Unix socket's path has at most {LONGEST_PATH_BYTES} bytes; choose a shorter state folder"
            )
        self._path = path
        self._view = view
        self._page = 1
        self._on_intent = on_intent
        self._on_drawn = on_drawn
        self._on_connected = on_connected
        self._current: _Connection | None = None
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._dropped_touches = 0
        self._picture: bytes | None = None
        self._dropped_pictures = 0

    @property
    def path(self) -> Path:
        """Where a display connects."""
        return self._path

    @property
    def page(self) -> int:
        """Number of the page that is meant to be on the glass."""
        return self._page

    @property
    def is_connected(self) -> bool:
        """Whether a display has said Hello and is still there."""
        return self._current is not None

    @property
    def dropped_touches(self) -> int:
        """Touches that came for a page no longer shown."""
        return self._dropped_touches

    @property
    def dropped_pictures(self) -> int:
        """Pictures that were never sent: a newer one came first, the page shows none, or they were too large."""
        return self._dropped_pictures

    def show(self, view: View) -> None:
        """Show a View as soon as the display can take it; a View not yet sent is replaced, never queued."""
        if view == self._view:
            return
        if touch_meaning_changed(self._view, view):
            self._page += 1
            self._forget_picture()
        self._view = view
        if self._current is not None:
            self._current.owes_view = True
            self._current.has_news.set()

    def preview(self, jpeg: bytes) -> None:
        """Show what the camera sees, if the page on the glass is one that shows it.

        Costs nothing when it cannot be shown. The next picture is sent when the display has shown the last one, and then it is
        the newest: nothing is queued, and a display that does not read holds up nobody.

        Args:
            jpeg: A JPEG file, at most ``MAX_PREVIEW_BYTES`` long, no wider than 640 pixels.
        """
        connection = self._current
        if connection is None or not isinstance(self._view, SHOW_PICTURES) or len(jpeg) > MAX_PREVIEW_BYTES:
            self._dropped_pictures += 1
            return
        self._forget_picture()
        self._picture = jpeg
        connection.has_news.set()

    def _forget_picture(self) -> None:
        if self._picture is not None:
            self._dropped_pictures += 1
            self._picture = None

    async def run(self) -> None:
        """Listen until cancelled; the socket is gone afterwards."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()  # left by a core that was killed; the state folder's lock says it is no longer there
        server = await asyncio.start_unix_server(self._serve, path=self._path, limit=MAX_FRAME_BYTES + LENGTH_BYTES)
        self._path.chmod(0o600)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for writer in self._talks.values():
                writer.transport.abort()
            if self._talks:
                await asyncio.wait(self._talks)
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("asyncio serves every connection in a task of its own")
        self._talks[task] = writer
        connection = _Connection(writer)
        try:
            await self._talk(reader, connection)
        except BadFrameError as error:
            log.warning("display.bad_frame", reason=str(error))
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            log.info("display.gone", reason=type(error).__name__)
        finally:
            if self._current is connection:
                self._current = None
            writer.transport.abort()  # what a stopped display has not read is not waited for
            del self._talks[task]

    async def _talk(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        async with asyncio.timeout(HELLO_S):
            hello = await _read(reader)
        if not isinstance(hello, Hello):
            raise BadFrameError(f"{hello.kind} before hello")
        if self._current is not None:
            log.info("display.replaced", pid=hello.pid)
            self._current.writer.transport.abort()
        self._current = connection
        self._forget_picture()
        log.info("display.connected", pid=hello.pid)
        connection.has_news.set()
        self._on_connected()
        sender = asyncio.create_task(self._send_news(connection), name="display-sender")
        try:
            while self._current is connection:
                self._hear(await _read(reader), connection)
        finally:
            sender.cancel()
            await asyncio.wait({sender})

    def _hear(self, message: FromDisplay, connection: _Connection) -> None:
        match message:
            case Touched():
                if message.page == self._page:
                    self._on_intent(message.intent)
                else:
                    self._dropped_touches += 1
                    log.info("display.touch_dropped", touched=message.page, shown=self._page, intent=message.intent.kind)
            case Drawn():
                self._on_drawn(message)
            case PreviewSeen():
                connection.awaits_seen = False
                if self._picture is not None:
                    connection.has_news.set()
            case Hello():
                raise BadFrameError("hello twice")

    async def _send_news(self, connection: _Connection) -> None:
        with contextlib.suppress(OSError):  # the reading side sees the same end and says so
            while True:
                await connection.has_news.wait()
                connection.has_news.clear()
                if connection.owes_view:
                    connection.owes_view = False
                    connection.writer.write(encode(Show(page=self._page, view=self._view)))
                elif self._picture is not None and not connection.awaits_seen:
                    connection.awaits_seen = True
                    picture, self._picture = self._picture, None
                    connection.writer.write(encode(Preview(page=self._page, jpeg=picture)))
                await connection.writer.drain()
                if self._picture is not None and not connection.awaits_seen:
                    connection.has_news.set()


async def _read(reader: asyncio.StreamReader) -> FromDisplay:
    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if not 0 < length <= MAX_FRAME_BYTES:
        raise BadFrameError(f"length {length}, 1 to {MAX_FRAME_BYTES} allowed")
    body = await reader.readexactly(length)
    try:
        return decode_from_display(body)
    except (ValueError, RecursionError) as error:
        # The body is not repeated: a touch says nothing of a person today, and this keeps it so.
        raise BadFrameError(f"{length} bytes that are no message of a display") from error
