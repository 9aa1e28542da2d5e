"""Where to go, in which order, with what in the bag: one stop a kiosk, from its open ticket and what runs out there. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from telemetry.fleet.tickets.bag import Item, for_codes
from telemetry.fleet.tickets.ticket import Ticket
from telemetry.wire.topics import KioskId

SOON_DAYS = 3.0
"""How long a supply nobody has a forecast for is taken to last, once its device calls it low."""
LATEST = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Low:
    """A supply that runs out at a kiosk; None where nobody can tell."""

    device: str
    supply: str
    remaining: float | None
    days_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One kiosk to go to.

    Attributes:
        area: Whose round it is on.
        ticket: Its open one; None where only a supply runs out.
    """

    kiosk: KioskId
    site: str
    town: str
    area: str
    ticket: Ticket | None
    low: tuple[Low, ...] = ()

    @property
    def bag(self) -> tuple[Item, ...]:
        """What to take along."""
        codes = [cause.code for cause in self.ticket.standing] if self.ticket is not None else []
        return for_codes(codes, (one.supply for one in self.low))


def in_order(stops: Iterable[Stop], *, of: str = "") -> tuple[Stop, ...]:
    """Order stops: the most urgent first, and after it whatever else is in its town, so that one drive does.

    Args:
        stops: In any order.
        of: Whose own tickets come first.
    """
    by_town: dict[tuple[str, str], list[Stop]] = {}
    for stop in sorted(stops, key=lambda stop: _urgency(stop, of)):
        by_town.setdefault((stop.kiosk.county, stop.town or stop.kiosk.kiosk), []).append(stop)
    return tuple(stop for members in by_town.values() for stop in members)


def packed(stops: Iterable[Stop]) -> tuple[tuple[Item, int], ...]:
    """Return what to pack for all of them, with how many of each."""
    counts: dict[Item, int] = {}
    for stop in stops:
        for item in stop.bag:
            counts[item] = counts.get(item, 0) + 1
    return tuple(counts.items())


def _urgency(stop: Stop, of: str) -> tuple[int, float, str, str]:
    """What stops services before what does not, one's own before others', what is due first; supplies by the days they last."""
    name = (stop.kiosk.county, stop.kiosk.kiosk)
    if stop.ticket is None:
        days = min((one.days_left if one.days_left is not None else SOON_DAYS for one in stop.low), default=LATEST)
        return 3, days, *name
    rank = 2 if not stop.ticket.is_blocking else 0 if of and stop.ticket.assignee == of else 1
    return rank, stop.ticket.due_at.timestamp() if stop.ticket.due_at is not None else LATEST, *name
