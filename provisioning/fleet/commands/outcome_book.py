"""The book of outcomes: what kiosks say of the commands they were told, and of what they were handed and did not believe."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Engine, Row, Table, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from provisioning.fleet.commands.rules import ENDED, Standing, answered
from provisioning.wire.command import MAX_COUNTER, REPORT, Outcome, Refusal
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import command_counter, command_kiosk, command_refusal
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId

OURS_WITHIN = timedelta(minutes=15)
"""What a kiosk refuses as replayed so soon after we told it was most likely ourselves, telling twice."""


class _Said(BaseModel):
    """What a kiosk reports; words we do not know make it no report of ours."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(default="", max_length=40)
    outcome: Outcome
    reason: str = Field(default="", max_length=64)
    detail: str = Field(default="", max_length=400)
    times: int = Field(default=1, ge=1, le=1_000_000)
    was: Outcome | None = None
    was_detail: str = Field(default="", max_length=400)
    has_counted: int | None = Field(default=None, ge=0, le=MAX_COUNTER)


class OutcomeBook:
    """Writes outcomes; the first end a kiosk reports stays."""

    def __init__(self, engine: Engine) -> None:
        """Prepare to write to this kind of database."""
        self._insert: Callable[[Table], Any] = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what kiosks said of commands."""
        for stored in happened.messages:
            if isinstance(stored.message, Event) and stored.message.name == REPORT:
                try:
                    said = _Said.model_validate(stored.message.fields)
                except ValidationError:
                    continue
                self._take(connection, stored, said)
                happened.touched.add(stored.kiosk)

    def _take(self, connection: Connection, stored: StoredNumber, said: _Said) -> None:
        row = _named(connection, stored.kiosk, said.id) if said.id else None
        if row is None:
            if said.outcome is Outcome.REFUSED:
                self._note_refusal(connection, stored, said)
            return
        is_replay = said.reason == Refusal.REPLAYED and Standing(row.outcome) in ENDED
        if is_replay and row.told_at is not None and stored.received_at - row.told_at > OURS_WITHIN:
            self._note_refusal(connection, stored, said)
        if self._has_counted_on(connection, stored.kiosk, row, said):
            return
        after = answered(Standing(row.outcome), said.outcome, was=said.was)
        if after is None:
            return
        is_earlier_end = said.was is not None
        connection.execute(
            update(command_kiosk)
            .where(_mine(row))
            .values(
                outcome=after.value,
                reason="" if is_earlier_end else said.reason,
                detail=said.was_detail if is_earlier_end else said.detail,
                said_at=stored.received_at,
            )
        )

    def _has_counted_on(self, connection: Connection, kiosk: KioskId, row: Row[Any], said: _Said) -> bool:
        """Sign a command anew whose counter the kiosk has long passed: our store was put back from a backup."""
        is_behind = (
            said.reason == Refusal.REPLAYED
            and said.was is None
            and said.has_counted is not None
            and row.outcome == Standing.TOLD.value
            and row.counter is not None
            and said.has_counted > row.counter
        )
        if is_behind:
            mine = and_(command_counter.c.county == kiosk.county, command_counter.c.kiosk == kiosk.kiosk)
            connection.execute(
                update(command_counter).where(mine, command_counter.c.counter < said.has_counted).values(counter=said.has_counted)
            )
            connection.execute(
                update(command_kiosk)
                .where(_mine(row))
                .values(
                    outcome=Standing.TO_TELL.value, envelope=None, counter=None, name="", reason=said.reason, detail="signed anew"
                )
            )
        return is_behind

    def _note_refusal(self, connection: Connection, stored: StoredNumber, said: _Said) -> None:
        at = stored.received_at
        adding = self._insert(command_refusal).values(
            county=stored.kiosk.county,
            kiosk=stored.kiosk.kiosk,
            reason=said.reason,
            times=said.times,
            first_at=at,
            last_at=at,
            detail=said.detail,
        )
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=[command_refusal.c.county, command_refusal.c.kiosk, command_refusal.c.reason],
                set_={"times": command_refusal.c.times + said.times, "last_at": at, "detail": said.detail},
            )
        )


def _named(connection: Connection, kiosk: KioskId, name: str) -> Row[Any] | None:
    mine = (command_kiosk.c.county == kiosk.county, command_kiosk.c.kiosk == kiosk.kiosk, command_kiosk.c.name == name)
    return connection.execute(select(command_kiosk).where(*mine)).one_or_none()


def _mine(row: Row[Any]) -> Any:  # noqa: ANN401  # a condition
    return and_(
        command_kiosk.c.command_id == row.command_id,
        command_kiosk.c.county == row.county,
        command_kiosk.c.kiosk == row.kiosk,
    )
