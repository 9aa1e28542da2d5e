"""What many silences have in common: one incident at the smallest scope that explains them. Pure.

A kiosk that has fallen silent, or says that its mains are gone, speaks for a common cause; one heard within its last heartbeats
speaks against it; one not heard for longer is not asked. So the question can be answered while the silences still come in.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from typing_extensions import override

from telemetry.fleet.alarms.occurrences import SILENT_CODE
from telemetry.fleet.alarms.places import Level, Place

POWER_WORDS = frozenset({"cabinet.mains_lost", "cabinet.battery_low"})
"""Said by kiosks with a battery, before they go."""
NETWORK_WORDS = frozenset({"cabinet.no_network"})
"""Said by kiosks with a second way, or afterwards."""
SIGNS = frozenset({SILENT_CODE}) | POWER_WORDS | NETWORK_WORDS
"""Alarms that may have a cause outside the kiosk."""

HEARD_WITHIN = 1.4
"""Heartbeats since a kiosk was last heard, for it to speak against a cut: whoever was cut off has been unheard for one and a half
of them when the first deadline (``liveness.factor`` 2.5 less the one just sent) is over."""
AGAINST = 0.5
"""What one kiosk that is well weighs against one that has fallen: a scope that takes in a few more of them, and many more of the
others, is the worse explanation."""
POWER_SHARE = 0.1
"""Of the fallen, how many have to have said that their mains are gone: most have no battery to say it with."""
MAINS_WITNESSES = 2
"""Kiosks with a battery that had mains when last heard, and never said otherwise: with a power cut one of them would have."""
HALF = 0.5

LEVELS = (Level.SITE, Level.VILLAGE, Level.FEEDER, Level.LINK, Level.TOWN, Level.COUNTY)
"""Of incidents, the smallest first."""

Scope = tuple[str, Level, str]
"""County, level, name."""


class Kind(StrEnum):
    """What took them."""

    POWER = "power"
    NETWORK = "network"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When many are one.

    Attributes:
        least: Kiosks, at least.
        share: Of the scope's kiosks that can be asked.
        within: All of them.
        settle: How long after the first of them the question is asked.
        calm: How long all have to be back before it is over.
        alone: After so long without another one back, when most are back, the others are silent for reasons of their own.
    """

    least: int = 3
    share: float = 0.5
    within: timedelta = timedelta(seconds=120)
    settle: timedelta = timedelta(seconds=10)
    calm: timedelta = timedelta(seconds=60)
    alone: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """One kiosk that shows a sign. ``incident_id`` when it belongs to an incident already."""

    place: Place
    incident_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Kiosks with one cause. ``members`` is how many could be asked, themselves included."""

    scope: Scope
    fallen: tuple[Fallen, ...]
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the fallen said last: their mains are gone; their network is; their mains were there; and how many they are."""

    mains_lost: int = 0
    no_network: int = 0
    mains_ok: int = 0
    fallen: int = 0

    @property
    def kind(self) -> Kind:
        """What took them, as far as their words tell."""
        if self.mains_lost >= max(1.0, POWER_SHARE * self.fallen):
            return Kind.POWER
        if self.no_network >= max(1.0, POWER_SHARE * self.fallen) or self.mains_ok >= MAINS_WITNESSES:
            return Kind.NETWORK
        return Kind.UNKNOWN

    @override
    def __str__(self) -> str:
        """Write it down."""
        return f"mains_lost={self.mains_lost} no_network={self.no_network} mains_ok={self.mains_ok} fallen={self.fallen}"


def scopes_of(place: Place) -> tuple[Scope, ...]:
    """Return the scopes an incident of this kiosk may have."""
    scopes = place.scopes()
    return tuple((place.county, level, scopes[level]) for level in LEVELS if level in scopes)


def contains(scope: Scope, place: Place) -> bool:
    """Say whether a kiosk belongs to a scope."""
    county, level, name = scope
    return place.county == county and place.scopes().get(level) == name


def explain(fallen: Iterable[Fallen], heard: Callable[[Sequence[Scope]], Mapping[Scope, int]], terms: Terms) -> tuple[Group, ...]:
    """Group what has one cause; who is in no group fell alone.

    Args:
        fallen: Kiosks that fell within ``terms.within`` of each other.
        heard: Answers for scopes how many of their kiosks speak against it.
        terms: When many are one.
    """
    waiting = {(one.place.county, one.place.kiosk): one for one in fallen}
    tally = Counter(scope for one in waiting.values() for scope in scopes_of(one.place))
    against = heard([scope for scope, count in tally.items() if count >= terms.least])
    groups: list[Group] = []
    while True:
        tally = Counter(scope for one in waiting.values() for scope in scopes_of(one.place))
        candidates = [
            scope for scope, count in tally.items() if count >= max(terms.least, terms.share * (count + against.get(scope, 0)))
        ]
        if not candidates:
            return tuple(groups)
        best = min(
            candidates, key=lambda scope: (AGAINST * against.get(scope, 0) - tally[scope], LEVELS.index(scope[1]), scope[2])
        )
        taken = {name: one for name, one in waiting.items() if contains(best, one.place)}
        groups.append(Group(scope=best, fallen=tuple(taken.values()), members=len(taken) + against.get(best, 0)))
        waiting = {name: one for name, one in waiting.items() if name not in taken}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """How an open incident stands: kiosks it took, how many of them still show a sign, when the last one came back."""

    taken: int
    still: int
    last_back_at: datetime | None


def ended_at(toll: Toll, terms: Terms, *, now: datetime) -> datetime | None:
    """Return when an incident ended, or None while it lasts. Who still shows a sign then does so alone."""
    if toll.last_back_at is None:
        return None
    quiet = now - toll.last_back_at
    if toll.still == 0:
        return toll.last_back_at if quiet >= terms.calm else None
    most_are_back = toll.still <= HALF * toll.taken
    return toll.last_back_at if most_are_back and quiet >= terms.alone else None
