"""The audit: who did what, to which kiosk, on which day, and could it be reached then? Read for one page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Select, or_, select

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.audit import Noted, Question
from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import alarm, condition_span, kiosk, occurrence, ticket, ticket_act, watch_gap
from telemetry.fleet.store.scope import within
from telemetry.fleet.web import reach
from telemetry.fleet.web.desk import OfKiosk
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import SILENCE
from telemetry.fleet.web.history import happenings
from telemetry.fleet.web.reach import Known, Reach, Stretch
from telemetry.fleet.web.words.vocabulary import REPORTED_FIELDS
from telemetry.wire.service_hours import CHINA
from telemetry.wire.topics import KioskId

UNKNOWN = "UNKNOWN"
"""How a silent kiosk stands in its history."""
MOST_OF_A_KIND = 500
DAYS_BACK = 7
"""Without a day, what was done in the last week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an auditor wants to know. Empty texts ask for all."""

    kiosk: str = ""
    day: date | None = None
    by: str = ""
    act: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """What is asked for, to be said back."""
        return tuple(str(one) for one in (self.kiosk, self.day, self.by, self.act) if one)


class Sort(StrEnum):
    """What kind of thing happened."""

    ACT = "act"
    REACH = "reach"
    ALARM = "alarm"
    TICKET = "ticket"
    SAID = "said"
    """By the kiosk: what became of what the bureau wants of it."""
    WANTED = "wanted"
    """By the service: what it began to want of the kiosk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that happened, by the server's clock; alarms by their kiosk's. Which texts are filled depends on its sort.

    Attributes:
        what: An act's word; a ticket's act; ``raised`` or ``cleared``; what is known of the kiosk from here on.
        stretch: For an act on the kiosk: what is known of it at that moment.
        fields: What the kiosk said with it.
    """

    at: datetime
    sort: Sort
    what: str
    who: str = ""
    role: str = ""
    address: str = ""
    result: str = ""
    of: KioskId | None = None
    about: str = ""
    detail: str = ""
    stretch: Stretch | None = None
    severity: str = ""
    lasts_s: float | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Everything the page shows.

    Attributes:
        of: The kiosk that is looked at, if it is one.
        candidates: Kiosks of that name in other counties.
        stretches: Its day, without gaps; empty without a kiosk and a day.
        total: Acts there are, of which ``lines`` shows at most some hundreds.
    """

    asked: Asked
    of: KioskId | None
    site: str
    candidates: tuple[KioskId, ...]
    is_unknown_kiosk: bool
    begins_at: datetime
    ends_at: datetime
    stretches: tuple[Stretch, ...]
    lines: tuple[Line, ...]
    acts: int
    total: int
    people: tuple[str, ...]

    @property
    def reached_s(self) -> float:
        """Seconds of the day in which the kiosk was heard."""
        return sum(one.lasts_s for one in self.stretches if one.reach is Reach.REACHED)

    @property
    def known_s(self) -> float:
        """Seconds of the day of which we know whether it was."""
        return sum(one.lasts_s for one in self.stretches if one.reach in {Reach.REACHED, Reach.SILENT})

    @property
    def silences(self) -> tuple[Stretch, ...]:
        """When it was not heard."""
        return tuple(one for one in self.stretches if one.reach is Reach.SILENT)


def read(
    engine: Engine, asked: Asked, reader: Person, *, now: datetime, of_kiosk: OfKiosk | None = None
) -> AuditPage:  # fmt: skip
    """Read the page for somebody who may read the audit, as far as they may see.

    Args:
        engine: The fleet's database.
        asked: The question.
        reader: Who asks.
        now: Server's clock.
        of_kiosk: Knows which acts concern a kiosk they do not name.
    """
    begins_at, ends_at = _between(asked, now=now)
    with engine.connect() as connection:
        found = _kiosks(connection, asked.kiosk, reader)
        of = found[0] if len(found) == 1 else None
        also: frozenset[str] = frozenset()
        if of is not None and of_kiosk is not None:
            also = of_kiosk.acts(connection, of[0], begins_at=begins_at, ends_at=ends_at)
        question = Question(
            since=begins_at,
            before=ends_at,
            county=of[0].county if of else "",
            kiosk=of[0].kiosk if of else asked.kiosk.rpartition("/")[2],
            by=asked.by,
            act=asked.act,
            counties=reader.counties,
            reader=reader.name,
            also=also,
        )
        noted = audit.read(connection, question)
        total = audit.count(connection, question)
        people = audit.names(connection, replace(question, by="", act=""))
        stretches: tuple[Stretch, ...] = ()
        lines = [_of_act(one) for one in (noted if asked.day is None else reversed(noted))]
        if of is not None and asked.day is not None:
            stretches = _reach(connection, of[0], begins_at=begins_at, ends_at=min(ends_at, now))
            lines = [replace(line, stretch=reach.at(stretches, line.at)) for line in lines]
            if not asked.by and not asked.act:
                lines += _of_reach(stretches)
                lines += _of_alarms(connection, of[0], begins_at=begins_at, ends_at=ends_at)
                lines += _of_said(connection, of[0], begins_at=begins_at, ends_at=ends_at)
                if of_kiosk is not None:
                    wanted = of_kiosk.wanted(connection, of[0], begins_at=begins_at, ends_at=ends_at)
                    lines += [
                        Line(at=one.at, sort=Sort.WANTED, what=one.what, about=one.about, detail=one.name) for one in wanted
                    ]
            # What a person did to a ticket stands in the audit already, with where they asked from.
            told = {(line.at, line.who) for line in lines}
            of_tickets = _of_tickets(connection, of[0], asked, begins_at=begins_at, ends_at=ends_at)
            lines += [line for line in of_tickets if (line.at, line.who) not in told]
    lines.sort(key=lambda line: (line.at, line.sort is not Sort.REACH), reverse=asked.day is None)
    return AuditPage(
        asked=asked,
        of=of[0] if of else None,
        site=of[1] if of else "",
        candidates=tuple(one for one, _ in found) if of is None else (),
        is_unknown_kiosk=bool(asked.kiosk) and not found,
        begins_at=begins_at,
        ends_at=ends_at,
        stretches=stretches,
        lines=tuple(lines),
        acts=len(noted),
        total=total,
        people=tuple(name for name in people if name),
    )


def _between(asked: Asked, *, now: datetime) -> tuple[datetime, datetime]:
    """Return the day in China, or the last week."""
    today = now.astimezone(CHINA).date()
    first = asked.day or today - timedelta(days=DAYS_BACK - 1)
    last = asked.day or today
    return (
        datetime.combine(first, time(0), tzinfo=CHINA),
        datetime.combine(last, time(0), tzinfo=CHINA) + timedelta(days=1),
    )


def _kiosks(connection: Connection, wanted: str, reader: Person) -> tuple[tuple[KioskId, str], ...]:
    """Return which kiosk is meant by ``LX-047``, ``lanxi/LX-047`` or a village's name: one, several, or none."""
    wanted = wanted.strip()
    if not wanted:
        return ()
    county, _, name = wanted.rpartition("/")
    named = or_(kiosk.c.kiosk == name, kiosk.c.site == name)
    question = select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site).where(named, within(kiosk.c.county, reader.counties))
    if county:
        question = question.where(kiosk.c.county == county)
    rows = connection.execute(question.order_by(kiosk.c.county, kiosk.c.kiosk).limit(20))
    return tuple((KioskId(county=row.county, kiosk=row.kiosk), row.site) for row in rows)


def _reach(connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> tuple[Stretch, ...]:
    if ends_at <= begins_at:
        return ()
    return reach.of_day(
        [*_spans(connection, of, begins_at=begins_at, ends_at=ends_at), *_gaps(connection, begins_at=begins_at, ends_at=ends_at)],
        begins_at=begins_at,
        ends_at=ends_at,
    )


def _spans(connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> list[Known]:
    """Return how it stood; from the silences alone where its history does not go back so far."""
    first_seen = connection.execute(
        select(kiosk.c.first_seen_at).where(kiosk.c.county == of.county, kiosk.c.kiosk == of.kiosk)
    ).scalar_one()
    silences = select(occurrence.c.raised_at, occurrence.c.received_at, occurrence.c.cleared_at).where(
        occurrence.c.county == of.county,
        occurrence.c.kiosk == of.kiosk,
        occurrence.c.cause == SILENCE,
        occurrence.c.raised_at < ends_at,
        or_(occurrence.c.cleared_at.is_(None), occurrence.c.cleared_at > begins_at),
    )
    known = [Known(begins_at=first_seen, ends_at=None, reach=Reach.REACHED)]
    known += [Known(begins_at=row.raised_at, ends_at=row.cleared_at, reach=Reach.SILENT) for row in connection.execute(silences)]
    written = select(condition_span.c.begins_at, condition_span.c.ends_at, condition_span.c.condition).where(
        condition_span.c.county == of.county,
        condition_span.c.kiosk == of.kiosk,
        condition_span.c.begins_at < ends_at,
        or_(condition_span.c.ends_at.is_(None), condition_span.c.ends_at > begins_at),
    )
    known += [
        Known(
            begins_at=row.begins_at,
            ends_at=row.ends_at,
            reach=Reach.SILENT if row.condition == UNKNOWN else Reach.REACHED,
        )
        for row in connection.execute(written.order_by(condition_span.c.begins_at))
    ]
    return known


def _gaps(connection: Connection, *, begins_at: datetime, ends_at: datetime) -> list[Known]:
    question = select(watch_gap).where(watch_gap.c.begins_at < ends_at, watch_gap.c.ends_at > begins_at)
    return [Known(begins_at=row.begins_at, ends_at=row.ends_at, reach=Reach.UNWATCHED) for row in connection.execute(question)]


def _of_act(noted: Noted) -> Line:
    return Line(
        at=noted.at,
        sort=Sort.ACT,
        what=noted.act,
        who=noted.by,
        role=noted.role,
        address=noted.address,
        result=noted.result,
        of=KioskId(county=noted.county, kiosk=noted.kiosk) if noted.kiosk else None,
        about=noted.about,
        detail=noted.detail,
    )


def _of_reach(stretches: Iterable[Stretch]) -> list[Line]:
    return [Line(at=one.begins_at, sort=Sort.REACH, what=one.reach.value, lasts_s=one.lasts_s) for one in stretches]


def _of_said(connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> list[Line]:
    """Return what the kiosk itself said of its documents, releases, commands and certificates."""
    told = happenings(connection, since=begins_at, names=tuple(REPORTED_FIELDS), wanted=Filter(), of=of)
    return [
        Line(
            at=one.at,
            sort=Sort.SAID,
            what=one.name,
            fields=one.fields,
            detail=" ".join(f"{k}={v}" for k, v in one.fields.items()),
        )
        for one in told
        if begins_at <= one.at < ends_at
    ]


def _of_alarms(connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> list[Line]:
    whose = (alarm.c.county == of.county) & (alarm.c.kiosk == of.kiosk) & (alarm.c.cause != SILENCE)
    lines: list[Line] = []
    for moment, what in ((alarm.c.raised_at, "raised"), (alarm.c.cleared_at, "cleared")):
        question = select(alarm).where(whose, moment >= begins_at, moment < ends_at).order_by(moment).limit(MOST_OF_A_KIND)
        lines += [
            Line(
                at=row[moment.name],
                sort=Sort.ALARM,
                what=what,
                who=row["cleared_by"] if what == "cleared" else "",
                about=row["code"],
                detail=row["detail"],
                severity=row["severity"],
            )
            for row in connection.execute(question).mappings()
        ]
    return lines


def _incidents_of(of: KioskId) -> Select[Any]:
    return select(alarm.c.incident_id).where(
        alarm.c.county == of.county, alarm.c.kiosk == of.kiosk, alarm.c.incident_id.is_not(None)
    )


def _of_tickets(connection: Connection, of: KioskId, asked: Asked, *, begins_at: datetime, ends_at: datetime) -> list[Line]:
    """Return what happened to its tickets, and to those of what took it with others, whoever did it."""
    question = (
        select(ticket_act, ticket.c.county)
        .join(ticket, ticket.c.id == ticket_act.c.ticket_id)
        .where(
            ticket.c.county == of.county,
            or_(ticket.c.kiosk == of.kiosk, ticket.c.incident_id.in_(_incidents_of(of))),
            ticket_act.c.at >= begins_at,
            ticket_act.c.at < ends_at,
        )
        .order_by(ticket_act.c.at)
        .limit(MOST_OF_A_KIND)
    )
    if asked.by:
        question = question.where(ticket_act.c.by == asked.by)
    if asked.act:
        question = question.where(ticket_act.c.act == asked.act.removeprefix("ticket."))
    return [
        Line(at=row["at"], sort=Sort.TICKET, what=row["act"], who=row["by"], about=str(row["ticket_id"]), detail=row["note"])
        for row in connection.execute(question).mappings()
    ]
