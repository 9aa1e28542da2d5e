"""What people do on the page of enrolments: let in, refuse, make a code, shut out, let in again, retire."""

import io
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

import segno
from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlalchemy import Engine

from provisioning.fleet.registry import requests, serials
from provisioning.fleet.registry.acts import NotNowError, RegistryActs, Who
from provisioning.fleet.registry.codes import LASTS
from provisioning.fleet.registry.serials_file import plain_serial
from provisioning.fleet.registry.slip import Slip
from provisioning.wire.enrolment import show_code
from provisioning.wire.identity import subject_of
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, address_of, must
from telemetry.wire.topics import NAME, KioskId

Reader = Annotated[Taste, Depends(taste)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
Typed = Annotated[str, Form(max_length=64)]
Reason = Annotated[str, Form(max_length=200)]


class Deed(StrEnum):
    """What is done to a kiosk that is in, or was."""

    QUARANTINE = "quarantine"
    READMIT = "readmit"
    RETIRE = "retire"


class Shown(Protocol):
    """The page these forms stand on."""

    def context(self, person: Person, q: str = "", state: str = "", **more: object) -> dict[str, object]:
        """Return what it is filled with."""

    def refused(self, reader: Taste, person: Person, error: NotNowError) -> Response:
        """Say on it that something was not done."""


def router(engine: Engine, pages: Pages, view: Shown, acts: RegistryActs, *, now: Callable[[], datetime], url: str) -> APIRouter:
    """Return the acts."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/enrolment/requests/{number}/approve")
    def approve(*, request: Request, reader: Reader, person: Asking, number: Number, kiosk: Typed = "") -> Response:
        waiting = _request(engine, person, number)
        try:
            named = None
            if kiosk.strip():
                if not NAME.fullmatch(kiosk.strip()):
                    raise NotNowError("name", f"{kiosk!r} can be no kiosk's name")  # noqa: TRY301  # one way to say no
                named = KioskId(county=waiting.county, kiosk=kiosk.strip())
            becomes = acts.approve(_who(request, person), number, named, now=now())
        except NotNowError as error:
            return view.refused(reader, person, error)
        return _back(reader, "approved", subject_of(becomes))

    @routes.post("/enrolment/requests/{number}/refuse")
    def turn_down(*, request: Request, reader: Reader, person: Asking, number: Number) -> Response:
        waiting = _request(engine, person, number)
        try:
            acts.turn_down(_who(request, person), number, now=now())
        except NotNowError as error:
            return view.refused(reader, person, error)
        return _back(reader, "refused", waiting.serial)

    @routes.post("/enrolment/codes")
    def make_code(*, request: Request, reader: Reader, person: Asking, serial: Typed) -> Response:
        """Make a code and show it in the answer itself: no address leads to it again."""
        try:
            machine = _machine(engine, person, serial)
            moment = now()
            code = acts.make_code(_who(request, person), machine.listed.serial, now=moment)
        except NotNowError as error:
            return view.refused(reader, person, error)
        listed = machine.listed
        slip = Slip(
            serial=listed.serial,
            kiosk=subject_of(listed.becomes) if listed.becomes else listed.county,
            village=listed.village,
            url=url,
            code=code,
            expires_at=moment + LASTS,
        )
        shown = view.context(person, slip=slip, shown_code=show_code(code), qr=_qr(slip))
        return pages.page("enrolment.html", reader, shown, status=201)

    @routes.post("/enrolment/codes/withdraw")
    def withdraw(*, request: Request, reader: Reader, person: Asking, serial: Typed) -> Response:
        try:
            machine = _machine(engine, person, serial)
            acts.withdraw_code(_who(request, person), machine.listed.serial, now=now())
        except NotNowError as error:
            return view.refused(reader, person, error)
        return _back(reader, "withdrawn", machine.listed.serial)

    @routes.post("/enrolment/kiosks/{county}/{kiosk}/{deed}")
    def act(
        *, request: Request, reader: Reader, person: Asking, county: Name, kiosk: Name, deed: Deed, reason: Reason = ""
    ) -> Response:
        of, who = KioskId(county=county, kiosk=kiosk), _who(request, person)
        if not person.sees(county):
            raise HTTPException(404, subject_of(of))
        must(person, Act.RETIRE if deed is Deed.RETIRE else Act.QUARANTINE, county=county)
        try:
            match deed:
                case Deed.QUARANTINE:
                    acts.shut_out(who, of, reason.strip(), now=now())
                case Deed.READMIT:
                    acts.readmit(who, of, now=now())
                case Deed.RETIRE:
                    acts.retire(who, of, reason.strip(), now=now())
        except NotNowError as error:
            return view.refused(reader, person, error)
        return _back(reader, deed.value, subject_of(of))

    return routes


def _machine(engine: Engine, person: Person, typed: str) -> serials.Machine:
    try:
        serial = plain_serial(typed)
    except ValueError as error:
        raise NotNowError("unknown_serial", str(error)) from error
    with engine.connect() as connection:
        machine = serials.find(connection, serial)
    if machine is None or not person.sees(machine.listed.county):
        raise NotNowError("unknown_serial", f"{serial} is not in the list")
    must(person, Act.ENROL, county=machine.listed.county)
    return machine


def _request(engine: Engine, person: Person, number: int) -> requests.Request:
    with engine.connect() as connection:
        request = requests.find(connection, number)
    if request is None or not person.sees(request.county):
        raise HTTPException(404, str(number))
    must(person, Act.ENROL, county=request.county)
    return request


def _who(request: Request, person: Person) -> Who:
    return Who(person=person, address=address_of(request))


def _qr(slip: Slip) -> Markup:
    """Return the slip's QR code as a drawing that says no colour of its own."""
    drawing = io.BytesIO()
    segno.make_qr(slip.qr_text, error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=False, border=2, omitsize=True, svgclass="qr", lineclass="qr-line"
    )
    return Markup(drawing.getvalue().decode())  # noqa: S704  # made of squares by the library, nothing of it was typed


def _back(reader: Taste, said: str, about: str) -> RedirectResponse:
    language = "&lang=en" if reader.language.value == "en" else ""
    return RedirectResponse(f"/enrolment?said={said}&about={about}{language}", status_code=303)
