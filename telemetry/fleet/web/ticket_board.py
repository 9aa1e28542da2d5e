"""The board of tickets: which one is stuck at which step, and has the kiosk itself confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select

from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.schema import complaint, ticket
from telemetry.fleet.tickets import State
from telemetry.fleet.web import census, ticket_times
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import who_ends_ticket
from telemetry.fleet.web.ticket_times import Spent
from telemetry.fleet.web.tickets import LANES, Card, cards_of
from telemetry.wire.service_hours import CHINA, Calendars

MOST_OF_A_LANE = 12
MOST_OPEN = 2_000
SHOWN_AFTER = timedelta(hours=24)
"""How long a ticket that is over stays in the last lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The page of tickets. Numbers are of everything the reader may see, whatever is filtered further."""

    lanes: Mapping[State, tuple[Card, ...]]
    rows: tuple[Card, ...]
    open: int
    late: int
    due_today: int
    opened_in_week: int
    verified_in_week: int
    villagers_first: int
    spent: tuple[Spent, ...]
    median_s: float | None
    areas: tuple[str, ...]
    assignees: tuple[str, ...]
    kiosks: int
    freshness: Freshness


def read(
    engine: Engine,
    words: FaultWords,
    *,
    wanted: Filter,
    area: str,
    assignee: str,
    state: str,
    calendars: Calendars,
    now: datetime,
) -> Board:
    """Read the board: what is filtered in its lanes, worst first."""
    seen = wanted.lets_through(ticket.c.county)
    lately = or_(ticket.c.closed_at.is_(None), ticket.c.closed_at >= now - SHOWN_AFTER)
    with engine.connect() as connection:
        found = ticket_rows.read(connection, and_(seen, lately))[:MOST_OPEN]
        cards = cards_of(connection, found, words, now=now)
        spent, median_s = ticket_times.measure(connection, wanted, calendars, now=now)
        counted = _counted(connection, wanted, now=now)
        everybody = census.take(connection, wanted=Filter(counties=wanted.counties), now=now)
    shown = [
        card for card in cards if _is_asked(card, wanted, area=area, assignee=assignee, state=state)
    ]  # fmt: skip
    shown.sort(key=_worst_first)
    lanes: dict[State, list[Card]] = {lane: [] for lane in LANES}
    for card in shown:
        lanes[card.ticket.state if card.ticket.state in lanes else State.VERIFIED].append(card)
    open_ones = [card for card in cards if card.ticket.closed_at is None and card.ticket.state is not State.VERIFIED]
    midnight = datetime.combine(now.astimezone(CHINA).date() + timedelta(days=1), time(), CHINA)
    return Board(
        lanes={lane: tuple(members) for lane, members in lanes.items()},
        rows=tuple(shown),
        open=len(open_ones),
        late=sum(card.late_s > 0 for card in open_ones),
        due_today=sum(card.ticket.due_at is not None and now <= card.ticket.due_at < midnight for card in open_ones),
        opened_in_week=counted[0],
        verified_in_week=counted[1],
        villagers_first=counted[2],
        spent=spent,
        median_s=median_s,
        areas=tuple(sorted({card.ticket.area for card in cards if card.ticket.area})),
        assignees=tuple(sorted({card.ticket.assignee for card in cards if card.ticket.assignee})),
        kiosks=everybody.all,
        freshness=everybody.freshness,
    )


def _worst_first(card: Card) -> tuple[bool, bool, float]:
    due = card.ticket.due_at
    return (
        card.late_s <= 0,
        card.ticket.verified_at is None and not card.ticket.is_blocking,
        due.timestamp() if due is not None else -card.ticket.state_since.timestamp(),
    )


def _is_asked(card: Card, wanted: Filter, *, area: str, assignee: str, state: str) -> bool:
    of, word = card.ticket, card.word
    texts = [f"T-{of.id}", card.place.site, card.place.town, of.county, of.assignee, of.area]
    texts += [of.kiosk.kiosk] if of.kiosk is not None else []
    texts += [of.outage.addressee] if of.outage is not None else []
    texts += [cause.code for cause in of.causes]
    texts += [] if word is None else [word.title_zh, word.title_en, word.short]
    return (
        (not area or of.area == area)
        and (not assignee or of.assignee == assignee)
        and (not state or of.state.value == state)
        and (not wanted.town or card.place.town == wanted.town)
        and (not wanted.remedy or any(who_ends_ticket(cause.remedy) == wanted.remedy for cause in of.causes))
        and wanted.finds(texts)
    )


def _counted(connection: Connection, wanted: Filter, *, now: datetime) -> tuple[int, int, int]:
    week = now - timedelta(days=7)
    seen = wanted.lets_through(ticket.c.county)

    def count(table: Any, condition: ColumnElement[bool]) -> int:  # noqa: ANN401  # any of our tables
        return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())

    return (
        count(ticket, and_(seen, ticket.c.opened_at >= week)),
        count(ticket, and_(seen, ticket.c.verified_at >= week)),
        count(complaint, and_(wanted.lets_through(complaint.c.county), complaint.c.at >= week, complaint.c.was_first)),
    )
