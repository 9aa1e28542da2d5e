"""Whom a command is for: kiosks by name, by town, by county, or all there are, as far as somebody may act there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select, true, tuple_

from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import equipment, kiosk
from telemetry.fleet.store.scope import within
from telemetry.wire.topics import KioskId

EVERYBODY = "*"
"""How every kiosk there is, is written down."""
MOST_NAMED = 500
"""Kiosks somebody names one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """As it was asked. ``named`` is ``county/kiosk`` or, where it is the only one of that name, ``kiosk``."""

    county: str = ""
    town: str = ""
    named: tuple[str, ...] = ()
    everybody: bool = False

    @property
    def said(self) -> str:
        """The same in few words."""
        if self.named:
            return ", ".join(self.named[:4]) + (f" … +{len(self.named) - 4}" if len(self.named) > 4 else "")
        if self.everybody:
            return EVERYBODY
        return f"{self.county} {self.town}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who that is. ``unknown`` were named and are not there, or nobody may command them; ``silent`` are not heard now."""

    kiosks: tuple[KioskId, ...]
    silent: int
    unknown: tuple[str, ...]


def find(connection: Connection, whom: Whom, person: Person) -> Found:
    """Return the kiosks that are meant and that this person may command."""
    same = and_(equipment.c.county == kiosk.c.county, equipment.c.kiosk == kiosk.c.kiosk)
    question = (
        select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.is_silent, equipment.c.area)
        .select_from(kiosk.outerjoin(equipment, same))
        .where(within(kiosk.c.county, person.counties))
        .order_by(kiosk.c.county, kiosk.c.kiosk)
    )
    if whom.named:
        question = question.where(_is_named(whom.named))
    elif not whom.everybody:
        if not whom.county:
            return Found(kiosks=(), silent=0, unknown=())
        question = question.where(kiosk.c.county == whom.county, kiosk.c.town == whom.town if whom.town else true())
    rows = [row for row in connection.execute(question) if person.may(Act.SEND_COMMAND, county=row.county, area=row.area or "")]
    found = tuple(KioskId(county=row.county, kiosk=row.kiosk) for row in rows)
    names = {one.kiosk for one in found} | {f"{one.county}/{one.kiosk}" for one in found}
    return Found(
        kiosks=found,
        silent=sum(row.is_silent for row in rows),
        unknown=tuple(name for name in whom.named if name not in names),
    )


def _is_named(named: Sequence[str]) -> ColumnElement[bool]:
    whole = [tuple(name.split("/", 1)) for name in named[:MOST_NAMED] if "/" in name]
    short = [name for name in named[:MOST_NAMED] if "/" not in name]
    return or_(tuple_(kiosk.c.county, kiosk.c.kiosk).in_(whole), kiosk.c.kiosk.in_(short))
