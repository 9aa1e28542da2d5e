"""The round of whoever mends: where next, with what in the bag."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store import stops
from telemetry.fleet.tickets import State
from telemetry.fleet.tickets.acts import Doing, open_to
from telemetry.fleet.tickets.bag import Item
from telemetry.fleet.tickets.stops import Stop, in_order, packed
from telemetry.fleet.web import census
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.tickets import Card, cards_of

MOST_STOPS = 40
"""More than anybody can make in a day."""
ON_SITE = (Doing.ARRIVE, Doing.FIX, Doing.ACKNOWLEDGE)
"""What somebody with a telephone in one hand does, the first that is open to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One stop as the page shows it.

    Attributes:
        card: Its ticket; None where only a supply runs out.
        is_mine: The ticket is the reader's.
        is_on_the_way: It is in the same town as the stop before it.
        next_act: What the reader may do about it there.
    """

    stop: Stop
    card: Card | None
    is_mine: bool
    is_on_the_way: bool
    next_act: Doing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The page. ``to_send`` stops have a ticket that nobody has taken."""

    legs: tuple[Leg, ...]
    more: int
    to_send: int
    pack: tuple[tuple[Item, int], ...]
    areas: tuple[str, ...]
    freshness: Freshness


def read(engine: Engine, words: FaultWords, *, person: Person, area: str, now: datetime) -> Round:
    """Read the stops of a person's areas, or of one of them, in the order to make them."""
    with engine.connect() as connection:
        areas = frozenset({area}) if area else person.areas
        found = stops.read(connection, counties=person.counties, areas=areas, of="" if area else person.name)
        ordered = in_order(found, of=person.name)
        kept = ordered[:MOST_STOPS]
        tickets = [stop.ticket for stop in kept if stop.ticket is not None]
        cards = {card.ticket.id: card for card in cards_of(connection, tickets, words, now=now)}
        known = stops.areas_of(connection, person.counties)
        everybody = census.take(connection, wanted=Filter(counties=person.counties), now=now)
    legs, town = [], ""
    for stop in kept:
        legs.append(_leg(stop, cards, person, is_on_the_way=bool(stop.town) and stop.town == town))
        town = stop.town
    return Round(
        legs=tuple(legs),
        more=len(ordered) - len(kept),
        to_send=sum(stop.ticket is not None and stop.ticket.state is State.OPENED for stop in ordered),
        pack=packed(kept),
        areas=tuple(one for one in known if not person.areas or one in person.areas),
        freshness=everybody.freshness,
    )


def _leg(stop: Stop, cards: dict[int, Card], person: Person, *, is_on_the_way: bool) -> Leg:
    acts = open_to(stop.ticket, person) if stop.ticket is not None else ()
    return Leg(
        stop=stop,
        card=cards[stop.ticket.id] if stop.ticket is not None else None,
        is_mine=stop.ticket is not None and stop.ticket.assignee == person.name,
        is_on_the_way=is_on_the_way,
        next_act=next((act for act in ON_SITE if act in acts), None),
    )
