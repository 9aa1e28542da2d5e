"""Storage guard: whether the state folder takes what is written, tried before a record has to rely on it.

Room is looked at every second, for that costs the flash card nothing; a file is written now and then. What is least needed
goes first: while room is short, old log files go; only then is nothing begun any more that needs a record.
"""

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

LOOK_S = 1.0
"""Seconds between two looks at how much room is left."""

SHORT_BYTES = 64_000_000
"""With less room than this the oldest log files go."""

SPARE_BYTES = 4_000_000
"""With less than this nothing is begun any more: it is for the outcomes of what was begun, and for the outbox."""

SHORT_SHARE, SPARE_SHARE = 8, 64
"""At most one so-manieth of the disk each: a small disk is not short from the first day."""

WELL_S = 20.0
"""Seconds between two tries while all is well: each is one write of a flash card."""

FAILED_S = 3.0
"""Seconds between two tries while something is wrong."""

DEADLINE_S = 8.0
"""Seconds one try may take. A worn flash card stalls for a second or two, a dead one for ever."""


def _nothing_to_shed() -> int:
    return 0


def _nothing_else() -> str:
    return ""


class StorageGuard:
    """Looks how much room there is, and writes, syncs and reads back a tiny file, for ever.

    Args:
        folder: The state folder.
        on_trouble: Called on the loop with what is wrong, once when it begins.
        on_well: Called on the loop once it is over.
        shed: Gives up one thing that is not needed and returns how many bytes it had, 0 when nothing is left. Called in a
            thread, while room is short.
        besides: What else is wrong with records, asked whenever all is well; empty when nothing is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        on_trouble: Callable[[str], None],
        on_well: Callable[[], None],
        shed: Callable[[], int] = _nothing_to_shed,
        besides: Callable[[], str] = _nothing_else,
    ) -> None:
        self._path = folder / PROBE
        self._clock = clock
        self._shed = shed
        self._besides = besides
        self._tried_at_s = float("-inf")
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
                if (trouble := await self._turn()) is not None:
                    self._take(trouble)
                await rest(self._clock, FAILED_S if self._trouble else LOOK_S, unless=self._wake)
        finally:
            if self._worker is not None:
                self._worker.close()

    async def _turn(self) -> str | None:
        """Look, and try when it is time to; None when nothing new is known."""
        is_woken = self._wake.is_set()
        self._wake.clear()
        if trouble := await self._ask(_room, self._path.parent, self._shed):
            return trouble
        if not (is_woken or self._trouble or self._clock.monotonic_s() - self._tried_at_s >= WELL_S):
            return None
        self._tried_at_s = self._clock.monotonic_s()
        return await self._ask(_probe, self._path) or self._besides()

    async def _ask(self, act: Callable[..., str], *arguments: object) -> str:
        if self._worker is None:
            self._worker = Worker("storage guard")
        try:
            return await self._worker.call(act, *arguments, deadline_s=DEADLINE_S)
        except OSError as error:  # CallDeadlineError is one too
            if isinstance(error, CallDeadlineError):
                # The thread stays where it is: a second one would only be caught beside it.
                return f"the disk did not answer within {DEADLINE_S:g} s"
            return f"{error.strerror or error} (errno {error.errno})"
        except WorkerClosedError:
            return "the guard was ended"

    def _take(self, trouble: str) -> None:
        before, self._trouble = self._trouble, trouble
        if trouble and not before:
            log.error("storage.failed", why=trouble)
            self._on_trouble(trouble)
        elif before and not trouble:
            log.info("storage.well")
            self._on_well()


def _room(folder: Path, shed: Callable[[], int]) -> str:
    disk = os.statvfs(folder)
    whole = disk.f_blocks * disk.f_frsize
    room = disk.f_bavail * disk.f_frsize
    while room < min(SHORT_BYTES, whole // SHORT_SHARE) and (freed := shed()):
        log.warning("storage.log_shed", freed_bytes=freed, room_bytes=room)
        disk = os.statvfs(folder)
        room = disk.f_bavail * disk.f_frsize
    if room < min(SPARE_BYTES, whole // SPARE_SHARE):
        return f"No space left on device: {room} bytes are left"
    return ""


def _probe(path: Path) -> str:
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
    return ""
