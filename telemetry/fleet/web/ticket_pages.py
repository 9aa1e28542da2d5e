"""The board of tickets, the page of one, and the round."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Response
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.tickets import Outage, Rules
from telemetry.fleet.tickets.bag import ITEMS
from telemetry.fleet.web import round as rounds
from telemetry.fleet.web import ticket_board, ticket_times, tickets
from telemetry.fleet.web.export import Cell, as_csv
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.filters import Filter, asked
from telemetry.fleet.web.pages import Format
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import NAME

Reader = Annotated[Taste, Depends(taste)]
Wanted = Annotated[Filter, Depends(asked)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
AskedWord = Annotated[str, Query(max_length=64)]
Typed = Annotated[str, Form(max_length=400)]
Chosen = Annotated[str, Form(max_length=64)]
MOST_COUNT = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """What else the board is asked for."""

    area: str = ""
    assignee: str = ""
    state: str = ""


def board_asked(area: AskedWord = "", assignee: AskedWord = "", state: AskedWord = "") -> BoardFilter:
    """Read it off the URL (a FastAPI dependency)."""
    return BoardFilter(area=area, assignee=assignee, state=state)


More = Annotated[BoardFilter, Depends(board_asked)]


class OneTicket:
    """What the page of one ticket is filled with, whoever shows it."""

    def __init__(self, engine: Engine, words: FaultWords, *, seen: Callable[[], int], now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._words = words
        self._seen = seen
        self._now = now

    def context(self, number: int, person: Person) -> dict[str, object]:
        """Return it.

        Raises:
            HTTPException: There is no such ticket, or none that this person may see.
        """
        latest, moment = self._seen(), self._now()
        page = tickets.read_one(self._engine, self._words, number, person=person, now=moment)
        if page is None:
            raise HTTPException(404, f"T-{number}")
        told = {"lost": None, "refusal": "", "done": False}
        return {"seen": latest, "now": moment, "page": page, "items": ITEMS, "words": self._words, **told}


def router(
    engine: Engine,
    words: FaultWords,
    pages: Pages,
    one: OneTicket,
    *,
    rules: Rules,
    calendars: Calendars,
    seen: Callable[[], int],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return the pages. ``seen`` says up to which change a page rendered now is true; it is asked before the store is."""
    routes = APIRouter(include_in_schema=False)

    def board(wanted: Filter, more: BoardFilter) -> ticket_board.Board:
        return ticket_board.read(
            engine, words, wanted=wanted, area=more.area, assignee=more.assignee, state=more.state, calendars=calendars, now=now()
        )

    def board_context(wanted: Filter, more: BoardFilter) -> dict[str, object]:
        latest, moment, page = seen(), now(), board(wanted, more)
        told = {"wanted": wanted, "more": more, "rules": rules, "words": words}
        drawn = {"bars": ticket_times.draw(page.spent), "paints": tuple(ticket_times.PAINTS.items())}
        return {"seen": latest, "now": moment, "page": page, **told, **drawn}

    def round_context(person: Person, area: str) -> dict[str, object]:
        latest, moment = seen(), now()
        page = rounds.read(engine, words, person=person, area=area, now=moment)
        return {"seen": latest, "now": moment, "page": page, "area": area}

    @routes.get("/tickets")
    def show_board(
        reader: Reader,
        wanted: Wanted,
        more: More,
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        if format is Format.CSV:
            return _csv(board(wanted, more).rows)
        return pages.page("tickets.html", reader, board_context(wanted, more))

    @routes.get("/fragments/tickets")
    def fragment_board(reader: Reader, wanted: Wanted, more: More) -> Response:
        return pages.fragment("tickets.html", reader, board_context(wanted, more))

    @routes.get("/tickets/{number}")
    def show_ticket(reader: Reader, person: Asking, number: Number, *, done: bool = False) -> Response:
        return pages.page("ticket.html", reader, one.context(number, person) | {"done": done})

    @routes.get("/fragments/tickets/{number}")
    def fragment_ticket(reader: Reader, person: Asking, number: Number) -> Response:
        return pages.fragment("ticket.html", reader, one.context(number, person))

    @routes.get("/round")
    def show_round(reader: Reader, person: Asking, area: AskedWord = "") -> Response:
        return pages.page("round.html", reader, round_context(person, area))

    @routes.get("/fragments/round")
    def fragment_round(reader: Reader, person: Asking, area: AskedWord = "") -> Response:
        return pages.fragment("round.html", reader, round_context(person, area))

    return routes


def _of_outage(outage: Outage | None) -> tuple[Cell, ...]:
    if outage is None:
        return ("", "", 1, "")
    return (outage.incident_id, outage.level, outage.kiosks, outage.addressee)


def _csv(cards: Iterable[tickets.Card]) -> Response:
    header = (
        *("id", "county", "kiosk", "site", "town", "area", "state", "state_since", "opened_at", "opened_by", "blocking"),
        *("assignee", "due_at", "late_s", "escalation", "codes", "title", "complaints", "reopened", "fixed_at"),
        *("verified_at", "closed_at", "evidence", "parts", "incident", "level", "kiosks", "addressee"),
    )
    rows: Iterable[tuple[Cell, ...]] = (
        (
            card.ticket.id,
            card.ticket.county,
            "" if card.ticket.kiosk is None else card.ticket.kiosk.kiosk,
            card.place.site,
            card.place.town,
            card.ticket.area,
            card.ticket.state.value,
            card.ticket.state_since,
            card.ticket.opened_at,
            card.ticket.opened_by.value,
            card.ticket.is_blocking,
            card.ticket.assignee,
            card.ticket.due_at,
            round(card.late_s),
            card.ticket.escalation,
            " ".join(cause.code for cause in card.ticket.causes),
            "" if card.word is None else card.word.title_zh,
            card.ticket.complaints,
            card.ticket.times_reopened,
            card.ticket.fixed_at,
            card.ticket.verified_at,
            card.ticket.closed_at,
            card.evidence,
            " ".join(f"{one.part}x{one.count}" for one in card.ticket.parts),
            *_of_outage(card.ticket.outage),
        )
        for card in cards
    )
    return as_csv("tickets", header, rows)
