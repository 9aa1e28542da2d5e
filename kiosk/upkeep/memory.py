"""Memory: what upkeep still knows after a restart, in small files of the state folder, written behind the loop's back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError
from kiosk.upkeep.deadline import rest
from kiosk.upkeep.kept_file import read_kept, write_kept

log = structlog.get_logger(__name__)

DEADLINE_S = 8.0
"""Seconds one file may take."""

LOOK_S = 2.0
"""Seconds between two looks at whether somebody at this machine has asked for something."""


class Memory:
    """Small files by name. What is kept last wins; a disk that fails is told once a time and tried again.

    Args:
        folder: The state folder.
        asked: Name of the file in which commands leave their wishes; it is taken away once it was read.
        on_failed: Called on the loop with why something could not be written.
    """

    def __init__(self, folder: Path, *, clock: Clock, asked: str, on_failed: Callable[[str], None] = lambda _why: None) -> None:
        self._folder = folder
        self._clock = clock
        self._asked = asked
        self._on_failed = on_failed
        self._pending: dict[str, object] = {}
        self._known: dict[str, Any] = {}
        self._wake = asyncio.Event()
        self._worker: Worker | None = None

    async def recall(self, name: str) -> Any:  # noqa: ANN401  # JSON is whatever was written; each caller checks its own
        """What was kept under a name before; None when nothing was, or the disk does not answer."""
        try:
            return await self._call(read_kept, self._folder / name)
        except OSError as error:
            log.warning("memory.unreadable", file=name, why=str(error))
            return None

    def keep(self, name: str, content: object) -> None:
        """Keep this from now on. Returns at once; what is the same as before is not written again."""
        if self._known.get(name) != content:
            self._known[name] = content
            self._pending[name] = content
            self._wake.set()

    async def run(self, *, on_asked: Callable[[Any], None]) -> None:
        """Write what is to be kept until cancelled, and hand over what was asked for at this machine."""
        try:
            while True:
                await self._write_all()
                if (wish := await self._taken()) is not None:
                    on_asked(wish)
                await rest(self._clock, LOOK_S, unless=self._wake)
                self._wake.clear()
        finally:
            await self._end()

    async def _write_all(self) -> None:
        for name, content in list(self._pending.items()):
            try:
                await self._call(write_kept, self._folder / name, content)
            except OSError as error:
                self._on_failed(f"{name}: {error.strerror or error}")
                return  # the next look tries again
            if self._pending.get(name) is content:
                del self._pending[name]

    async def _taken(self) -> Any:  # noqa: ANN401  # as recall
        try:
            return await self._call(_take, self._folder / self._asked)
        except OSError as error:
            log.warning("memory.unreadable", file=self._asked, why=str(error))
            return None

    async def _call(self, act: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401  # as recall
        if self._worker is None:
            self._worker = Worker("upkeep memory")
        try:
            return await self._worker.call(act, *arguments, deadline_s=DEADLINE_S)
        except CallDeadlineError as error:
            raise OSError(None, f"the disk did not answer within {DEADLINE_S:g} s") from error
        except WorkerClosedError as error:
            raise OSError(None, "upkeep has ended") from error

    async def _end(self) -> None:
        try:
            await self._write_all()
        finally:
            if self._worker is not None:
                self._worker.close()


def _take(path: Path) -> Any:  # noqa: ANN401  # as recall
    wish = read_kept(path)
    path.unlink(missing_ok=True)
    return wish
