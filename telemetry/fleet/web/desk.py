"""Pages of another room under the same roof, with our frame, our door and our language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fastapi import APIRouter
from sqlalchemy import Connection

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.web.render import Pages, Supplement
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the service itself wanted of a kiosk from a moment on, because of what people had done before.

    Attributes:
        what: ``release`` or ``document``.
        name: Its version.
        about: What it follows from, as ``audit.about`` has it; empty where nothing is known.
    """

    at: datetime
    what: str
    name: str
    about: str


class OfKiosk(Protocol):
    """What a room has to say of one kiosk, on pages that are ours. Blocking."""

    def card(self, connection: Connection, of: KioskId, person: Person, *, now: datetime) -> Mapping[str, object] | None:
        """Return what ``of_kiosk.html`` is filled with on the kiosk's page; None for no card."""

    def acts(self, connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> frozenset[str]:
        """Return what acts of that time that concern the kiosk without naming it are about, as ``audit.about`` has it."""

    def wanted(self, connection: Connection, of: KioskId, *, begins_at: datetime, ends_at: datetime) -> Sequence[Wanted]:
        """Return what the service began to want of the kiosk in that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a room brings along.

    Attributes:
        supplement: What its pages are made of.
        routers: Makes the routes, handed who renders and what an open tab has seen so far.
        of_kiosk: What it has to say of one kiosk; nothing without it.
    """

    supplement: Supplement
    routers: Callable[[Pages, Callable[[], int]], Sequence[APIRouter]]
    of_kiosk: OfKiosk | None = None
