"""The scribe's process, kept running: started, watched, started again, and never outliving the service."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from telemetry.fleet.pulse import PulseRow
from telemetry.fleet.scribe import frames
from telemetry.fleet.scribe.frames import Answer, Outcome
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError

log = structlog.get_logger()

READY_WITHIN_S = 30.0
"""Its imports take half a second; the rest is for a busy machine."""
ANSWERS_WITHIN_S = 60.0
"""A batch waits ten seconds for SQLite's lock and thirty for PostgreSQL at most; a scribe that says nothing for longer hangs."""
END_WITHIN_S = 3.0
FIRST_BACKOFF_S = 0.2
LAST_BACKOFF_S = 10.0
STEADY_S = 30.0
"""A scribe that ran for so long is started again without delay."""


class PulseStore(Protocol):
    """Who stores pulses."""

    async def write(self, rows: Sequence[PulseRow], *, now: datetime) -> None:
        """Store rows, all of them or none; none that is older than what is there. One call at a time.

        Args:
            rows: Of one kiosk at most one.
            now: Server's clock.

        Raises:
            StoreUnavailableError: Perhaps nothing was stored; the same rows may be given again.
            UnstorableError: Nothing was stored, and never will be.
        """


class ScribeProcess:
    """One scribe for one database. Belongs to one event loop."""

    def __init__(self, store_url: str, *, on_start: Callable[[], None]) -> None:
        """Prepare.

        Args:
            store_url: The database, told over the pipe: a command line is everybody's to read.
            on_start: Called whenever one is started.
        """
        self._store_url = store_url
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None
        self._is_ready = False
        self._number = 0

    @property
    def pid(self) -> int | None:
        """The process running now, once it takes batches."""
        return self._process.pid if self._process is not None and self._is_ready else None

    async def write(self, rows: Sequence[PulseRow], *, now: datetime) -> None:
        """Have a batch stored; see ``PulseStore``."""
        process = self._process
        if process is None or not self._is_ready:
            raise StoreUnavailableError("the scribe is away")
        self._number += 1
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                said = await self._asked(process, frames.batch(self._number, rows, now=now), self._number)
        except TimeoutError as error:
            _kill(process)
            raise StoreUnavailableError(f"the scribe said nothing for {ANSWERS_WITHIN_S:g} s") from error
        except (ValueError, asyncio.IncompleteReadError, OSError) as error:
            _kill(process)
            raise StoreUnavailableError("the scribe ended over a batch") from error
        match said.outcome:
            case Outcome.STORED:
                return
            case Outcome.AWAY:
                raise StoreUnavailableError(said.why)
            case Outcome.POISON:
                raise UnstorableError(said.why)

    async def keep(self) -> None:
        """Keep one running for ever. Cancelling leaves it to ``end``."""
        loop = asyncio.get_running_loop()
        backoff_s = FIRST_BACKOFF_S
        while True:
            began_s = loop.time()
            process = await self._start()
            if process is not None:
                code = await process.wait()
                self._is_ready = False
                log.warning("scribe ended", code=code)
            if loop.time() - began_s > STEADY_S:
                backoff_s = FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(LAST_BACKOFF_S, backoff_s * 2)

    async def end(self) -> None:
        """End it: what it was given is stored first, if that does not take long. Twice is fine."""
        process, self._process, self._is_ready = self._process, None, False
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await process.wait()
        except TimeoutError:
            _kill(process)
            await process.wait()

    async def _start(self) -> asyncio.subprocess.Process | None:
        """Start one, and wait until it takes batches; None when it does not come to that."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "telemetry.fleet.scribe", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self._process = process
        self._on_start()
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await self._asked(process, frames.framed(self._store_url.encode()), 0)
        except (TimeoutError, ValueError, asyncio.IncompleteReadError, OSError) as error:
            _kill(process)
            log.warning("scribe not started", code=await process.wait(), error=str(error))
            return None
        self._is_ready = True
        return process

    async def _asked(self, process: asyncio.subprocess.Process, said: bytes, number: int) -> Answer:
        """Say something, and return the answer to it; one that nobody waited for any more is passed over."""
        if process.stdin is None or process.stdout is None:
            raise ValueError("started without pipes")
        process.stdin.write(said)
        await process.stdin.drain()
        while True:
            length = frames.length_of(await process.stdout.readexactly(frames.LENGTH_BYTES))
            heard = frames.answer_of(await process.stdout.readexactly(length))
            if heard.number == number:
                return heard


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
