"""The register of accounts: rows of people who may come in. Passwords come here hashed already."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from telemetry.fleet.accounts.person import COMMAND_LINE, Person, Role
from telemetry.fleet.store.schema import account, program
from telemetry.wire.topics import NAME

ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
LONGEST_TEXT = 32
"""Characters of a full name or of an area; so much fits a row."""
MOST_SCOPES = 100
TAKEN = frozenset({COMMAND_LINE.name, "local"})
"""Names the audit gives to others."""


class UnfitError(ValueError):
    """An account cannot be written so. ``why`` names the reason in a word, the message says it whole."""

    def __init__(self, why: str, said: str) -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in, or could until the account was closed."""

    person: Person
    is_closed: bool
    created_at: datetime
    password_at: datetime


def find(connection: Connection, name: str) -> Account | None:
    """Return the account of this name, letter case aside; closed ones too."""
    row = connection.execute(select(account).where(_named(name))).mappings().first()
    return None if row is None else _account(row)


def password_hash(connection: Connection, name: str) -> str | None:
    """Return what the password is compared with; None for a name nobody has, or has no longer."""
    question = select(account.c.password_hash).where(_named(name), account.c.is_closed.is_(False))
    return connection.execute(question).scalar_one_or_none()


def all_accounts(connection: Connection) -> tuple[Account, ...]:
    """Return every account, open ones first, by name."""
    rows = connection.execute(select(account).order_by(account.c.is_closed, account.c.name)).mappings()
    return tuple(_account(row) for row in rows)


def has_any(connection: Connection) -> bool:
    """Whether anybody could sign in at all."""
    return connection.execute(select(account.c.name).where(account.c.is_closed.is_(False)).limit(1)).first() is not None


def add(connection: Connection, person: Person, *, hashed: str, now: datetime) -> None:
    """Write a new account.

    Raises:
        UnfitError: Its name is taken or cannot be one, or a text in it does not fit.
    """
    check_name(connection, person.name)
    check_texts(person)
    connection.execute(
        insert(account).values(
            name=person.name,
            full_name=person.full_name,
            role=person.role.value,
            counties=sorted(person.counties),
            areas=sorted(person.areas),
            password_hash=hashed,
            password_at=now,
            is_closed=False,
            created_at=now,
        )
    )


def change(connection: Connection, person: Person) -> None:
    """Write another full name, role, counties, areas.

    Raises:
        UnfitError: A text does not fit, or this is the last who may manage accounts.
    """
    check_texts(person)
    if person.role is not Role.BUREAU:
        _keep_a_bureau(connection, person.name)
    connection.execute(
        update(account)
        .where(account.c.name == person.name)
        .values(
            full_name=person.full_name,
            role=person.role.value,
            counties=sorted(person.counties),
            areas=sorted(person.areas),
        )
    )


def set_password(connection: Connection, name: str, *, hashed: str, now: datetime) -> None:
    """Write another password's hash."""
    connection.execute(update(account).where(account.c.name == name).values(password_hash=hashed, password_at=now))


def close(connection: Connection, name: str) -> None:
    """Let nobody in under this name any more; what it did stays in the audit, and the name stays taken.

    Raises:
        UnfitError: It is the last who may manage accounts.
    """
    _keep_a_bureau(connection, name)
    connection.execute(update(account).where(account.c.name == name).values(is_closed=True))


def reopen(connection: Connection, name: str) -> None:
    """Let somebody in again under this name."""
    connection.execute(update(account).where(account.c.name == name).values(is_closed=False))


def check_name(connection: Connection, name: str) -> None:
    """Refuse a name that cannot stand in the audit for one and the same for ever.

    Raises:
        UnfitError: It is taken, or not of letters, digits, dot, dash, underscore.
    """
    if not ACCOUNT_NAME.fullmatch(name):
        raise UnfitError(
            "name", f"{name!r} cannot be a name: letters, digits, . - _, at most 32, beginning with a letter or digit"
        )
    of_program = select(program.c.name).where(func.lower(program.c.name) == name.lower())
    if name.lower() in TAKEN or find(connection, name) is not None or connection.execute(of_program).first() is not None:
        raise UnfitError("taken", f"the name {name} is taken")


def check_texts(person: Person) -> None:
    """Refuse texts no page has room for.

    Raises:
        UnfitError: One is too long, not printable, or no county as kiosks say it.
    """
    for text in (person.full_name, *person.areas):
        if not 1 <= len(text) <= LONGEST_TEXT or not text.isprintable() or text.strip() != text:
            raise UnfitError("text", f"{text!r} must be 1 to {LONGEST_TEXT} printable characters")
    for county in person.counties:
        if not NAME.fullmatch(county):
            raise UnfitError("county", f"{county!r} is not a county as kiosks say it ({NAME.pattern})")
    if len(person.counties) > MOST_SCOPES or len(person.areas) > MOST_SCOPES:
        raise UnfitError("text", f"at most {MOST_SCOPES} counties and {MOST_SCOPES} areas")


def words(text: str) -> frozenset[str]:
    """Return the counties or areas somebody typed, parted by commas or spaces."""
    return frozenset(part for part in re.split(r"[\s,，、]+", text) if part)


def person_of(row: RowMapping, *, full_name: str | None = None) -> Person:
    """Return who an account's, or a program's, row stands for."""
    return Person(
        name=row["name"],
        full_name=row["full_name"] if full_name is None else full_name,
        role=Role(row["role"]),
        counties=_set(row["counties"]),
        areas=_set(row["areas"]),
    )


def _keep_a_bureau(connection: Connection, name: str) -> None:
    others = select(account.c.name).where(
        account.c.role == Role.BUREAU.value, account.c.is_closed.is_(False), account.c.name != name
    )
    was = find(connection, name)
    if was is not None and was.person.role is Role.BUREAU and connection.execute(others.limit(1)).first() is None:
        raise UnfitError("last", f"{name} is the last account of the bureau: without one nobody could manage accounts")


def _account(row: RowMapping) -> Account:
    return Account(
        person=person_of(row), is_closed=row["is_closed"], created_at=row["created_at"], password_at=row["password_at"]
    )


def _named(name: str) -> ColumnElement[bool]:
    return func.lower(account.c.name) == name.lower()


def _set(names: Iterable[str]) -> frozenset[str]:
    return frozenset(str(name) for name in names)
