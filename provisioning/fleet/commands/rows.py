"""What people do with commands: ask, agree, take back; each with its line in the audit, each once however often it is clicked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, func, insert, select, update

from provisioning.fleet.commands.rules import OPEN, Standing, State, Terms, ends_at, may_ask, needs_second
from provisioning.wire.command import LONGEST_LIFE, Order
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import command, command_kiosk
from telemetry.wire.topics import KioskId

ORDER: TypeAdapter[Order] = TypeAdapter(Order)
ROWS_AT_ONCE = 500


class NotNowError(Exception):
    """It cannot be done; the message is for whoever asked.

    Attributes:
        word: For the page, which says it in the reader's language.
    """

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants done.

    Attributes:
        kiosks: By whom.
        scope: The same in the words it was asked with, e.g. ``county lanxi``.
        lasts: How long it is meant; None for the usual.
        once: Of the form; the same again is the same wish.
    """

    order: Order
    kiosks: Sequence[KioskId]
    scope: str
    why: str
    once: str
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking."""

    id: int
    state: State


def ask(connection: Connection, wish: Wish, person: Person, terms: Terms, *, now: datetime, address: str = "") -> Asked:
    """Write down what somebody wants done. That the person sees all these kiosks was asked before.

    Raises:
        NotNowError: They may not ask for this, nobody is meant, or it would be over before it begins.
    """
    known = connection.execute(select(command.c.id, command.c.state).where(command.c.once == wish.once)).one_or_none()
    if known is not None:
        return Asked(id=known.id, state=State(known.state))
    if not may_ask(person.role, wish.order.do):
        raise NotNowError("not_yours", f"{wish.order.do} is the bureau's to send")
    if not wish.kiosks:
        raise NotNowError("nobody", "no kiosk is meant")
    lasts = wish.lasts or terms.lasts
    expires_at = ends_at(wish.order, now=now, lasts=min(lasts, LONGEST_LIFE))
    if expires_at <= now:
        raise NotNowError("over", "it would be over before it begins")
    state = State.ASKED if needs_second(wish.order, len(wish.kiosks), terms) else State.OPEN
    adding = insert(command).values(
        once=wish.once,
        order=ORDER.dump_python(wish.order, mode="json"),
        do=wish.order.do,
        scope=wish.scope[:200],
        why=wish.why[:400],
        state=state.value,
        asked_by=person.name,
        asked_at=now,
        expires_at=expires_at,
    )
    number = int(connection.execute(adding.returning(command.c.id)).scalar_one())
    rows = [
        {"command_id": number, "county": one.county, "kiosk": one.kiosk, "tell_at": now} for one in dict.fromkeys(wish.kiosks)
    ]
    for first in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(insert(command_kiosk), rows[first : first + ROWS_AT_ONCE])
    waits = ", waits for a second person" if state is State.ASKED else ""
    only = wish.kiosks[0] if len(wish.kiosks) == 1 else None
    counties = {one.county for one in wish.kiosks}
    audit.note(
        connection,
        person,
        Act.SEND_COMMAND,
        now=now,
        county=counties.pop() if len(counties) == 1 else "",
        kiosk=only.kiosk if only else "",
        about=f"command {number}",
        detail=f"{described(wish.order)} on {len(wish.kiosks)}: {wish.scope}{waits}. {wish.why}",
        address=address,
    )
    return Asked(id=number, state=state)


def approve(connection: Connection, number: int, person: Person, *, now: datetime, address: str = "") -> None:
    """Agree as the second person.

    Raises:
        NotNowError: It does not wait for anybody, is over, or this person has asked for it.
    """
    row = _one(connection, number)
    if row.asked_by == person.name:
        raise NotNowError("own", f"{person.name} has asked for command {number}; somebody else must agree")
    if not _sees_all(connection, number, person):
        raise NotNowError("not_yours", f"command {number} is for kiosks {person.name} does not see")
    agreeing = (
        update(command)
        .where(command.c.id == number, command.c.state == State.ASKED.value, command.c.expires_at > now)
        .values(state=State.OPEN.value, approved_by=person.name, approved_at=now)
    )
    if connection.execute(agreeing).rowcount != 1:
        raise NotNowError("too_late", f"command {number} does not wait for anybody ({_one(connection, number).state})")
    audit.note(
        connection, person, Act.APPROVE_COMMAND, now=now, about=f"command {number}", detail=f"asked by {row.asked_by}",
        address=address,
    )  # fmt: skip


def cancel(connection: Connection, number: int, person: Person, *, now: datetime, address: str = "") -> int:
    """Take back what has not been told yet; returns at how many kiosks. What was told cannot be taken back.

    Raises:
        NotNowError: There is nothing left to take back.
    """
    row = _one(connection, number)
    if not may_ask(person.role, row.do) or not _sees_all(connection, number, person):
        raise NotNowError("not_yours", f"command {number} is for kiosks {person.name} does not see")
    ending = (
        update(command)
        .where(command.c.id == number, command.c.state != State.CANCELLED.value, command.c.expires_at > now)
        .values(state=State.CANCELLED.value, cancelled_by=person.name, cancelled_at=now)
    )
    taken_back = (
        update(command_kiosk)
        .where(command_kiosk.c.command_id == number, command_kiosk.c.outcome == Standing.TO_TELL.value)
        .values(outcome=Standing.CANCELLED.value)
    )
    if connection.execute(ending).rowcount != 1:
        raise NotNowError("too_late", f"command {number} is over or was taken back before")
    count = connection.execute(taken_back).rowcount
    audit.note(
        connection, person, Act.SEND_COMMAND, now=now, about=f"command {number}", detail=f"taken back at {count} kiosks",
        address=address,
    )  # fmt: skip
    return count


def order_of(stored: object) -> Order:
    """Return an order as it was written down; strict words take times from JSON alone."""
    return ORDER.validate_json(json.dumps(stored))


def described(order: Order) -> str:
    """Return an order in few words, for the audit and the command line."""
    more = ORDER.dump_python(order, mode="json").items()
    told = " ".join(f"{name}={value}" for name, value in more if name != "do")
    return f"{order.do} {told}".strip()


def counts(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """Return how many kiosks of each command stand how."""
    question = (
        select(command_kiosk.c.command_id, command_kiosk.c.outcome, func.count().label("kiosks"))
        .where(command_kiosk.c.command_id.in_(numbers))
        .group_by(command_kiosk.c.command_id, command_kiosk.c.outcome)
    )
    counted: dict[int, dict[str, int]] = {number: {} for number in numbers}
    for row in connection.execute(question):
        counted[row.command_id][row.outcome] = row.kiosks
    return counted


def is_over(standings: Mapping[str, int]) -> bool:
    """Say whether a command has an end at every kiosk."""
    return not any(standings.get(standing.value) for standing in OPEN)


def _one(connection: Connection, number: int) -> Row[Any]:
    row = connection.execute(select(command).where(command.c.id == number)).one_or_none()
    if row is None:
        raise NotNowError("none", f"there is no command {number}")
    return row


def _sees_all(connection: Connection, number: int, person: Person) -> bool:
    counties = connection.execute(select(command_kiosk.c.county).distinct().where(command_kiosk.c.command_id == number)).scalars()
    return all(person.sees(county) for county in counties)
