"""Rows of requests to be let in: those that showed a right code or came back, and what became of them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from provisioning.fleet.registry.decision import Why
from telemetry.fleet.store.schema import enrolment
from telemetry.fleet.store.scope import EVERYWHERE, within


class State(StrEnum):
    """What became of a request."""

    PENDING = "pending"
    ISSUED = "issued"
    TURNED_DOWN = "turned_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    ``kiosk`` is empty while nobody has said which one the machine is; ``why`` is what it waits for; ``shown`` is the number of
    the certificate a kiosk came back with, empty where it came with a code.
    """

    id: int
    code_hash: str
    serial: str
    county: str
    kiosk: str
    key_fingerprint: str
    csr: str
    hardware: str
    release: str
    address: str
    state: State
    why: Why | None
    asked_at: datetime
    heard_at: datetime
    decided_at: datetime | None
    decided_by: str
    certificate: str
    shown: str


def of_code(connection: Connection, code_hash: str) -> Request | None:
    """Return the request that was made with a code."""
    return _first(connection, enrolment.c.code_hash == code_hash)


def mark_of(number: str) -> str:
    """Return what stands for a code where a kiosk comes back with a certificate: as a code, one has one request."""
    return hashlib.sha256(b"came back with " + number.encode("ascii")).hexdigest()


def find(connection: Connection, number: int) -> Request | None:
    """Return a request by its number."""
    return _first(connection, enrolment.c.id == number)


def open_one(connection: Connection, **values: object) -> int:
    """Write a new request; returns its number."""
    made = connection.execute(insert(enrolment).values(**values)).inserted_primary_key
    return int(made[0]) if made is not None else 0


def wait(connection: Connection, number: int, why: Why, *, now: datetime) -> None:
    """Write that a request was heard again, and what it waits for now."""
    mine = enrolment.c.id == number
    connection.execute(update(enrolment).where(mine).values(heard_at=now, why=why.value))


def settle(
    connection: Connection,
    number: int,
    state: State,
    *,
    by: str,
    now: datetime,
    certificate: str = "",
    county: str = "",
    kiosk: str = "",
) -> bool:
    """Write what became of a request that waits; False when somebody else was quicker."""
    mine = enrolment.c.id == number, enrolment.c.state == State.PENDING.value
    values = {"state": state.value, "decided_at": now, "decided_by": by, "certificate": certificate}
    if kiosk:
        values |= {"county": county, "kiosk": kiosk}
    return connection.execute(update(enrolment).where(*mine).values(**values)).rowcount > 0


def pending(connection: Connection, *, counties: frozenset[str] = EVERYWHERE) -> tuple[Request, ...]:
    """Return who waits for a person, longest first."""
    chosen = select(enrolment).where(enrolment.c.state == State.PENDING.value, within(enrolment.c.county, counties))
    return tuple(_request(row) for row in connection.execute(chosen.order_by(enrolment.c.asked_at)).mappings())


def _first(connection: Connection, condition: Any) -> Request | None:  # noqa: ANN401  a condition of SQLAlchemy
    row = connection.execute(select(enrolment).where(condition)).mappings().first()
    return None if row is None else _request(row)


def _request(row: Any) -> Request:  # noqa: ANN401  a row of SQLAlchemy
    values = dict(row)
    return Request(**values | {"state": State(values["state"]), "why": Why(values["why"]) if values["why"] else None})
