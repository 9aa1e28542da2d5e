"""Who stands at the door: nobody reaches a page, an act or a stream without being known, and no other site acts in their name."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.web.admission import Admission, Admissions
from telemetry.fleet.web.forms import UnreadableError, field_of
from telemetry.fleet.web.local_paths import sign_in_path
from telemetry.fleet.web.sorry import is_for_programs
from telemetry.fleet.web.who import THIS_MACHINE

OPEN_TO_ALL = ("/static/", "/healthz")
SIGN_IN = "/sign-in"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BY_ITSELF = ("/fragments/", "/events", "/api/")
"""What an open page asks for without anybody touching it: no use of a session."""
LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
"""With one of these a request from this machine comes from somewhere else, through a proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the door is kept.

    Attributes:
        required: False lets in whoever reaches the service, as the bureau: only behind loopback.
        hosts: What browsers may call the service when ``required`` is False, so that no other site's name leads here.
        public_host: What they call it through a proxy; empty without one.
        is_secure: They come by https: cookies are never sent without it.
        metrics_token: What Prometheus shows; empty: only this machine reads the metrics.
    """

    required: bool = True
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    public_host: str = ""
    is_secure: bool = False
    metrics_token: str = ""

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; with https one that no other host can set."""
        return "__Host-zhizhu" if self.is_secure else "zhizhu"


Refuse = Callable[[Request, int, str], Response]
"""Makes the page that says no: the request, the status, the reason in a word."""


class Door:
    """Plain ASGI, so that streams pass through it piece by piece. What it cannot decide, it refuses."""

    def __init__(
        self, app: ASGIApp, *, rules: Rules, admissions: Admissions, refuse: Refuse, now: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._rules = rules
        self._admissions = admissions
        self._refuse = refuse
        self._now = now
        self._local_csrf = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who asks, put them on the request, and pass it on; or answer instead."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        scope.setdefault("state", {})
        scope["state"]["person"] = None
        scope["state"]["csrf"] = ""
        if request.url.path.startswith(OPEN_TO_ALL) and request.method in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            refusal, receive = await self._judge(request, receive)
        except SQLAlchemyError:
            refusal = self._no(request, 503, "store")
            refusal.headers["Retry-After"] = "30"
        except UnreadableError as error:
            refusal = self._no(request, error.status, "form")
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _judge(self, request: Request, receive: Receive) -> tuple[Response | None, Receive]:
        """Return why not, or None with the person on the request; and from where its body is read now."""
        if request.url.path == "/metrics" and self._may_scrape(request):
            return None, receive
        if not self._rules.required:
            if _host(request) not in self._rules.hosts:
                return self._no(request, 403, "host"), receive
            admission = Admission(person=THIS_MACHINE, csrf=self._local_csrf, token="")
        elif request.headers.get("authorization") is not None:
            return await self._judge_program(request), receive
        elif request.url.path == SIGN_IN and request.method not in SAFE_METHODS:
            return self._judge_stranger(request), receive  # somebody may sign in anew over whoever is in
        else:
            found = await self._admitted(request)
            if found is None:
                return self._judge_stranger(request), receive
            admission = found
        _put(request, admission.person, csrf=admission.csrf, session=admission.token)
        if request.method in SAFE_METHODS:
            return None, receive
        if not self._is_same_origin(request):
            return self._no(request, 403, "origin"), receive
        shown, receive = await field_of(request, receive, name="csrf", header="x-csrf-token")
        if not hmac.compare_digest(shown.encode(), admission.csrf.encode()):
            return self._no(request, 403, "csrf"), receive
        return None, receive

    async def _judge_program(self, request: Request) -> Response | None:
        kind, _, token = request.headers["authorization"].partition(" ")
        person = None
        if kind.lower() == "bearer" and token:
            person = await run_in_threadpool(self._admissions.of_program, token.strip())
        if person is None:
            return _unknown("this token is not known")
        _put(request, person, csrf="", session="")
        return None

    def _judge_stranger(self, request: Request) -> Response | None:
        if request.url.path == SIGN_IN:
            if request.method in SAFE_METHODS or self._is_same_origin(request):
                return None
            return self._no(request, 403, "origin")
        if is_for_programs(request):
            return _unknown("sign in, or send a bearer token")
        came_from = request.url.path if request.method in SAFE_METHODS else "/"
        query = request.url.query if request.method in SAFE_METHODS else ""
        return RedirectResponse(sign_in_path(came_from, query), status_code=303)

    async def _admitted(self, request: Request) -> Admission | None:
        token = request.cookies.get(self._rules.cookie, "")
        if not token:
            return None
        is_use = not request.url.path.startswith(BY_ITSELF)
        # An act is never judged by memory: it changes the store, so the store is asked who acts.
        may_remember = request.method in SAFE_METHODS
        look = partial(self._admissions.of_session, token, is_use=is_use, may_remember=may_remember, now=self._now())
        return await run_in_threadpool(look)

    def _may_scrape(self, request: Request) -> bool:
        token = self._rules.metrics_token
        shown = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if token and hmac.compare_digest(shown.encode(), token.encode()):
            return True
        is_here = request.client is not None and request.client.host in LOOPBACK
        return is_here and not any(name in request.headers for name in FORWARDED)

    def _is_same_origin(self, request: Request) -> bool:
        """Whether one of our own pages sent this. A browser always says where a form comes from; who does not say is refused."""
        site = request.headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            return False
        origin = request.headers.get("origin")
        if origin is None:
            return site == "same-origin"
        _, _, host = origin.partition("://")
        return bool(host) and host in {request.headers.get("host", ""), self._rules.public_host}

    def _no(self, request: Request, status: int, reason: str) -> Response:
        if is_for_programs(request):
            return JSONResponse({"detail": reason}, status_code=status)
        return self._refuse(request, status, reason)


def _put(request: Request, person: Person, *, csrf: str, session: str) -> None:
    request.state.person = person
    request.state.csrf = csrf
    request.state.session = session


def _unknown(said: str) -> Response:
    return JSONResponse({"detail": said}, status_code=401, headers={"WWW-Authenticate": "Bearer"})


def _host(request: Request) -> str:
    host = request.headers.get("host", "")
    return host if host.endswith("]") else host.rsplit(":", 1)[0]
