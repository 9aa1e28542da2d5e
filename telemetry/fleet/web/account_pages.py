"""The bureau's page of accounts: add, change, close, hand over another password, revoke a program; each act in the audit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine, select

from telemetry.fleet.accounts import audit, browsers, programs, register, sessions
from telemetry.fleet.accounts.passwords import Passwords
from telemetry.fleet.accounts.person import Act, Person, Role
from telemetry.fleet.accounts.register import Account, UnfitError
from telemetry.fleet.store.schema import kiosk
from telemetry.fleet.store.scope import within
from telemetry.fleet.web.accounts import export, new_password, read, scope
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, address_of, must

Reader = Annotated[Taste, Depends(taste)]
Named = Annotated[str, Path(pattern=f"^{register.ACCOUNT_NAME.pattern}$")]
Typed = Annotated[str, Form(max_length=300)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the page says of what was just asked.

    Attributes:
        word: Of ours: what was done, or why it was not.
        about: Which account.
        secret: A password, shown once.
        typed: What was typed, to be typed no second time.
    """

    word: str = ""
    about: str = ""
    secret: str = ""
    typed: Person | None = None


def filled(
    role: Annotated[Role, Form()],
    full_name: Typed = "",
    counties: Typed = "",
    areas: Typed = "",
) -> Person:
    """Read the fields both forms have (a FastAPI dependency); the name comes from elsewhere."""
    return Person(
        name="",
        full_name=full_name.strip(),
        role=role,
        counties=register.words(counties),
        areas=register.words(areas),
    )


Filled = Annotated[Person, Depends(filled)]


class Desk:
    """What every act on an account needs: the page to come back to, who may do it, and the note of it."""

    def __init__(self, engine: Engine, pages: Pages, *, now: Callable[[], datetime]) -> None:
        self.engine = engine
        self.now = now
        self._pages = pages

    def page(self, reader: Taste, person: Person, told: Told, *, status: int = 200) -> Response:
        """Render the page for somebody who may manage accounts."""
        with self.engine.connect() as connection:
            rows = read(connection, person)
            of_programs = tuple(one for one in programs.all_programs(connection) if person.covers(one[0]))
            named = select(kiosk.c.county).where(within(kiosk.c.county, person.counties)).distinct().order_by(kiosk.c.county)
            counties: Sequence[str] = connection.execute(named).scalars().all()
        context = {
            "seen": 0,
            "now": self.now(),
            "rows": rows,
            "programs": of_programs,
            "counties": counties,
            "roles": tuple(Role),
            "said": told.word,
            "about": told.about,
            "secret": told.secret,
            "typed": told.typed,
        }
        return self._pages.page("accounts.html", reader, context, status=status)

    def mine(self, connection: Connection, person: Person, name: str) -> Account:
        """Return the account, if the person may change it.

        Raises:
            HTTPException: They may not manage accounts, or it is none of their business.
            UnfitError: It is their own.
        """
        must(person, Act.MANAGE_ACCOUNTS)
        found = register.find(connection, name)
        if found is None or not person.covers(found.person):
            raise HTTPException(404, name)
        if found.person.name == person.name:
            raise UnfitError("own", "nobody changes the own role, or closes the own account")
        return found

    def note(self, connection: Connection, request: Request, person: Person, about: str, detail: str) -> None:
        """Write down what was done, in the same transaction."""
        audit.note(
            connection,
            person,
            Act.MANAGE_ACCOUNTS,
            now=self.now(),
            about=about,
            detail=detail,
            address=address_of(request),
        )


def router(engine: Engine, pages: Pages, *, passwords: Passwords, now: Callable[[], datetime]) -> APIRouter:
    """Return ``/accounts``."""
    desk = Desk(engine, pages, now=now)
    routes = APIRouter(include_in_schema=False)
    _reading(routes, desk)
    _handing_over(routes, desk, passwords)
    _changing(routes, desk)
    return routes


def _reading(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/accounts")
    def show(request: Request, reader: Reader, person: Asking) -> Response:
        must(person, Act.MANAGE_ACCOUNTS)
        asked = request.query_params
        if asked.get("format") == "csv":
            with desk.engine.connect() as connection:
                return export(read(connection, person))
        return desk.page(reader, person, Told(word=asked.get("said", ""), about=asked.get("about", "")))


def _handing_over(routes: APIRouter, desk: Desk, passwords: Passwords) -> None:
    """Add the two acts that end with a password on the page: it is shown there, and nowhere kept."""

    @routes.post("/accounts")
    def add(*, request: Request, reader: Reader, person: Asking, filled: Filled, name: Typed = "") -> Response:
        must(person, Act.MANAGE_ACCOUNTS)
        wanted = replace(filled, name=name.strip(), full_name=filled.full_name or name.strip())
        if not person.covers(wanted):
            return desk.page(reader, person, Told(word="beyond", typed=wanted), status=422)
        secret = new_password()
        hashed = passwords.hash(secret)
        try:
            with desk.engine.begin() as connection:
                register.add(connection, wanted, hashed=hashed, now=desk.now())
                desk.note(connection, request, person, f"account {wanted.name}", f"added as {wanted.role.value}{scope(wanted)}")
        except UnfitError as error:
            return desk.page(reader, person, Told(word=error.why, typed=wanted), status=422)
        return desk.page(reader, person, Told(word="added", about=wanted.name, secret=secret))

    @routes.post("/accounts/{name}/password")
    def reset(request: Request, reader: Reader, person: Asking, name: Named) -> Response:
        must(person, Act.MANAGE_ACCOUNTS)
        secret = new_password()
        hashed = passwords.hash(secret)
        try:
            with desk.engine.begin() as connection:
                found = desk.mine(connection, person, name).person
                register.set_password(connection, found.name, hashed=hashed, now=desk.now())
                browsers.forget(connection, found.name)
                ended = sessions.end_all(connection, found.name)
                desk.note(connection, request, person, f"account {found.name}", f"password set, {ended} sessions ended")
        except UnfitError as error:
            return desk.page(reader, person, Told(word=error.why, about=name), status=422)
        return desk.page(reader, person, Told(word="reset", about=found.name, secret=secret))


def _changing(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/accounts/{name}/change")
    def change(*, request: Request, reader: Reader, person: Asking, name: Named, filled: Filled) -> Response:
        try:
            with desk.engine.begin() as connection:
                was = desk.mine(connection, person, name).person
                wanted = replace(filled, name=was.name, full_name=filled.full_name or was.full_name)
                if not person.covers(wanted):
                    return desk.page(reader, person, Told(word="beyond", about=name), status=422)
                register.change(connection, wanted)
                detail = f"{was.role.value}{scope(was)} > {wanted.role.value}{scope(wanted)}"
                desk.note(connection, request, person, f"account {was.name}", detail)
        except UnfitError as error:
            return desk.page(reader, person, Told(word=error.why, about=name), status=422)
        return _back(reader, "changed", name)

    @routes.post("/accounts/{name}/close")
    def close(request: Request, reader: Reader, person: Asking, name: Named) -> Response:
        try:
            with desk.engine.begin() as connection:
                found = desk.mine(connection, person, name).person
                register.close(connection, found.name)
                ended = sessions.end_all(connection, found.name)
                desk.note(connection, request, person, f"account {found.name}", f"closed, {ended} sessions ended")
        except UnfitError as error:
            return desk.page(reader, person, Told(word=error.why, about=name), status=422)
        return _back(reader, "closed", name)

    @routes.post("/accounts/{name}/reopen")
    def reopen(request: Request, reader: Reader, person: Asking, name: Named) -> Response:
        try:
            with desk.engine.begin() as connection:
                found = desk.mine(connection, person, name).person
                register.reopen(connection, found.name)
                desk.note(connection, request, person, f"account {found.name}", "opened again")
        except UnfitError as error:
            return desk.page(reader, person, Told(word=error.why, about=name), status=422)
        return _back(reader, "reopened", name)

    @routes.post("/programs/{name}/revoke")
    def revoke(request: Request, reader: Reader, person: Asking, name: Named) -> Response:
        must(person, Act.MANAGE_ACCOUNTS)
        with desk.engine.begin() as connection:
            known = {one.name: one for one, _ in programs.all_programs(connection)}
            if name not in known or not person.covers(known[name]):
                raise HTTPException(404, name)
            programs.revoke(connection, name)
            desk.note(connection, request, person, f"program {name}", "token revoked")
        return _back(reader, "revoked", name)


def _back(reader: Taste, said: str, about: str) -> Response:
    english = "&lang=en" if reader.language.value == "en" else ""
    return RedirectResponse(f"/accounts?said={said}&about={about}{english}", status_code=303)
