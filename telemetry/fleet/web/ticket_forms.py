"""What people do to tickets from a page: each form with the version it was filled in over, each answer in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.changes import Changes
from telemetry.fleet.store.ticket_acts import Lost, NoTicketError, TicketActs, Who
from telemetry.fleet.tickets import OpenedBy, Part, Rules
from telemetry.fleet.tickets.acts import WAYS, Doing, NotNowError, Refusal, Said
from telemetry.fleet.tickets.complaints import ABOUT, Complaint
from telemetry.fleet.web import tickets
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.ticket_pages import OneTicket
from telemetry.fleet.web.who import Asking, address_of, must
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import NAME, KioskId

Reader = Annotated[Taste, Depends(taste)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
Typed = Annotated[str, Form(max_length=400)]
Chosen = Annotated[str, Form(max_length=64)]
MOST_COUNT = 99


def router(
    engine: Engine,
    pages: Pages,
    one: OneTicket,
    *,
    changes: Changes,
    rules: Rules,
    calendars: Calendars,
    now: Callable[[], datetime],
) -> APIRouter:
    """Return the acts. ``changes`` is told of what is done here, so that every open page shows it."""
    routes = APIRouter(include_in_schema=False)
    acts = TicketActs(engine, rules=rules, calendars=calendars)

    @routes.post("/tickets/{number}/{doing}")
    async def act(
        *,
        request: Request,
        reader: Reader,
        person: Asking,
        number: Number,
        doing: Doing,
        version: Annotated[int, Form(ge=0, le=2**31 - 1)],
        note: Typed = "",
        assignee: Chosen = "",
        part: Chosen = "",
        count: Annotated[int, Form(ge=1, le=MOST_COUNT)] = 1,
        back: Annotated[str, Form(pattern="^(round)?$")] = "",
    ) -> Response:
        try:
            known = await run_in_threadpool(acts.find, number)
        except NoTicketError as error:
            raise HTTPException(404, f"T-{number}") from error
        if not person.sees(known.county):
            raise HTTPException(404, f"T-{number}")
        must(person, WAYS[doing].asks, county=known.county, area=known.area)
        parts = (Part(part=part.strip(), count=count),) if part.strip() else ()
        said = Said(note=note, assignee=assignee.strip(), parts=parts)
        who = Who(person=person, address=address_of(request))
        try:
            answer = await run_in_threadpool(acts.take, who, number, doing, said, seen_version=version, now=now())
        except NotNowError as error:
            return await _again(number, person, reader, {"refusal": error.refusal}, _status_of(error.refusal))
        if isinstance(answer, Lost):
            return await _again(number, person, reader, {"lost": answer}, 409)
        if known.kiosk is not None:
            changes.publish({known.kiosk})
        else:
            changes.publish_everything()  # of many kiosks, and of none in particular
        return _to("/round" if back else f"/tickets/{number}", reader, is_done=not back)

    async def _again(number: int, person: Person, reader: Taste, told: dict[str, object], status: int) -> Response:
        context = await run_in_threadpool(one.context, number, person)
        return await run_in_threadpool(pages.page, "ticket.html", reader, context | told, status=status)

    @routes.post("/kiosks/{county}/{kiosk}/tickets")
    async def open_by_hand(
        *, request: Request, reader: Reader, person: Asking, county: Name, kiosk: Name, why: Typed = ""
    ) -> Response:
        of = KioskId(county=county, kiosk=kiosk)
        await run_in_threadpool(_known, of, person, Act.OPEN_TICKET)
        who = Who(person=person, address=address_of(request))
        opened = await run_in_threadpool(acts.open, who, of, why=why.strip(), now=now())
        changes.publish({of})
        return _to(f"/tickets/{opened.id}", reader, is_done=True)

    @routes.post("/kiosks/{county}/{kiosk}/complaints")
    async def note_complaint(
        *,
        request: Request,
        reader: Reader,
        person: Asking,
        county: Name,
        kiosk: Name,
        about: Annotated[str, Form(pattern=f"^({'|'.join(ABOUT)})$")],
        by: Annotated[str, Form(pattern="^(clerk|villager)$")] = "villager",
    ) -> Response:
        of, moment = KioskId(county=county, kiosk=kiosk), now()
        await run_in_threadpool(_known, of, person, Act.NOTE_COMPLAINT)
        complaint = Complaint(kiosk=of, at=moment, by=OpenedBy(by), about=about)
        joined = await run_in_threadpool(
            acts.complain, Who(person=person, address=address_of(request)), complaint, now=moment
        )  # fmt: skip
        changes.publish({of})
        return _to(f"/tickets/{joined.id}", reader, is_done=True)

    def _known(of: KioskId, person: Person, act: Act) -> None:
        if not person.sees(of.county) or not tickets.is_known(engine, of):
            raise HTTPException(404, f"{of.county} / {of.kiosk}")
        must(person, act, county=of.county, area=acts.area(of))

    return routes


def _status_of(refusal: Refusal) -> int:
    return 409 if refusal is Refusal.WRONG_STATE else 422


def _to(path: str, reader: Taste, *, is_done: bool) -> RedirectResponse:
    asked = [word for word in ("done=true" if is_done else "", "lang=en" if reader.language.value == "en" else "") if word]
    return RedirectResponse(f"{path}?{'&'.join(asked)}" if asked else path, status_code=303)
