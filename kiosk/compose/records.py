"""Records: the journal, the guard of the disk it lies on, and what had to be set aside because it was spoilt."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from drivers.contract.clock import Clock
from kiosk.journal import Journal, JournalError
from kiosk.log.shedding import shed_oldest
from kiosk.upkeep.storage_guard import StorageGuard

CORE = "core"
STORAGE_FAILED = "core.storage_failed"
QUARANTINED = "core.state_quarantined"
RETRY_S = 3.0
"""Seconds between two attempts to open a journal that the disk would not have."""

log = structlog.get_logger(__name__)


class Notes(Protocol):
    """The part of ``Upkeep`` to which the core says what it has found out about itself."""

    def note(self, *, device: str, code: str, detail: str) -> None:
        """It is so until ``note_over``."""

    def note_over(self, *, device: str, code: str) -> None:
        """It is no longer so."""


class Records:
    """What this kiosk must not lose. Without an open journal nothing irreversible is begun.

    Args:
        state: The state folder.
        clock: The kiosk's clock.
        notes: Where trouble is noted; asked for late, because upkeep is built later.
        report: Tells the fleet.
    """

    def __init__(
        self,
        state: Path,
        *,
        clock: Clock,
        notes: Callable[[], Notes],
        report: Callable[[str, Mapping[str, str | int | float | bool]], None],
    ) -> None:
        self._clock = clock
        self._notes = notes
        self._report = report
        self._set_aside: list[str] = []
        self.journal = Journal(state / "journal.sqlite3", clock=clock, on_failed=self.failed)
        self.guard = StorageGuard(
            state,
            clock=clock,
            on_trouble=lambda why: notes().note(device=CORE, code=STORAGE_FAILED, detail=why),
            on_well=lambda: notes().note_over(device=CORE, code=STORAGE_FAILED),
            shed=partial(shed_oldest, state / "log"),
            besides=lambda: "" if self.journal.is_open else "the journal cannot be opened",
        )

    async def open(self) -> None:
        """Open the journal, in its place a new one when it is spoilt; what fails is noted, never raised."""
        try:
            quarantined = await self.journal.open()
        except JournalError:  # the guard has been told, and nothing irreversible is begun without it
            log.warning("journal.not_open")
            return
        if quarantined is not None:
            self._quarantined("journal", unsent=None)

    async def keep_open(self) -> None:
        """Return once the journal is open, however long the disk takes."""
        while not self.journal.is_open:
            await self._clock.sleep(RETRY_S)
            await self.open()

    def failed(self, why: str) -> None:
        """A record could not be written."""
        self.guard.failed(why)

    def outbox_spoilt(self, unsent: int | None) -> None:
        """The outbox was set aside with so many messages that were never sent; None when nobody can tell."""
        self._quarantined("outbox", unsent=unsent)

    def _quarantined(self, what: str, *, unsent: int | None) -> None:
        self._set_aside.append(f"outbox, {'?' if unsent is None else unsent} unsent" if what == "outbox" else what)
        self._notes().note(device=CORE, code=QUARANTINED, detail="; ".join(self._set_aside))
        self._report("state.quarantined", {"what": what} if unsent is None else {"what": what, "unsent": unsent})
