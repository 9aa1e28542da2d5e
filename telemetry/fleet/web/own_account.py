"""One's own account: who the service takes one for, where one is signed in, another password."""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from telemetry.fleet.accounts import audit, register, sessions
from telemetry.fleet.accounts.passwords import SHORTEST, Passwords, WeakError, check
from telemetry.fleet.accounts.person import MAY, Act
from telemetry.fleet.accounts.sessions import Lasting
from telemetry.fleet.accounts.signing_in import SigningIn
from telemetry.fleet.web.admission import Admissions
from telemetry.fleet.web.door import Rules
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.sign_in import Typed, give
from telemetry.fleet.web.who import Asking, address_of, must

Reader = Annotated[Taste, Depends(taste)]
OWN = frozenset({Act.SIGN_IN, Act.SIGN_OUT, Act.CHANGE_PASSWORD, Act.END_SESSION})
"""What everybody may with their own account; not worth saying."""


def router(
    engine: Engine,
    pages: Pages,
    *,
    rules: Rules,
    lasting: Lasting,
    passwords: Passwords,
    signing_in: SigningIn,
    admissions: Admissions,
    now: Callable[[], datetime],
) -> APIRouter:
    """Return ``/account``."""
    routes = APIRouter(include_in_schema=False)

    def page(request: Request, reader: Taste, person: Asking, *, why: str = "", wait_s: int = 0, status: int = 200) -> Response:
        moment = now()
        with engine.connect() as connection:
            found = register.find(connection, person.name)
            open_now = sessions.of_account(connection, person.name, lasting=lasting, now=moment) if found else ()
        context = {
            "seen": 0,
            "now": moment,
            "account": found,
            "sessions": open_now,
            "session_here": sessions.digest(request.state.session)[: sessions.ID_CHARS] if request.state.session else "",
            "may_acts": sorted(act.value for act in MAY[person.role] - OWN),
            "why": why,
            "wait_s": wait_s,
            "said": request.query_params.get("said", ""),
            "shortest": SHORTEST,
        }
        return pages.page("account.html", reader, context, status=status)

    @routes.get("/account")
    def show(request: Request, reader: Reader, person: Asking) -> Response:
        return page(request, reader, person)

    @routes.post("/account/password")
    def change_password(
        *,
        request: Request,
        reader: Reader,
        person: Asking,
        current: Typed = "",
        new: Typed = "",
        again: Typed = "",
    ) -> Response:
        must(person, Act.CHANGE_PASSWORD)
        moment, token = now(), request.state.session
        if not token:
            return page(request, reader, person, why="local", status=409)
        refused = signing_in.confirm(person.name, current, session=token, now=moment)
        if refused is not None:
            return page(request, reader, person, why="wrong", wait_s=ceil(refused.wait.total_seconds()), status=422)
        if new != again:
            return page(request, reader, person, why="differ", status=422)
        try:
            check(new, name=person.name)
        except WeakError as error:
            return page(request, reader, person, why=error.why, status=422)
        hashed = passwords.hash(new)
        with engine.begin() as connection:
            kept = sessions.find(connection, token, lasting=lasting, now=moment)
            ended = sessions.end_all(connection, person.name)
            register.set_password(connection, person.name, hashed=hashed, now=moment)
            opened = sessions.open_session(
                connection,
                person.name,
                is_kept=kept is not None and kept.is_kept,
                address=address_of(request),
                lasting=lasting,
                now=moment,
            )
            audit.note(
                connection,
                person,
                Act.CHANGE_PASSWORD,
                now=moment,
                about=f"account {person.name}",
                detail=f"{ended} sessions ended",
                address=address_of(request),
            )
        admissions.forget(token)
        answer = RedirectResponse(f"/account?said=password{_english(reader)}", status_code=303)
        lasts_s = round((opened.expires_at - moment).total_seconds()) if kept is not None and kept.is_kept else None
        give(answer, rules.cookie, opened.token, rules=rules, path="/", max_age_s=lasts_s)
        return answer

    @routes.post("/account/sessions/end")
    def end_sessions(
        *,
        request: Request,
        reader: Reader,
        person: Asking,
        id: Annotated[str, Form(max_length=64)] = "",  # noqa: A002  # the word in the form
    ) -> Response:
        must(person, Act.END_SESSION)
        with engine.begin() as connection:
            if id:
                ended = int(sessions.end_one(connection, person.name, id))
            else:
                ended = sessions.end_all(connection, person.name, but=request.state.session)
            audit.note(
                connection,
                person,
                Act.END_SESSION,
                now=now(),
                about=f"account {person.name}",
                detail=f"{ended} sessions ended",
                address=address_of(request),
            )
        return RedirectResponse(f"/account?said=ended{_english(reader)}", status_code=303)

    return routes


def _english(reader: Taste) -> str:
    return "&lang=en" if reader.language.value == "en" else ""
