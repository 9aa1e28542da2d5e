"""Commands as the desk sees them: what waits for a second person, what is under way, what became of it at each kiosk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, select

from provisioning.fleet.commands import rows, whom
from provisioning.fleet.commands.rules import ENDED, Standing, State, Terms, needs_second
from provisioning.fleet.commands.whom import Found, Whom
from provisioning.wire.command import Order
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import command, command_kiosk, command_refusal, device, kiosk
from telemetry.fleet.store.scope import within
from telemetry.wire.topics import KioskId

MOST_COMMANDS = 100
MOST_KIOSKS = 5_000
MOST_REFUSALS = 50
SHOWN_NAMES = 12
"""Villages named before somebody confirms; the rest are counted."""

ORDER_OF_STANDINGS = tuple(Standing)
LOOKED_AT_FIRST = (
    Standing.FAILED, Standing.UNKNOWN, Standing.REFUSED, Standing.UNHEARD, Standing.WAITING, Standing.TOLD, Standing.TO_TELL,
    Standing.EXPIRED, Standing.CANCELLED, Standing.DONE,
)  # fmt: skip
"""What somebody must do something about, then what is under way, then what is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One command in a list."""

    id: int
    do: str
    order: Order
    scope: str
    why: str
    state: State
    asked_by: str
    asked_at: datetime
    approved_by: str
    approved_at: datetime | None
    cancelled_by: str
    cancelled_at: datetime | None
    expires_at: datetime
    counts: Mapping[str, int]

    @property
    def kiosks(self) -> int:
        """How many it is for."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """At how many it has an end."""
        return sum(self.counts.get(standing.value, 0) for standing in ENDED)

    @property
    def is_over(self) -> bool:
        """Whether nothing is to come."""
        return self.ended == self.kiosks

    @property
    def standings(self) -> tuple[tuple[Standing, int], ...]:
        """How many stand how, as a command goes through it."""
        counted = ((standing, self.counts.get(standing.value, 0)) for standing in ORDER_OF_STANDINGS)
        return tuple((standing, count) for standing, count in counted if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a kiosk was handed and did not believe."""

    kiosk: KioskId
    site: str
    reason: str
    times: int
    last_at: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a command would mean, before anybody has asked for it."""

    order: Order
    found: Found
    names: tuple[str, ...]
    more: int
    needs_second: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsPage:
    """Everything the page of all commands shows."""

    asked: tuple[Line, ...]
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]
    counties: tuple[str, ...]
    towns: tuple[str, ...]
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtKiosk:
    """How a command stands at one kiosk."""

    kiosk: KioskId
    site: str
    is_silent: bool
    standing: Standing
    reason: str
    detail: str
    told: int
    told_at: datetime | None
    said_at: datetime | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPage:
    """Everything the page of one command shows."""

    line: Line
    kiosks: tuple[AtKiosk, ...]
    hidden: int


def read(engine: Engine, person: Person) -> CommandsPage:
    """Read the page of all commands, as far as somebody may see."""
    seen = within(command_kiosk.c.county, person.counties)
    mine = select(command_kiosk.c.command_id).where(seen).distinct()
    with engine.connect() as connection:
        found = connection.execute(
            select(command).where(command.c.id.in_(mine)).order_by(command.c.id.desc()).limit(MOST_COMMANDS)
        ).all()
        counted = rows.counts(connection, [row.id for row in found])
        lines = tuple(_line(row, counted[row.id]) for row in found)
        places = connection.execute(
            select(kiosk.c.county, kiosk.c.town).distinct().where(within(kiosk.c.county, person.counties))
        ).all()
        return CommandsPage(
            asked=tuple(line for line in lines if line.state is State.ASKED and not line.is_over),
            lines=tuple(line for line in lines if line.state is not State.ASKED or line.is_over),
            refusals=_refusals(connection, person),
            counties=tuple(sorted({row.county for row in places})),
            towns=tuple(sorted({row.town for row in places if row.town})),
            devices=_devices(connection, person),
        )


def read_one(engine: Engine, number: int, person: Person) -> CommandPage | None:
    """Read the page of one command; None when there is none this person may see."""
    seen = within(command_kiosk.c.county, person.counties)
    with engine.connect() as connection:
        row = connection.execute(select(command).where(command.c.id == number)).one_or_none()
        if row is None:
            return None
        same = and_(kiosk.c.county == command_kiosk.c.county, kiosk.c.kiosk == command_kiosk.c.kiosk)
        question = (
            select(command_kiosk, kiosk.c.site, kiosk.c.is_silent)
            .select_from(command_kiosk.outerjoin(kiosk, same))
            .where(command_kiosk.c.command_id == number, seen)
        )
        found = connection.execute(question.order_by(command_kiosk.c.county, command_kiosk.c.kiosk).limit(MOST_KIOSKS)).all()
        if not found:
            return None
        line = _line(row, rows.counts(connection, [number])[number])
    kiosks = tuple(sorted((_at_kiosk(one) for one in found), key=lambda one: LOOKED_AT_FIRST.index(one.standing)))
    return CommandPage(line=line, kiosks=kiosks, hidden=line.kiosks - len(kiosks))


def preview(engine: Engine, order: Order, meant: Whom, person: Person, terms: Terms) -> Preview:
    """Say what a command would mean."""
    with engine.connect() as connection:
        found = whom.find(connection, meant, person)
        first = found.kiosks[:SHOWN_NAMES]
        sites = {
            (row.county, row.kiosk): row.site
            for row in connection.execute(
                select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site).where(kiosk.c.kiosk.in_([one.kiosk for one in first]))
            )
        }
    return Preview(
        order=order,
        found=found,
        names=tuple(f"{sites.get((one.county, one.kiosk), '')} {one.kiosk}".strip() for one in first),
        more=len(found.kiosks) - len(first),
        needs_second=needs_second(order, len(found.kiosks), terms),
    )


def _line(row: Row[Any], counts: Mapping[str, int]) -> Line:
    told = row._mapping  # noqa: SLF001  # SQLAlchemy's own name for a row as a mapping
    names = (
        *("id", "do", "scope", "why", "asked_by", "asked_at", "approved_by", "approved_at"),
        *("cancelled_by", "cancelled_at", "expires_at"),
    )
    return Line(
        order=rows.order_of(told["order"]), state=State(told["state"]), counts=counts, **{name: told[name] for name in names}
    )


def _at_kiosk(row: Row[Any]) -> AtKiosk:
    told = row._mapping  # noqa: SLF001  # as above
    return AtKiosk(
        kiosk=KioskId(county=told["county"], kiosk=told["kiosk"]),
        site=told["site"] or "",
        is_silent=bool(told["is_silent"]),
        standing=Standing(told["outcome"]),
        reason=told["reason"],
        detail=told["detail"],
        told=told["told"],
        told_at=told["told_at"],
        said_at=told["said_at"],
        name=told["name"],
    )


def _refusals(connection: Connection, person: Person) -> tuple[Refusal, ...]:
    same = and_(kiosk.c.county == command_refusal.c.county, kiosk.c.kiosk == command_refusal.c.kiosk)
    question = (
        select(command_refusal, kiosk.c.site)
        .select_from(command_refusal.outerjoin(kiosk, same))
        .where(within(command_refusal.c.county, person.counties))
        .order_by(command_refusal.c.last_at.desc())
        .limit(MOST_REFUSALS)
    )
    return tuple(
        Refusal(
            kiosk=KioskId(county=row.county, kiosk=row.kiosk),
            site=row.site or "",
            reason=row.reason,
            times=row.times,
            last_at=row.last_at,
            detail=row.detail,
        )
        for row in connection.execute(question)
    )


def _devices(connection: Connection, person: Person) -> tuple[str, ...]:
    from_all = select(device.c.device).distinct().where(within(device.c.county, person.counties)).order_by(device.c.device)
    return tuple(connection.execute(from_all.limit(100)).scalars())
