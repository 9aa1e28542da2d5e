"""What in the past concerned a kiosk although it was not named: it was one of many a command, a change or a rollout was for."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from provisioning.fleet.config import rows as config_rows
from telemetry.fleet.store.schema import command, command_kiosk, config_change, desired, rollout, rollout_kiosk
from telemetry.fleet.web.desk import Wanted
from telemetry.wire.topics import KioskId


def find(connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> frozenset[str]:
    """Return what such acts of a time are about, as ``audit.about`` has it: ``command 5``, ``C-3``, ``rollout 2``."""
    return (
        _commands(connection, of, begins_at, ends_at)
        | _changes(connection, of, begins_at, ends_at)
        | _rollouts(connection, of, begins_at, ends_at)
    )


def wanted(connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> tuple[Wanted, ...]:
    """Return what the service began to want of the kiosk in a time: releases of rollouts, and the document it has now."""
    releases = (
        select(rollout_kiosk.c.told_at, rollout.c.id, rollout.c.version)
        .select_from(rollout.join(rollout_kiosk, rollout_kiosk.c.rollout_id == rollout.c.id))
        .where(_is(rollout_kiosk, of), rollout_kiosk.c.told_at >= begins_at, rollout_kiosk.c.told_at < ends_at)
    )
    found = [
        Wanted(at=row.told_at, what="release", name=row.version, about=f"rollout {row.id}")
        for row in connection.execute(releases)
    ]
    documents = select(desired).where(_is(desired, of), desired.c.wanted_at >= begins_at, desired.c.wanted_at < ends_at)
    for row in connection.execute(documents):
        about = f"C-{row.change_id}" if row.change_id else ""
        found.append(Wanted(at=row.wanted_at, what="document", name=str(row.version), about=about))
    return tuple(found)


def _is(table: Table, of: KioskId) -> ColumnElement[bool]:
    return and_(table.c.county == of.county, table.c.kiosk == of.kiosk)


def _commands(connection: Connection, of: KioskId, begins_at: datetime, ends_at: datetime) -> frozenset[str]:
    question = (
        select(command.c.id)
        .select_from(command.join(command_kiosk, command_kiosk.c.command_id == command.c.id))
        .where(
            _is(command_kiosk, of),
            command.c.asked_at < ends_at,
            command.c.expires_at >= begins_at,
        )
    )
    return frozenset(f"command {number}" for number in connection.execute(question).scalars())


def _changes(connection: Connection, of: KioskId, begins_at: datetime, ends_at: datetime) -> frozenset[str]:
    place = next((one for one in config_rows.places(connection, (of.county,)) if one.kiosk == of.kiosk), None)
    if place is None:
        return frozenset()
    layers = or_(*(and_(config_change.c.kind == key.kind.value, config_change.c.name == key.name) for key in place.chain))
    is_of_then = or_(config_change.c.decided_at.is_(None), config_change.c.decided_at >= begins_at)
    question = select(config_change.c.id).where(layers, config_change.c.at < ends_at, is_of_then)
    return frozenset(f"C-{number}" for number in connection.execute(question).scalars())


def _rollouts(connection: Connection, of: KioskId, begins_at: datetime, ends_at: datetime) -> frozenset[str]:
    question = (
        select(rollout.c.id)
        .select_from(rollout.join(rollout_kiosk, rollout_kiosk.c.rollout_id == rollout.c.id))
        .where(
            _is(rollout_kiosk, of),
            rollout.c.started_at < ends_at,
            or_(rollout.c.over_at.is_(None), rollout.c.over_at >= begins_at),
        )
    )
    return frozenset(f"rollout {number}" for number in connection.execute(question).scalars())
