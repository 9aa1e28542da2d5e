"""What happens to a county of kiosks, as data: the story the model writes, the play performs and the truth tells. Pure.

Moments are seconds of simulated time since the story's Monday.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class OutageKind(StrEnum):
    """Why kiosks are not heard."""

    POWER = "power"
    NETWORK = "network"
    RESTART = "restart"
    PLANNED = "planned"


class Manner(StrEnum):
    """How a kiosk goes."""

    MUTE = "mute"
    """Power or line are gone: not even the network tells the broker."""
    CUT = "cut"
    """The program ended, the system did not: the connection is reset and the will is said."""
    FAREWELL = "farewell"
    """It ends in order and says so."""


class Complainer(StrEnum):
    """Who says that something is wrong."""

    CLERK = "clerk"
    VILLAGER = "villager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One occurrence of one fault. ``escalates_s``: from then on a technician is asked, whoever was asked before."""

    number: int
    kiosk: str
    device: str
    code: str
    severity: str
    remedy: str
    begin_s: float
    end_s: float
    ended_by: str
    escalates_s: float | None = None

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to do something, sooner or later."""
        return self.remedy in {"CLERK", "TECHNICIAN"} or self.escalates_s is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """One kiosk's share of an outage. ``has_power`` is whether it goes on living meanwhile, unheard."""

    kiosk: str
    begin_s: float
    end_s: float
    manner: Manner
    has_power: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One cause that silences kiosks: at which level of the county, and which part of it."""

    number: int
    kind: OutageKind
    level: str
    scope: str
    begin_s: float
    absences: tuple[Absence, ...]

    @property
    def end_s(self) -> float:
        """When the last of them is back."""
        return max((absence.end_s for absence in self.absences), default=self.begin_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageBegan:
    """Its first kiosk is about to go."""

    outage: Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEnded:
    """Its last kiosk is back."""

    outage: Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A kiosk is not heard any more."""

    outage: Outage
    absence: Absence


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A kiosk could be heard again."""

    outage: Outage
    absence: Absence


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A fault was raised."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """Whoever was to end it could not."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A fault was cleared."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The kiosk tells an event."""

    kiosk: str
    name: str
    fields: Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained:
    """Somebody pressed 报修. ``fault`` is what they mean; None is something no kiosk can feel, a cracked glass."""

    kiosk: str
    by: Complainer
    service: str
    fault: Fault | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A supply is at another level."""

    kiosk: str
    device: str
    supply: str
    remaining: float
    is_low: bool
    days_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockIs:
    """A kiosk's clock runs so many seconds beside the true time, or begins in 1970 again."""

    kiosk: str
    skew_s: float
    is_trusted: bool
    is_reset: bool = False


What = OutageBegan | OutageEnded | Left | Returned | Began | Escalated | Ended | Noted | Complained | Level | ClockIs


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something and when it happens."""

    at_s: float
    what: What
