"""Rows of one-time codes. A code is told once, to whoever has it made; what is kept of it finds it again and proves the CA."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from provisioning.fleet.registry.decision import CodeKnown
from provisioning.wire.enrolment import hash_of, hint_of, make_code, proof_of
from telemetry.fleet.store.schema import enrolment, machine_serial, one_time_code
from telemetry.fleet.store.scope import EVERYWHERE, within

LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What is known of a code that was made."""

    code_hash: str
    proof: str
    authority: str
    serial: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    withdrawn_at: datetime | None
    used_at: datetime | None
    used_by_key: str
    contested_at: datetime | None


def make(
    connection: Connection, serial: str, *, authority: tuple[str, bytes], by: str, now: datetime, lasts: timedelta = LASTS
) -> str:
    """Make a machine's code and return it, this once; one that was made for it before and not used is withdrawn.

    Args:
        connection: The transaction.
        serial: Of the machine.
        authority: Fingerprint of the CA's certificate, and the certificate in DER: the code proves it.
        by: Who has it made.
        now: Server's clock.
        lasts: How long it may be used.
    """
    withdraw(connection, serial, now=now)
    code = make_code()
    fingerprint, der = authority
    connection.execute(
        insert(one_time_code).values(
            code_hash=hash_of(code),
            hint=hint_of(code),
            proof=proof_of(code, der),
            authority=fingerprint,
            serial=serial,
            made_at=now,
            made_by=by,
            expires_at=now + lasts,
        )
    )
    return code


def withdraw(connection: Connection, serial: str, *, now: datetime) -> int:
    """Make a machine's unused codes worth nothing; returns how many there were."""
    unused = one_time_code.c.serial == serial, one_time_code.c.used_at.is_(None), one_time_code.c.withdrawn_at.is_(None)
    return connection.execute(update(one_time_code).where(*unused).values(withdrawn_at=now)).rowcount


def hold(connection: Connection, code_hash: str, *, now: datetime) -> Code | None:
    """Return a code, held until the transaction ends: of two who show it at once the second waits here."""
    mine = one_time_code.c.code_hash == code_hash
    if not connection.execute(update(one_time_code).where(mine).values(asked_at=now)).rowcount:
        return None
    return _code(connection.execute(select(*_COLUMNS).where(mine)).mappings().one())


def of_hint(connection: Connection, hint: str) -> Code | None:
    """Return the code a hint belongs to."""
    row = connection.execute(select(*_COLUMNS).where(one_time_code.c.hint == hint)).mappings().first()
    return None if row is None else _code(row)


def use(connection: Connection, code_hash: str, key: str, *, now: datetime) -> None:
    """Use a code up with a key."""
    mine = one_time_code.c.code_hash == code_hash
    connection.execute(update(one_time_code).where(mine).values(used_at=now, used_by_key=key))


def contest(connection: Connection, code_hash: str, *, now: datetime) -> None:
    """Note that another machine has shown a used code."""
    connection.execute(update(one_time_code).where(one_time_code.c.code_hash == code_hash).values(contested_at=now))


def known(connection: Connection, code: Code | None) -> CodeKnown | None:
    """Return what the decision needs of a code."""
    if code is None:
        return None
    asked = select(enrolment.c.state).where(enrolment.c.code_hash == code.code_hash)
    return CodeKnown(
        serial=code.serial,
        expires_at=code.expires_at,
        is_withdrawn=code.withdrawn_at is not None,
        used_by_key=code.used_by_key,
        is_turned_down=connection.execute(asked).scalar_one_or_none() == "turned_down",
    )


def outstanding(connection: Connection, *, now: datetime, counties: frozenset[str] = EVERYWHERE) -> tuple[Code, ...]:
    """Return the codes that can still be used, by when they end."""
    open_ones = one_time_code.c.used_at.is_(None), one_time_code.c.withdrawn_at.is_(None), one_time_code.c.expires_at > now
    return _chosen(connection, select(*_COLUMNS).where(*open_ones).order_by(one_time_code.c.expires_at), counties)


def contested(connection: Connection, *, since: datetime, counties: frozenset[str] = EVERYWHERE) -> tuple[Code, ...]:
    """Return the codes that another machine has shown after they had been used, newest first."""
    chosen = select(*_COLUMNS).where(one_time_code.c.contested_at >= since).order_by(one_time_code.c.contested_at.desc())
    return _chosen(connection, chosen, counties)


_COLUMNS = tuple(one_time_code.c[name] for name in Code.__dataclass_fields__)


def _chosen(connection: Connection, chosen: Select[Any], counties: frozenset[str]) -> tuple[Code, ...]:
    if counties:
        seen = select(machine_serial.c.serial).where(within(machine_serial.c.county, counties))
        chosen = chosen.where(one_time_code.c.serial.in_(seen))
    return tuple(_code(row) for row in connection.execute(chosen).mappings())


def _code(row: Any) -> Code:  # noqa: ANN401  a row of SQLAlchemy
    return Code(**row)
