"""The page of enrolments and its export."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Engine

from provisioning.fleet.registry.acts import NotNowError, RegistryActs
from provisioning.fleet.registry.codes import LASTS
from provisioning.fleet.web import enrolment_forms, enrolment_page
from provisioning.fleet.web.enrolment_page import EnrolmentPage, Row
from provisioning.fleet.web.words.enrolment import REASONS, REFUSALS, STANDINGS, WHYS
from provisioning.wire.identity import LIFETIME
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web.export import as_csv
from telemetry.fleet.web.pages import Format
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, must

Reader = Annotated[Taste, Depends(taste)]
Text = Annotated[str, Query(max_length=64)]
TEMPLATE = "enrolment.html"


class View:
    """What the page is filled with, whoever shows it: itself, or an act that has something to say."""

    def __init__(
        self,
        engine: Engine,
        pages: Pages,
        *,
        seen: Callable[[], int],
        now: Callable[[], datetime],
        acts: RegistryActs | None,
    ) -> None:
        self._engine = engine
        self._pages = pages
        self._seen = seen
        self._now = now
        self._until = None if acts is None else acts.authority_until

    def context(self, person: Person, q: str = "", state: str = "", **more: object) -> dict[str, object]:
        """Return it; ``more`` is what has just been done, or refused."""
        latest, moment = self._seen(), self._now()
        page = enrolment_page.read(self._engine, person, q=q, state=state, now=moment)
        told = {"said": "", "about": "", "refusal": "", "slip": None, "qr": None, "hours": LASTS.total_seconds() // 3_600}
        tables = {"standings": STANDINGS, "whys": WHYS, "refusals": REFUSALS, "reasons": REASONS}
        asked = {"q": q, "state": state, "lasts_days": LIFETIME.days}
        return {"seen": latest, "now": moment, "page": page, "until": self._until, **tables, **asked, **told, **more}

    def refused(self, reader: Taste, person: Person, error: NotNowError) -> Response:
        """Say on the page that something was not done, and why."""
        return self._pages.page(TEMPLATE, reader, self.context(person, refusal=error.why), status=409)


def router(
    engine: Engine,
    pages: Pages,
    *,
    seen: Callable[[], int],
    now: Callable[[], datetime],
    acts: RegistryActs | None = None,
    url: str = "",
) -> APIRouter:
    """Return ``/enrolment``. Without a CA (``acts`` None) it says how to make one; ``url`` stands on the slips."""
    routes = APIRouter(include_in_schema=False)
    view = View(engine, pages, seen=seen, now=now, acts=acts)

    @routes.get("/enrolment")
    def show(
        *,
        reader: Reader,
        person: Asking,
        q: Text = "",
        state: Text = "",
        said: Text = "",
        about: Text = "",
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.ENROL)
        known = state if state in STANDINGS else ""
        if format is Format.CSV:
            return _csv(enrolment_page.read(engine, person, q=q.strip(), state=known, now=now()))
        return pages.page(TEMPLATE, reader, view.context(person, q.strip(), known, said=said, about=about))

    @routes.get("/fragments/enrolment")
    def fragment(reader: Reader, person: Asking, q: Text = "", state: Text = "") -> Response:
        must(person, Act.ENROL)
        known = state if state in STANDINGS else ""
        return pages.fragment(TEMPLATE, reader, view.context(person, q.strip(), known))

    if acts is not None:
        routes.include_router(enrolment_forms.router(engine, pages, view, acts, now=now, url=url))
    return routes


def _csv(page: EnrolmentPage) -> Response:
    header = ("serial", "county", "kiosk", "village", "model", "state", "reason", "board", "valid_until", "used_at", "code_until")
    return as_csv("enrolment", header, (_cells(row) for row in page.rows))


def _cells(row: Row) -> tuple[str | datetime | None, ...]:
    return (
        *asdict(row.machine.listed).values(),
        row.standing,
        row.identity.reason if row.identity else "",
        row.identity.hardware[:16] if row.identity else "",
        row.certificate.valid_until if row.certificate else None,
        row.certificate.used_at if row.certificate else None,
        row.code.expires_at if row.code else None,
    )
