"""Rows of the bureau's list of machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, or_, select, update

from provisioning.fleet.registry.decision import SerialKnown, SerialState
from provisioning.fleet.registry.serials_file import Listed
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import kiosk_identity, machine_serial
from telemetry.fleet.store.scope import EVERYWHERE, within
from telemetry.fleet.table_file import MAX_PROBLEMS, TableError
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine of the list."""

    listed: Listed
    state: SerialState
    state_since: datetime
    listed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. ``unnamed`` machines wait for a person when they ask to be let in."""

    new: int
    changed: int
    same: int
    unnamed: int


def put(connection: Connection, rows: Sequence[tuple[int, Listed]], person: Person, *, now: datetime) -> Imported:
    """Take a list in: all of it, or nothing. Machines it does not name stay as they are.

    Raises:
        TableError: A line contradicts what is already so: a machine that was let in, a name that is another machine's.
    """
    there = {machine.listed.serial: machine for machine in every(connection)}
    alive = [machine.listed for machine in there.values() if machine.state is not SerialState.RETIRED]
    owner = {listed.becomes: listed.serial for listed in alive if listed.becomes}
    coming = {row.serial for _, row in rows}
    problems = []
    for line, row in rows:
        before = there.get(row.serial)
        if before is not None and before.state is not SerialState.LISTED and before.listed.becomes != row.becomes:
            problems.append(
                f"line {line}: {row.serial} is {before.state} as {_said(before.listed)}; retire or enrol it anew instead"
            )
        elif row.becomes and (other := owner.get(row.becomes)) not in (None, row.serial) and other not in coming:
            problems.append(f"line {line}: {row.county}/{row.kiosk} is {other} already")
    if problems:
        raise TableError(tuple(problems[:MAX_PROBLEMS]))
    new = [row for _, row in rows if row.serial not in there]
    changed = [row for _, row in rows if row.serial in there and there[row.serial].listed != row]
    if new:
        common = {"state": SerialState.LISTED.value, "state_since": now, "listed_at": now}
        connection.execute(insert(machine_serial), [_values(row) | common for row in new])
    for row in changed:
        connection.execute(update(machine_serial).where(machine_serial.c.serial == row.serial).values(**_values(row)))
    detail = f"{len(rows)} serials, {len(new)} new, {len(changed)} changed"
    audit.note(connection, person, Act.ENROL, now=now, about="serials", detail=detail)
    unnamed = sum(not row.kiosk for _, row in rows)
    return Imported(new=len(new), changed=len(changed), same=len(rows) - len(new) - len(changed), unnamed=unnamed)


def find(connection: Connection, serial: str) -> Machine | None:
    """Return a machine of the list."""
    row = connection.execute(select(machine_serial).where(machine_serial.c.serial == serial)).mappings().first()
    return None if row is None else _machine(row)


def known(machine: Machine | None) -> SerialKnown | None:
    """Return what the decision needs of a machine."""
    if machine is None:
        return None
    return SerialKnown(state=machine.state, county=machine.listed.county, kiosk=machine.listed.becomes)


def every(connection: Connection, *, counties: frozenset[str] = EVERYWHERE) -> tuple[Machine, ...]:
    """Return the list, by county and serial number."""
    chosen: Select[Any] = select(machine_serial).where(within(machine_serial.c.county, counties))
    chosen = chosen.order_by(machine_serial.c.county, machine_serial.c.serial)
    return tuple(_machine(row) for row in connection.execute(chosen).mappings())


def name(connection: Connection, serial: str, kiosk: KioskId) -> None:
    """Say which kiosk a machine is."""
    mine = machine_serial.c.serial == serial
    connection.execute(update(machine_serial).where(mine).values(county=kiosk.county, kiosk=kiosk.kiosk))


def become(connection: Connection, serial: str, state: SerialState, *, now: datetime) -> None:
    """Write where a machine is in its life."""
    mine = machine_serial.c.serial == serial
    connection.execute(update(machine_serial).where(mine).values(state=state.value, state_since=now))


def serial_of(connection: Connection, kiosk: KioskId) -> str | None:
    """Return the machine that is, or is to be, a kiosk; the one that was let in before any other."""
    is_it = kiosk_identity.c.county == kiosk.county, kiosk_identity.c.kiosk == kiosk.kiosk
    let_in: str | None = connection.execute(select(kiosk_identity.c.serial).where(*is_it)).scalar_one_or_none()
    if let_in is not None:
        return let_in
    named = machine_serial.c.county == kiosk.county, machine_serial.c.kiosk == kiosk.kiosk
    alive = or_(machine_serial.c.state == SerialState.LISTED.value, machine_serial.c.state == SerialState.ENROLLED.value)
    found: str | None = connection.execute(select(machine_serial.c.serial).where(*named, alive).limit(1)).scalar_one_or_none()
    return found


def _values(row: Listed) -> dict[str, str]:
    return {column: getattr(row, column) for column in ("serial", "county", "kiosk", "village", "model")}


def _said(row: Listed) -> str:
    return f"{row.county}/{row.kiosk}" if row.kiosk else row.county


def _machine(row: Any) -> Machine:  # noqa: ANN401  a row of SQLAlchemy
    listed = Listed(**{column: row[column] for column in ("serial", "county", "kiosk", "village", "model")})
    state = SerialState(row["state"])
    return Machine(listed=listed, state=state, state_since=row["state_since"], listed_at=row["listed_at"])
