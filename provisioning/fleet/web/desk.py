"""Puts the desk together: every page's routes, with what each is handed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter
from sqlalchemy import Engine

from provisioning.fleet.commands.rules import Terms
from provisioning.fleet.registry.acts import RegistryActs
from provisioning.fleet.web import command_pages, config_pages, enrolment_pages, key_pages, rollout_pages
from provisioning.fleet.web.of_kiosk import DeskOfKiosk
from provisioning.fleet.web.words import desk_words
from telemetry.fleet.web.desk import Desk
from telemetry.fleet.web.render import Pages, Supplement

ROOM = Path(__file__).resolve().parent


class Page(Protocol):
    """How a page's module makes its routes."""

    def __call__(self, engine: Engine, pages: Pages, *, seen: Callable[[], int], now: Callable[[], datetime]) -> APIRouter:
        """Return them."""


PAGES: tuple[Page, ...] = (rollout_pages.router, config_pages.router)


def build_desk(
    engine: Engine,
    *,
    now: Callable[[], datetime],
    terms: Terms | None = None,
    folder: Path | None = None,
    registry: RegistryActs | None = None,
    door_url: str = "",
) -> Desk:
    """Return the bureau's desk.

    Args:
        engine: The fleet's database.
        now: Server's clock, aware UTC.
        terms: ``[commands]`` of fleet.toml; the usual ones without it.
        folder: The state folder, where bundles of logs and the service's keys lie; no page of keys without it.
        registry: What people do about who belongs to the bureau; None where there is no CA yet.
        door_url: Where kiosks enrol, as it stands on their slips.
    """

    def routers(pages: Pages, seen: Callable[[], int]) -> Sequence[APIRouter]:
        commands = command_pages.router(engine, pages, seen=seen, now=now, terms=terms, folder=folder)
        enrolment = enrolment_pages.router(engine, pages, seen=seen, now=now, acts=registry, url=door_url)
        keys = () if folder is None else (key_pages.router(engine, pages, seen=seen, now=now, folder=folder),)
        return (*(page(engine, pages, seen=seen, now=now) for page in PAGES), commands, enrolment, *keys)

    supplement = Supplement(templates=ROOM / "templates", static=ROOM / "static", words=desk_words())
    return Desk(supplement=supplement, routers=routers, of_kiosk=DeskOfKiosk())
