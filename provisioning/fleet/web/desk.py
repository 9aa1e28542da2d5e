"""Puts the desk together: every page's routes, with what each is handed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter
from sqlalchemy import Engine

from provisioning.fleet.web import rollout_pages
from provisioning.fleet.web.words import desk_words
from telemetry.fleet.web.desk import Desk
from telemetry.fleet.web.render import Pages, Supplement

ROOM = Path(__file__).resolve().parent


class Page(Protocol):
    """How a page's module makes its routes."""

    def __call__(self, engine: Engine, pages: Pages, *, seen: Callable[[], int], now: Callable[[], datetime]) -> APIRouter:
        """Return them."""


PAGES: tuple[Page, ...] = (rollout_pages.router,)


def build_desk(engine: Engine, *, now: Callable[[], datetime]) -> Desk:
    """Return the bureau's desk.

    Args:
        engine: The fleet's database.
        now: Server's clock, aware UTC.
    """

    def routers(pages: Pages, seen: Callable[[], int]) -> Sequence[APIRouter]:
        return tuple(page(engine, pages, seen=seen, now=now) for page in PAGES)

    supplement = Supplement(templates=ROOM / "templates", static=ROOM / "static", words=desk_words())
    return Desk(supplement=supplement, routers=routers)
