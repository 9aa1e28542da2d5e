"""Templates: one environment, escaping always on, every page in the reader's language and colours."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Cookie, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web import words as tables
from telemetry.fleet.web.kept import KeptPages, address_of
from telemetry.fleet.web.who import present
from telemetry.fleet.web.words import Language, Words
from telemetry.fleet.web.words.speech import NO_MORE

ROOM = Path(__file__).resolve().parent
STATIC = ROOM / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """How this reader wants pages, and who it is. ``theme`` is empty where the system decides; nobody may be signed in."""

    language: Language
    theme: str
    person: Person | None = None
    csrf: str = ""
    address: str = ""
    """Which page is looked at, as ``kept.address_of`` says it; empty where it is not kept."""


def taste(
    request: Request,
    lang: Language = Language.ZH,
    chosen: Annotated[Literal["light", "dark", ""], Query(alias="theme")] = "",
    theme: Annotated[str, Cookie(max_length=16)] = "",
) -> Taste:
    """Read language and theme off URL and cookie, the person off the request (a FastAPI dependency)."""
    kept = theme if theme in {"light", "dark"} else ""
    return Taste(
        language=lang,
        theme=chosen or kept,
        person=present(request),
        csrf=getattr(request.state, "csrf", ""),
        address=address_of(request),
    )


def taste_of(request: Request) -> Taste:
    """Read the same off a request whose address cannot be read."""
    language = Language.EN if request.query_params.get("lang") == "en" else Language.ZH
    return taste(request, language, "", request.cookies.get("theme", "")[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What pages of another room are made of.

    Attributes:
        templates: Folder of templates; of two with one name ours is taken.
        static: Folder served under ``/static/desk``.
        words: Chinese and English by key; no key that is said already.
    """

    templates: Path
    static: Path
    words: Mapping[str, tuple[str, str]]


class Pages:
    """Renders templates, whole pages and fragments of the same page."""

    def __init__(
        self,
        county_names: Mapping[str, str],
        *,
        waiting: Callable[[Person], Mapping[str, int]] | None = None,
        supplement: Supplement | None = None,
    ) -> None:
        """Prepare; ``waiting`` counts what the navigation shows, for whoever looks."""
        self._county_names = county_names
        self._waiting = waiting
        self._leads: Callable[[str], bool] = _nowhere
        self._environment = Environment(
            loader=FileSystemLoader([ROOM / "templates", *((supplement.templates,) if supplement else ())]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._words = supplement.words if supplement else NO_MORE
        self._version = _version(STATIC, *((supplement.static,) if supplement else ()))
        self._kept = KeptPages()

    def lead_to(self, answers: Callable[[str], bool]) -> None:
        """Know which pages there are, so that no link leads nowhere; called once, when the application is whole."""
        self._leads = cache(answers)

    def words(self, language: Language) -> Words:
        """Return who says everything these pages say."""
        return Words(language, more=self._words)

    def page(self, name: str, reader: Taste, context: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
        """Render a whole page."""
        if status == HTTPStatus.OK:
            self._kept.note(reader.address, reader.person, name, context)
        return self._render(name, "page.html", reader, {"kept_s": None, **context}, status)

    def fragment(self, name: str, reader: Taste, context: Mapping[str, object]) -> HTMLResponse:
        """Render only the parts of a page that change, for a tab that is already open."""
        self._kept.note(reader.address, reader.person, name, context)
        return self._render(name, "fragment.html", reader, context, 200)

    def kept(self, reader: Taste, *, now: datetime) -> HTMLResponse | None:
        """Render what this page last showed, headed by when that was; None when nobody with these rights has seen it lately."""
        found = self._kept.find(reader.address, reader.person)
        if found is None:
            return None
        context = {**found.context, "kept_s": (now - found.at).total_seconds()}
        return self._render(found.template, "page.html", reader, context, HTTPStatus.SERVICE_UNAVAILABLE)

    def _render(self, name: str, layout: str, reader: Taste, context: Mapping[str, object], status: int) -> HTMLResponse:
        say = self.words(reader.language)

        def link(path: str, **asked: object) -> str:
            """Return the address of a page, in the reader's language, without empty conditions."""
            kept = {key: value for key, value in asked.items() if value not in ("", None)}
            if reader.language is not Language.ZH:
                kept["lang"] = reader.language.value
            return f"{path}?{urlencode(kept)}" if kept else path

        def may(act: str, county: str = "", area: str = "") -> bool:
            """Say whether the reader may do this, so that a page offers nobody what would be refused."""
            return reader.person is not None and reader.person.may(Act(act), county=county, area=area)

        def waiting() -> Mapping[str, int]:
            """Count what waits, unless the store has just failed to answer."""
            if self._waiting is None or reader.person is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return {}
            try:
                return self._waiting(reader.person)
            except SQLAlchemyError:
                return {}

        text = self._environment.get_template(name).render(
            layout=layout,
            w=say,
            tables=tables,
            link=link,
            person=reader.person,
            csrf=reader.csrf,
            may=may,
            waiting=waiting,
            leads=self._leads,
            theme=reader.theme,
            version=self._version,
            county_names=self._county_names,
            **context,
        )
        return HTMLResponse(text, status_code=status)


def _nowhere(_path: str) -> bool:
    return False


def _version(*folders: Path) -> str:
    """Return a word that changes whenever a static file does, so that browsers may keep them."""
    digest = hashlib.sha256()
    for path in (path for folder in folders for path in sorted(folder.iterdir())):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
