"""Notices, composed once a second from what nobody outside was told of yet: grouped, held through quiet hours, never a storm."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.notices import telling
from telemetry.fleet.notices.channels import Channel
from telemetry.fleet.notices.pace import HOUR, digest_day, not_before
from telemetry.fleet.notices.telling import Names, Piece, Where
from telemetry.fleet.notices.terms import Terms
from telemetry.fleet.store import stops, ticket_rows
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import incident, kiosk, notice, notice_told, ticket, ticket_act
from telemetry.fleet.tickets import Deed, Line, Ticket
from telemetry.fleet.tickets.stops import in_order
from telemetry.wire.service_hours import CHINA, Calendars
from telemetry.wire.topics import KioskId

MOST_AT_ONCE = 500
"""Tickets told of in one transaction; everybody waits for it, and the rest has its turn a second later."""
LOOKED_BACK = timedelta(days=1)
"""Incidents older than this are no news."""


class NoticeBook:
    """Keeps table ``notice``."""

    def __init__(
        self,
        channels: Sequence[Channel],
        *,
        terms: Terms,
        calendars: Calendars,
        names: Names,
        low_words: Callable[[str], str],
    ) -> None:
        """Prepare.

        Args:
            channels: Who is told; without any nothing is kept for later either.
            terms: Of ``[notices]``.
            calendars: A digest goes out on days with service.
            names: Of fault codes.
            low_words: Of supplies.
        """
        self._channels = tuple(channels)
        self._terms = terms
        self._calendars = calendars
        self._names = names
        self._low_words = low_words

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what is to be told; see ``Book``."""
        if not happened.is_due:
            return
        if not self._channels:
            connection.execute(
                update(ticket).where(ticket.c.told_version < ticket.c.version).values(told_version=ticket.c.version)
            )  # fmt: skip
            return
        for piece in self._of_tickets(connection, happened.now):
            self._tell(connection, piece, happened.now)
        for piece in self._of_incidents(connection, happened.now):
            self._tell(connection, piece, happened.now)
        self._morning(connection, happened.now)

    def _of_tickets(self, connection: Connection, now: datetime) -> list[Piece]:
        untold = select(ticket.c.id, ticket.c.told_version).where(ticket.c.told_version < ticket.c.version)
        told = {row.id: row.told_version for row in connection.execute(untold.order_by(ticket.c.id).limit(MOST_AT_ONCE))}
        if not told:
            return []
        lines = _lines(connection, told)
        ready = {number for number, since in lines.items() if self._is_ready(since, now)}
        found = [one for one in ticket_rows.read(connection, ticket.c.id.in_(ready)) if one.id in ready] if ready else []
        places = _places(connection, found)
        pieces = []
        for one in found:
            news = [line for _, line in lines[one.id]]
            where = _where(one, places)
            pieces.append(telling.of_ticket(one, news, where, self._names, link=self._terms.link))
            connection.execute(update(ticket).where(ticket.c.id == one.id).values(told_version=one.version))
        return [piece for piece in pieces if piece is not None]

    def _is_ready(self, since: Sequence[tuple[datetime, Line]], now: datetime) -> bool:
        """Whether the window of a ticket's first untold line is over; whoever is late is told of at once."""
        is_late = any(line.deed is Deed.ESCALATED for _, line in since)
        return is_late or since[0][0] + self._terms.window <= now

    def _of_incidents(self, connection: Connection, now: datetime) -> list[Piece]:
        recent = or_(incident.c.ended_at.is_(None), incident.c.ended_at >= now - LOOKED_BACK)
        pieces = []
        for row in connection.execute(select(incident).where(recent)).mappings():
            opened, ended = f"incident {row['id']} opened", f"incident {row['id']} ended"
            if row["opened_at"] + self._terms.window > now or row["opened_at"] < now - LOOKED_BACK:
                continue
            if _once(connection, opened, now):
                pieces.append(self._of_incident(connection, row, ended_at=None))
            elif row["ended_at"] is not None and _once(connection, ended, now):
                pieces.append(self._of_incident(connection, row, ended_at=row["ended_at"]))
        return pieces

    def _of_incident(self, connection: Connection, row: Mapping[Any, Any], *, ended_at: datetime | None) -> Piece:
        its_own = ticket_rows.read(connection, ticket.c.incident_id == row["id"])
        return telling.of_incident(
            county=row["county"], kind=row["kind"], scope=row["scope"], kiosks=row["kiosks"], began_at=row["began_at"],
            ended_at=ended_at, ticket=max(its_own, key=lambda one: one.id, default=None), link=self._terms.link,
        )  # fmt: skip

    def _morning(self, connection: Connection, now: datetime) -> None:
        day = digest_day(now, digest_at=self._terms.digest_at)
        if not day:
            return
        midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        for channel in self._channels:
            if "digest" not in channel.kinds or not _once(connection, f"digest {channel.name[:40]} {day}", now):
                continue
            counties = channel.counties or self._calendars.of_county.keys()
            hours = [self._calendars.of(county) for county in counties] or [self._calendars.of("")]
            if not any(one.open_s(midnight, midnight + timedelta(days=1)) for one in hours):
                continue
            found = in_order(stops.read(connection, counties=channel.counties, areas=channel.areas))
            said = telling.of_morning(
                found,
                self._names,
                things=self._terms.digest_things,
                now=now,
                low_words=self._low_words,
                outages=stops.outages(connection, counties=channel.counties, areas=channel.areas),
                link=self._terms.link,
            )
            if said is not None:
                county = next(iter(channel.counties)) if len(channel.counties) == 1 else ""
                piece = Piece(kind="digest", county=county, area="", subject=said[0], body=said[1])
                _add(connection, channel, piece, now=now, begins=now)

    def _tell(self, connection: Connection, piece: Piece, now: datetime) -> None:
        for channel in self._channels:
            if not channel.wants(piece.kind, county=piece.county, area=piece.area):
                continue
            lately = _lately(connection, channel, now)
            begins = not_before(
                now, quiet=channel.quiet, is_urgent=piece.is_urgent, lately=lately, most_per_hour=channel.most_per_hour
            )
            waiting = None if begins <= now else _waiting(connection, channel, now)
            if waiting is None:
                _add(connection, channel, piece, now=now, begins=begins)
            else:
                body = telling.room_for(waiting.body, piece.body, pieces=waiting.merged)
                values = {"body": body, "merged": waiting.merged + 1, "not_before": min(waiting.not_before, begins)}
                connection.execute(update(notice).where(notice.c.id == waiting.id).values(values))


def _lines(connection: Connection, told: Mapping[int, int]) -> dict[int, list[tuple[datetime, Line]]]:
    lines: dict[int, list[tuple[datetime, Line]]] = defaultdict(list)
    question = select(ticket_act).where(ticket_act.c.ticket_id.in_(told)).order_by(ticket_act.c.ticket_id, ticket_act.c.version)
    for row in connection.execute(question):
        if row.version > told[row.ticket_id]:
            lines[row.ticket_id].append((row.at, Line(deed=Deed(row.act), by=row.by, note=row.note)))
    return lines


def _places(connection: Connection, found: Iterable[Ticket]) -> dict[KioskId, Where]:
    places: dict[KioskId, Where] = {}
    for named in by_county(one.kiosk for one in found if one.kiosk is not None):
        question = select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town).where(named.rows_of(kiosk))
        for row in connection.execute(question):
            places[KioskId(county=row.county, kiosk=row.kiosk)] = Where(site=row.site, town=row.town)
    return places


def _where(of: Ticket, places: Mapping[KioskId, Where]) -> Where:
    if of.outage is not None:
        return Where(site=of.outage.scope, town="")
    return Where(site="", town="") if of.kiosk is None else places.get(of.kiosk, Where(site=of.kiosk.kiosk, town=""))


def _once(connection: Connection, about: str, now: datetime) -> bool:
    """Whether this is told for the first time; afterwards it has been."""
    if connection.execute(select(notice_told.c.about).where(notice_told.c.about == about)).one_or_none() is not None:
        return False
    fresh: Callable[[Table], Any] = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(fresh(notice_told).values(about=about, at=now).on_conflict_do_nothing())
    return True


def _lately(connection: Connection, channel: Channel, now: datetime) -> list[datetime]:
    """Return when the channel's notices of the last hour go or went, and those that wait."""
    mine = and_(notice.c.channel == channel.name, notice.c.kind != "digest", notice.c.not_before > now - HOUR)
    return list(connection.execute(select(notice.c.not_before).where(mine)).scalars())


def _waiting(connection: Connection, channel: Channel, now: datetime) -> Any:  # noqa: ANN401  # a row of notice, or None
    """Return the channel's notice that waits for its time, to take more in."""
    question = select(notice).where(
        notice.c.channel == channel.name,
        notice.c.kind != "digest",
        notice.c.sent_at.is_(None),
        notice.c.tries == 0,
        notice.c.not_before > now,
    )
    return connection.execute(question.order_by(notice.c.not_before).limit(1)).one_or_none()


def _add(connection: Connection, channel: Channel, piece: Piece, *, now: datetime, begins: datetime) -> None:
    connection.execute(
        insert(notice).values(
            county=piece.county, channel=channel.name, kind=piece.kind, subject=piece.subject, body=piece.body, composed_at=now,
            not_before=begins,
        )
    )  # fmt: skip
