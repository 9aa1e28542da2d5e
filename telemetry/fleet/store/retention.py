"""What is old goes, a little at a time: never what is open, never so much at once that a batch of kiosks' messages waits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, Table, and_, delete, exists, func, or_, select, tuple_

from telemetry.fleet.accounts import audit_chain
from telemetry.fleet.store.health_roll_up import HEALTH
from telemetry.fleet.store.schema import (
    alarm,
    audit,
    command,
    command_kiosk,
    condition_span,
    incident,
    kiosk,
    maintenance,
    message,
    notice,
    occurrence,
    roll_up,
)
from telemetry.fleet.store.schema.commands import OPEN_OUTCOMES
from telemetry.fleet.store.schema.history import watch_gap

ROWS_AT_ONCE = 200
"""Rows a transaction deletes: some milliseconds, which is how long a batch of messages may have to wait for it."""
KIOSKS_AT_ONCE = 500
"""Kiosks whose messages are looked through in one reading transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long each kind of row is kept after it is over."""

    messages: timedelta
    alarms: timedelta
    spans: timedelta
    audit: timedelta
    commands: timedelta
    notices: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    table: Table
    is_old: ColumnElement[bool]

    @property
    def key(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.primary_key.columns)


class Retention:
    """Counts and deletes; blocking, call it from a worker thread.

    Tickets, complaints, days counted and the counters of commands stay for ever.
    """

    def __init__(self, engine: Engine, keeping: Keeping) -> None:
        self._engine = engine
        self._keeping = keeping

    def old(self, *, now: datetime) -> Mapping[str, int]:
        """Return how many rows of each table would go now."""
        with self._engine.connect() as connection:
            counts = {
                rule.table.name: connection.execute(select(func.count()).select_from(rule.table).where(rule.is_old)).scalar_one()
                for rule in self._rules(connection, now=now)
            }
            of_chain = select(func.count()).select_from(audit).where(audit.c.at < now - self._keeping.audit)
            counts[audit.name] = connection.execute(of_chain).scalar_one()
            is_old = message.c.received_at < now - self._keeping.messages
            counts[message.name] = connection.execute(select(func.count()).select_from(message).where(is_old)).scalar_one()
            return counts

    def prune(self, *, now: datetime) -> Iterator[tuple[str, int]]:
        """Delete what is old, a transaction at a time; yields the table and the rows of each, so that the caller may pause.

        Raises:
            SQLAlchemyError: The store cannot be written now. What was yielded is gone, the rest comes next time.
        """
        with self._engine.connect() as connection:
            rules = self._rules(connection, now=now)
        for rule in rules:
            while gone := self._delete(rule):
                yield rule.table.name, gone
        while gone := self._shorten_chain(now=now):
            yield audit.name, gone
        for county, name in self._kiosks():
            # By kiosk, because that is the order messages are found in: an index by time would cost every batch.
            of_kiosk = and_(
                message.c.county == county, message.c.kiosk == name, message.c.received_at < now - self._keeping.messages
            )
            while gone := self._delete(_Rule(table=message, is_old=of_kiosk)):
                yield message.name, gone

    def _rules(self, connection: Connection, *, now: datetime) -> Sequence[_Rule]:
        keeping = self._keeping
        rolled_up = connection.execute(select(roll_up.c.until).where(roll_up.c.name == HEALTH)).scalar_one_or_none()
        spans_until = min(now - keeping.spans, rolled_up) if rolled_up is not None else None
        rules = [
            _Rule(table=occurrence, is_old=and_(occurrence.c.cleared_at < now - keeping.alarms, ~_is_of_open_alarm())),
            _Rule(table=alarm, is_old=and_(alarm.c.cleared_at < now - keeping.alarms, alarm.c.phase == "cleared")),
            _Rule(table=incident, is_old=and_(incident.c.ended_at < now - keeping.alarms, _is_not_the_newest(incident))),
            _Rule(table=maintenance, is_old=maintenance.c.ends_at < now - keeping.alarms),
            _Rule(table=audit, is_old=and_(audit.c.at < now - keeping.audit, audit.c.place.is_(None))),
            _Rule(table=command_kiosk, is_old=command_kiosk.c.command_id.in_(_commands_over(now - keeping.commands))),
            _Rule(table=command, is_old=_is_over_and_empty(now - keeping.commands)),
            _Rule(table=notice, is_old=notice.c.composed_at < now - keeping.notices),  # unsent for so long it is no news either
        ]
        if spans_until is not None:  # a span is first counted into its days
            rules.append(_Rule(table=condition_span, is_old=condition_span.c.ends_at < spans_until))
            rules.append(_Rule(table=watch_gap, is_old=watch_gap.c.ends_at < spans_until))
        return rules

    def _delete(self, rule: _Rule) -> int:
        some = select(*rule.key).where(rule.is_old).limit(ROWS_AT_ONCE)
        with self._engine.connect() as connection:
            keys = [tuple(row) for row in connection.execute(some)]
        if not keys:
            return 0
        only = rule.key[0] if len(rule.key) == 1 else None
        is_one = only.in_([key[0] for key in keys]) if only is not None else tuple_(*rule.key).in_(keys)
        with self._engine.begin() as connection:
            # Asked again: between the two a row may have been opened anew.
            gone = connection.execute(delete(rule.table).where(is_one, rule.is_old))
        return gone.rowcount

    def _shorten_chain(self, *, now: datetime) -> int:
        """The audit goes from its beginning alone: a chain that begins later is still a chain."""
        with self._engine.begin() as connection:
            return audit_chain.prune(connection, before=now - self._keeping.audit, most=ROWS_AT_ONCE)

    def _kiosks(self) -> Iterator[tuple[str, str]]:
        county, name = "", ""
        while True:
            is_later = or_(kiosk.c.county > county, and_(kiosk.c.county == county, kiosk.c.kiosk > name))
            page = select(kiosk.c.county, kiosk.c.kiosk).where(is_later).order_by(kiosk.c.county, kiosk.c.kiosk)
            with self._engine.connect() as connection:
                rows = [(row.county, row.kiosk) for row in connection.execute(page.limit(KIOSKS_AT_ONCE))]
            if not rows:
                return
            yield from rows
            county, name = rows[-1]


def _is_not_the_newest(table: Table) -> ColumnElement[bool]:
    """The newest row stays, however old: SQLite gives its number to the next one, and tickets and the audit name numbers."""
    newest = table.alias("newest")
    return table.c.id < select(func.max(newest.c.id)).scalar_subquery()


def _commands_over(before: datetime) -> Select[Any]:
    """Commands that expired before a moment and have an end at every kiosk."""
    of_it = command_kiosk.alias("of_it")
    is_open = exists().where(of_it.c.command_id == command.c.id, of_it.c.outcome.in_(OPEN_OUTCOMES))
    return select(command.c.id).where(command.c.expires_at < before, ~is_open, _is_not_the_newest(command))


def _is_over_and_empty(before: datetime) -> ColumnElement[bool]:
    """Whether a command's rows at kiosks have gone: it goes after them, so that none is ever without what it was."""
    has_rows = exists().where(command_kiosk.c.command_id == command.c.id)
    return and_(command.c.expires_at < before, ~has_rows, _is_not_the_newest(command))


def _is_of_open_alarm() -> ColumnElement[bool]:
    return exists().where(
        alarm.c.county == occurrence.c.county,
        alarm.c.kiosk == occurrence.c.kiosk,
        alarm.c.device == occurrence.c.device,
        alarm.c.code == occurrence.c.code,
        or_(alarm.c.cleared_at.is_(None), alarm.c.phase != "cleared"),
        alarm.c.raised_at <= occurrence.c.raised_at,
    )
