"""The book of what kiosks say of the release they were told to run: one row a kiosk, the latest word."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite

from provisioning.wire.release import REPORT
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import kiosk_release
from telemetry.wire.messages import Event


class _Said(BaseModel):
    """Tolerant, as everything from a kiosk is: words we do not know yet are kept, what is too long is no report."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str = Field(min_length=1, max_length=32)
    state: str = Field(min_length=1, max_length=24)
    running: str = Field(min_length=1, max_length=32)
    reason: str = Field(default="", max_length=200)


class ReleaseBook:
    """Writes what kiosks report. An older message that comes late changes nothing."""

    def __init__(self, engine: Engine) -> None:
        """Prepare to write to this kind of database."""
        self._insert: Callable[[Table], Any] = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what kiosks said of their releases."""
        for stored in happened.messages:
            if isinstance(stored.message, Event) and stored.message.name == REPORT:
                self._put(connection, stored, stored.message)

    def _put(self, connection: Connection, stored: StoredNumber, event: Event) -> None:
        try:
            said = _Said.model_validate(event.fields)
        except ValidationError:
            return
        values = {
            "running": said.running,
            "version": said.version,
            "state": said.state,
            "reason": said.reason,
            "said_at": event.at,
            "received_at": stored.received_at,
            "seq": event.seq,
        }
        adding = self._insert(kiosk_release).values(county=stored.kiosk.county, kiosk=stored.kiosk.kiosk, **values)
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=[kiosk_release.c.county, kiosk_release.c.kiosk],
                set_=values,
                where=kiosk_release.c.seq < adding.excluded.seq,
            )
        )
