"""What a ticket is: its state, whom and what it is about, and the lines of its history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from telemetry.wire.topics import KioskId

THE_SERVICE = "zhizhu-fleet"
"""Who acts when nobody does: time has passed, an alarm came."""
THE_KIOSK = "kiosk"
"""Who verifies."""
NOTE_CHARS = 400
MOST_PARTS = 20


class State(StrEnum):
    """Which step a ticket waits at, in order."""

    OPENED = "opened"
    """Nobody has taken it."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has read it and answers for it."""
    DISPATCHED = "dispatched"
    """Somebody is on the way."""
    ARRIVED = "arrived"
    """Somebody stands before the cabinet."""
    FIXED = "fixed"
    """A person says it is mended; the kiosk has not said so yet."""
    VERIFIED = "verified"
    """The kiosk says so itself."""
    CLOSED = "closed"


class OpenedBy(StrEnum):
    """What a ticket began with."""

    ALARM = "alarm"
    CLERK = "clerk"
    VILLAGER = "villager"
    PERSON = "person"
    """Somebody at the dashboard."""


class Deed(StrEnum):
    """What a line of a ticket's history tells."""

    OPENED = "opened"
    JOINED = "joined"
    """Another alarm of the kiosk belongs to it."""
    COMPLAINED = "complained"
    ENDED = "ended"
    """One of its alarms is over; others stand."""
    CHANGED = "changed"
    """Somebody else has to end it: the clerk has given up, or a cut turns out to be one of power."""
    MERGED = "merged"
    """What it was about is a part of something larger, which has a ticket of its own."""
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    NOTED = "noted"
    FIXED = "fixed"
    VERIFIED = "verified"
    CLOSED = "closed"
    GIVEN_UP = "given_up"
    """Closed by a person although the kiosk never confirmed."""
    REOPENED = "reopened"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What many kiosks have lost for one reason: an incident, as its ticket knows it.

    Attributes:
        incident_id: Its number; that of the latest where it has returned.
        level: A word of ``telemetry.fleet.alarms.places.Level``.
        scope: Which feeder, link, village ...
        kiosks: How many it has taken at most.
        addressee: Who ends it, as the bureau calls them, with how to reach them; empty where nobody was named.
    """

    incident_id: int
    county: str
    level: str
    scope: str
    kiosks: int
    addressee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An alarm a ticket is about. Over once ``cleared_at`` is set."""

    device: str
    code: str
    severity: str
    remedy: str
    raised_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """Device and code: what makes it the same fault when it returns."""
        return self.device, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that was used up mending."""

    part: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a ticket's history; it makes the ticket's next version."""

    deed: Deed
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket. Open while ``closed_at`` is None; a kiosk, and an incident, has at most one that is open.

    Attributes:
        id: 0 until it is written.
        about: One kiosk, or what many of them have lost.
        version: Lines so far. Who acts says which version was seen.
        area: Whose round the kiosk is on.
        is_blocking: Villagers cannot do something because of it.
        due_at: By when the present step should be over; None where nothing is waited for.
        escalation: How often its present step was overdue.
    """

    id: int
    about: KioskId | Outage
    state: State
    state_since: datetime
    opened_at: datetime
    opened_by: OpenedBy
    version: int = 0
    area: str = ""
    is_blocking: bool = False
    assignee: str = ""
    due_at: datetime | None = None
    escalation: int = 0
    fixed_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    times_reopened: int = 0
    parts: tuple[Part, ...] = ()
    causes: tuple[Cause, ...] = ()
    complaints: int = 0

    @property
    def county(self) -> str:
        """Whose it is."""
        return self.about.county

    @property
    def kiosk(self) -> KioskId | None:
        """The one kiosk it is about; None where it is about many."""
        return self.about if isinstance(self.about, KioskId) else None

    @property
    def outage(self) -> Outage | None:
        """What many kiosks have lost; None where it is about one of them."""
        return self.about if isinstance(self.about, Outage) else None

    @property
    def standing(self) -> tuple[Cause, ...]:
        """What it is about and is not over."""
        return tuple(cause for cause in self.causes if cause.cleared_at is None)
