"""Programs that use the API: each with a bearer token, shown once, a role and counties like a person's."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from telemetry.fleet.accounts import register
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.accounts.register import person_of
from telemetry.fleet.accounts.sessions import TOKEN_BYTES, digest
from telemetry.fleet.store.schema import program

PREFIX = "zzp_"
"""So that a token is recognised where it should not be, in a log or in a repository."""


def add(connection: Connection, person: Person, *, now: datetime) -> str:
    """Write a new program; returns its token, which nobody can read again.

    Raises:
        UnfitError: The name is taken, or a text does not fit.
    """
    register.check_name(connection, person.name)
    register.check_texts(person)
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute(
        insert(program).values(
            name=person.name,
            token_hash=digest(token),
            role=person.role.value,
            counties=sorted(person.counties),
            areas=sorted(person.areas),
            created_at=now,
        )
    )
    return token


def find(connection: Connection, token: str) -> Person | None:
    """Return whose token it is, or None."""
    row = connection.execute(select(program).where(program.c.token_hash == digest(token))).mappings().first()
    return None if row is None else person_of(row, full_name=row["name"])


def revoke(connection: Connection, name: str) -> bool:
    """Make a program's token worth nothing; False when there is no such program."""
    return connection.execute(delete(program).where(program.c.name == name)).rowcount > 0


def all_programs(connection: Connection) -> tuple[tuple[Person, datetime], ...]:
    """Return every program with the moment it was let in, by name."""
    rows = connection.execute(select(program).order_by(program.c.name)).mappings()
    return tuple((person_of(row, full_name=row["name"]), row["created_at"]) for row in rows)
