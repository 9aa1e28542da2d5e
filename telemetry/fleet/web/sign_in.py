"""Signing in and out: the page, and the cookies that come of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from telemetry.fleet.accounts import audit, register, sessions
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.accounts.signing_in import Admitted, Attempt, SigningIn
from telemetry.fleet.web.admission import Admissions
from telemetry.fleet.web.door import SIGN_IN, Rules
from telemetry.fleet.web.local_paths import local
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, address_of, present
from telemetry.fleet.web.words import Language

BROWSER_COOKIE = "zhizhu-browser"
BROWSER_KNOWN_S = 400 * 24 * 3600
"""As long as browsers keep any cookie."""

Reader = Annotated[Taste, Depends(taste)]
Typed = Annotated[str, Form(max_length=300)]


def router(
    engine: Engine,
    pages: Pages,
    *,
    rules: Rules,
    kept: timedelta,
    signing_in: SigningIn,
    admissions: Admissions,
    now: Callable[[], datetime],
) -> APIRouter:
    """Return ``/sign-in`` and ``/sign-out``; ``kept`` is how long a session lasts on somebody's own computer."""
    routes = APIRouter(include_in_schema=False)

    def page(reader: Reader, to: str, *, name: str = "", wait_s: int | None = None, status: int = 200) -> Response:
        with engine.connect() as connection:
            is_empty = not register.has_any(connection)
        context = {
            "now": now(),
            "to": to,
            "name": name,
            "wait_s": wait_s,
            "is_empty": is_empty,
            "kept_h": round(kept.total_seconds() / 3600),
        }
        return pages.page("sign_in.html", reader, context, status=status)

    @routes.get(SIGN_IN)
    def show(request: Request, reader: Reader) -> Response:
        to = local(request.query_params.get("next", "/"))
        if present(request) is not None:
            return RedirectResponse(to, status_code=303)
        return page(reader, to)

    @routes.post(SIGN_IN)
    def sign_in(
        *,
        request: Request,
        reader: Reader,
        name: Typed = "",
        password: Typed = "",
        keep: Annotated[str, Form(max_length=8)] = "",
        next: Annotated[str, Form(max_length=1_000)] = "/",  # noqa: A002  # the word in the address
    ) -> Response:
        attempt = Attempt(
            name=name.strip(),
            password=password,
            address=address_of(request),
            browser=request.cookies.get(BROWSER_COOKIE, "")[:100],
            is_kept=bool(keep),
            session=request.cookies.get(rules.cookie, ""),
        )
        outcome = signing_in.attempt(attempt, now=now())
        to = local(next)
        if not isinstance(outcome, Admitted):
            wait_s = ceil(outcome.wait.total_seconds())
            answer = page(reader, to, name=attempt.name, wait_s=wait_s, status=429 if wait_s else 401)
            if wait_s:
                answer.headers["Retry-After"] = str(wait_s)
            return answer
        if attempt.session:
            admissions.forget(attempt.session)
        answer = RedirectResponse(to, status_code=303)
        lasts_s = round((outcome.opened.expires_at - now()).total_seconds()) if attempt.is_kept else None
        give(answer, rules.cookie, outcome.opened.token, rules=rules, path="/", max_age_s=lasts_s)
        give(answer, BROWSER_COOKIE, outcome.browser, rules=rules, path=SIGN_IN, max_age_s=BROWSER_KNOWN_S)
        return answer

    @routes.post("/sign-out")
    def sign_out(request: Request, reader: Reader, person: Asking) -> Response:
        token = request.state.session
        if token:
            with engine.begin() as connection:
                sessions.end(connection, token)
                audit.note(connection, person, Act.SIGN_OUT, now=now(), address=address_of(request))
            admissions.forget(token)
        answer = RedirectResponse(SIGN_IN if reader.language is Language.ZH else f"{SIGN_IN}?lang=en", status_code=303)
        answer.delete_cookie(rules.cookie, path="/", secure=rules.is_secure, httponly=True, samesite="strict")
        return answer

    return routes


def give(answer: Response, name: str, value: str, *, rules: Rules, path: str, max_age_s: int | None) -> None:
    """Set a cookie no script reads and no other site sends; until the browser closes, without ``max_age_s``."""
    answer.set_cookie(name, value, max_age=max_age_s, path=path, secure=rules.is_secure, httponly=True, samesite="strict")
