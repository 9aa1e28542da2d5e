"""Everybody's accounts as the bureau may see them: rows, their export, and a password to hand over."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Response
from sqlalchemy import Connection, func, select

from telemetry.fleet.accounts import register
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.accounts.register import Account
from telemetry.fleet.store.schema import session
from telemetry.fleet.web.export import as_csv

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without what is mistaken for something else when it is read out or copied by hand."""
GROUPS, GROUP_CHARS = 4, 4
"""16 characters of 32: 80 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account, and when somebody used it last, as far as a session of it is still open."""

    account: Account
    used_at: datetime | None
    is_mine_to_change: bool


def read(connection: Connection, reader: Person) -> tuple[AccountRow, ...]:
    """Return the accounts the reader may know of: those that see no more than the reader does."""
    used = dict(connection.execute(select(session.c.account, func.max(session.c.last_used_at)).group_by(session.c.account)).all())
    return tuple(
        AccountRow(
            account=one,
            used_at=used.get(one.person.name),
            is_mine_to_change=reader.covers(one.person) and one.person.name != reader.name,
        )
        for one in register.all_accounts(connection)
        if reader.covers(one.person) or one.person.name == reader.name
    )


def new_password() -> str:
    """Return a password to be handed over, and to be changed by whoever gets it."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))
    return "-".join(groups)


def scope(person: Person) -> str:
    """Say for the audit where somebody is let see and act; nothing where it is everywhere."""
    counties = f", counties {' '.join(sorted(person.counties))}" if person.counties else ""
    areas = f", areas {' '.join(sorted(person.areas))}" if person.areas else ""
    return counties + areas


def export(rows: Sequence[AccountRow]) -> Response:
    """Return the rows as a download."""
    header = ("name", "full_name", "role", "counties", "areas", "created_at", "password_at", "used_at", "is_closed")
    return as_csv(
        "accounts",
        header,
        (
            (
                row.account.person.name,
                row.account.person.full_name,
                row.account.person.role.value,
                " ".join(sorted(row.account.person.counties)),
                " ".join(sorted(row.account.person.areas)),
                row.account.created_at,
                row.account.password_at,
                row.used_at,
                row.account.is_closed,
            )
            for row in rows
        ),
    )
