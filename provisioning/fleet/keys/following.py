"""Following: which key counts at each kiosk, as it says, and telling those that are behind the next document, step by step."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Table, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.keys.turning import settle
from provisioning.fleet.signing import SigningKeyError
from provisioning.wire.key_document import REPORT
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.schema import key_document, kiosk, kiosk_key
from telemetry.wire.messages import Event
from telemetry.wire.topics import Down, KioskId

log = structlog.get_logger()

LOOK_S = 10.0
AGAIN = timedelta(minutes=2)
"""Between two tellings of a kiosk that is heard and has not followed."""
MOST_AT_ONCE = 200
ID_CHARS = 64


class KeyBook:
    """Writes which key counts where."""

    def __init__(self, engine: Engine) -> None:
        """Prepare to write to this kind of database."""
        self._insert: Callable[[Table], Any] = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what kiosks said of the keys they believe."""
        for stored in happened.messages:
            if isinstance(stored.message, Event) and stored.message.name == REPORT:
                ids = [name for name in str(stored.message.fields.get("ids", "")).split() if len(name) == ID_CHARS]
                if ids:
                    self._put(connection, stored.kiosk, ids, stored.received_at)

    def _put(self, connection: Connection, of: KioskId, ids: list[str], at: datetime) -> None:
        turned = set(connection.execute(select(key_document.c.old_key).where(key_document.c.old_key.in_(ids))).scalars())
        counts = next((name for name in ids if name not in turned), ids[0])
        adding = self._insert(kiosk_key).values(county=of.county, kiosk=of.kiosk, key=counts, said_at=at)
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=[kiosk_key.c.county, kiosk_key.c.kiosk], set_={"key": counts, "said_at": at, "told_at": None}
            )
        )


class KeyDelivery:
    """Tells kiosks that believe an old key what comes after it."""

    def __init__(
        self,
        engine: Engine,
        *,
        tell: Callable[[KioskId, Down, bytes], bool],
        now: Callable[[], datetime],
        authority: Path | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        """Prepare; ``tell`` is ``Ingest.tell``. A turning that was interrupted in ``authority`` is ended first."""
        self._engine = engine
        self._tell = tell
        self._now = now
        self._authority = authority
        self._look_s = look_s

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            try:
                if self._authority is not None:
                    await asyncio.to_thread(settle, self._engine, self._authority)
                for of, envelope in await asyncio.to_thread(self.due):
                    self._tell(of, Down.COMMAND, envelope)
            except (SQLAlchemyError, SigningKeyError, OSError) as error:
                log.warning("keys not delivered", error=type(error).__name__)
            await asyncio.sleep(self._look_s)

    def due(self) -> tuple[tuple[KioskId, bytes], ...]:
        """Return whom to tell which document now; it counts as told. Blocking.

        Raises:
            SQLAlchemyError: The store does not answer.
        """
        now = self._now()
        question = (
            select(kiosk_key.c.county, kiosk_key.c.kiosk, key_document.c.envelope)
            .join(key_document, key_document.c.old_key == kiosk_key.c.key)
            .join(kiosk, and_(kiosk.c.county == kiosk_key.c.county, kiosk.c.kiosk == kiosk_key.c.kiosk))
            .where(kiosk.c.is_silent.is_(False), or_(kiosk_key.c.told_at.is_(None), kiosk_key.c.told_at <= now - AGAIN))
            .order_by(kiosk_key.c.county, kiosk_key.c.kiosk)
            .limit(MOST_AT_ONCE)
        )
        with self._engine.begin() as connection:
            found = connection.execute(question).all()
            for row in found:
                mine = and_(kiosk_key.c.county == row.county, kiosk_key.c.kiosk == row.kiosk)
                connection.execute(update(kiosk_key).where(mine).values(told_at=now))
        return tuple((KioskId(county=row.county, kiosk=row.kiosk), row.envelope.encode()) for row in found)
