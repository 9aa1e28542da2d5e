"""Storage guard: whether the state folder takes what is written, tried before a record has to rely on it."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError
from kiosk.upkeep.deadline import rest

log = structlog.get_logger(__name__)

STORAGE_FAILED = "core.storage_failed"

PROBE = ".probe"
PROBE_BYTES = 4096
"""One block: a file that fits into its directory entry would be taken by a disk that is full."""

WELL_S = 20.0
"""Seconds between two tries while all is well: each is one write of a flash card."""

FAILED_S = 3.0
"""Seconds between two tries while something is wrong."""

DEADLINE_S = 8.0
"""Seconds one try may take. A worn flash card stalls for a second or two, a dead one for ever."""


class StorageGuard:
    """Writes, syncs and reads back a tiny file, for ever.

    Args:
        folder: The state folder.
        on_trouble: Called on the loop with what is wrong, once when it begins.
        on_well: Called on the loop once it is over.
    """

    def __init__(self, folder: Path, *, clock: Clock, on_trouble: Callable[[str], None], on_well: Callable[[], None]) -> None:
        self._path = folder / PROBE
        self._clock = clock
        self._on_trouble = on_trouble
        self._on_well = on_well
        self._trouble = ""
        self._wake = asyncio.Event()
        self._worker: Worker | None = None

    @property
    def trouble(self) -> str:
        """What is wrong; empty while all is well."""
        return self._trouble

    def failed(self, why: str) -> None:
        """Somebody could not write a record: believed at once, and over once a try succeeds."""
        self._take(why or "a record could not be written")
        self._wake.set()

    async def run(self) -> None:
        """Guard until cancelled."""
        try:
            while True:
                self._take(await self._try())
                await rest(self._clock, FAILED_S if self._trouble else WELL_S, unless=self._wake)
                self._wake.clear()
        finally:
            if self._worker is not None:
                self._worker.close()

    async def _try(self) -> str:
        if self._worker is None:
            self._worker = Worker("storage guard")
        try:
            await self._worker.call(_probe, self._path, deadline_s=DEADLINE_S)
        except OSError as error:  # CallDeadlineError is one too
            if isinstance(error, CallDeadlineError):
                # The thread stays where it is: a second one would only be caught beside it.
                return f"the disk did not take a file within {DEADLINE_S:g} s"
            return f"{error.strerror or error} (errno {error.errno})"
        except WorkerClosedError:
            return "the guard was ended"
        return ""

    def _take(self, trouble: str) -> None:
        before, self._trouble = self._trouble, trouble
        if trouble and not before:
            log.error("storage.failed", why=trouble)
            self._on_trouble(trouble)
        elif before and not trouble:
            log.info("storage.well")
            self._on_well()


def _probe(path: Path) -> None:
    words = os.urandom(16).hex().ljust(PROBE_BYTES, ".").encode()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, words)
            os.fsync(descriptor)
            if os.pread(descriptor, PROBE_BYTES, 0) != words:
                raise OSError(5, "what was written does not come back")
        finally:
            os.close(descriptor)
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
