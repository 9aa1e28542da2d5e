"""The page that says no: what did not happen, why, and who could do it or what to do now."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from telemetry.fleet.accounts.person import MAY, Act, Role
from telemetry.fleet.web.render import Pages, taste_of

FOR_PROGRAMS = ("/api/", "/healthz", "/metrics", "/openapi.json", "/events", "/fragments/")
"""Answered in JSON: what nobody reads as a page."""


class Sorry:
    """Answers what cannot be done: a page for people, JSON for programs."""

    def __init__(self, pages: Pages, *, now: Callable[[], datetime]) -> None:
        self._pages = pages
        self._now = now

    def __call__(self, request: Request, status: int, said: str) -> Response:
        """Return the answer.

        Args:
            request: What was asked.
            status: HTTP's.
            said: Why, in a word the page knows, or what was looked for.
        """
        if is_for_programs(request):
            return JSONResponse({"detail": said}, status_code=status)
        context = {
            "now": self._now(),
            "seen": 0,
            "status": status,
            "said": said,
            "is_kiosk": request.url.path.startswith(("/kiosks/", "/fragments/kiosks/")),
            "act": said if status == 403 and said in {act.value for act in Act} else "",
            "allowed": allowed(said),
        }
        return self._pages.page("error.html", taste_of(request), context, status=status)


def is_for_programs(request: Request) -> bool:
    """Whether nobody reads the answer as a page."""
    return request.url.path.startswith(FOR_PROGRAMS)


def allowed(act: str) -> tuple[Role, ...]:
    """Return the roles that may do this, of which somebody in the house has one."""
    return tuple(role for role in Role if any(one.value == act for one in MAY[role]))
