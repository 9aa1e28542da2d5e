"""Keeps the list of revoked certificates as the store has it: written after every act here, and looked at for acts elsewhere."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.authority import Authority, read_list, write_list
from provisioning.fleet.authority.authority import LIST
from provisioning.fleet.registry import identities

log = structlog.get_logger(__name__)

LOOK_S = 2.0
"""Seconds until what a command line, or a finding of the ingest, changed is on the list."""
WRITTEN_ANEW = timedelta(days=1)
"""Also unchanged, so that it never runs out while the service is there."""


class Revocations:
    """The list's file. Blocking, but for ``run``."""

    def __init__(
        self, engine: Engine, authority: Authority, folder: Path, *, on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Look after the list.

        Args:
            engine: The fleet's database.
            authority: Signs the list.
            folder: Where it lies, beside the CA.
            on_change: Told after it was written with other certificates on it.
        """
        self._engine = engine
        self._authority = authority
        self._path = folder / LIST
        self._on_change = on_change
        self._written_at: datetime | None = None
        self._is_said = False
        self._turn = threading.Lock()
        """Guards the file, so that nobody writes an older list over a newer one."""

    def publish(self, *, now: datetime) -> None:
        """Write the list if it is not as the store has it, or old. What fails is tried again at the next look."""
        try:
            with self._turn:
                self._write(now)
        except (OSError, SQLAlchemyError) as error:
            if not self._is_said:
                log.warning("revocations not written", why=str(error))
            self._is_said = True
        else:
            self._is_said = False

    async def run(self, now: Callable[[], datetime]) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.to_thread(self.publish, now=now())
            await asyncio.sleep(LOOK_S)

    def _write(self, now: datetime) -> None:
        with self._engine.connect() as connection:
            revoked = identities.all_revoked(connection, now=now)
        is_other = self._on_disk() != frozenset(one.number for one in revoked)
        if is_other or self._written_at is None or now - self._written_at >= WRITTEN_ANEW:
            write_list(self._authority, self._path.parent, revoked, now=now)
            self._written_at = now
        if is_other:
            self._on_change()

    def _on_disk(self) -> frozenset[str] | None:
        try:
            return read_list(self._path.read_bytes())
        except (OSError, ValueError):
            return None
