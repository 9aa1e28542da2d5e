"""An alarm as it stands: one for (kiosk, device, code), from the first occurrence until it has stayed away. Only data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """How far an alarm has come."""

    PENDING = "pending"
    """Said, but not for as long as its rule wants. Nobody is told."""
    OPEN = "open"
    CLEARING = "clearing"
    """Gone, but not for long: raised again it is the same alarm. Shown as gone, unless it flaps."""
    CLEARED = "cleared"


class Hush(StrEnum):
    """Why nobody is told of an open alarm."""

    SHELVED = "shelved"
    """Somebody has put it aside until a moment."""
    MAINTENANCE = "maintenance"
    """Out of order is planned."""
    INCIDENT = "incident"
    """Its cause is elsewhere, and told once."""
    HOURS = "hours"
    """Nobody can be served before the next opening anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmState:
    """One alarm of one kiosk; a row of table ``alarm``, name by name.

    Moments are our clock's unless it says otherwise.

    Attributes:
        raised_at: Kiosk's clock: since of the first occurrence; with device and code the alarm's name.
        received_at: When we heard of it.
        cleared_at: Kiosk's clock; None while it stands, and while it flaps.
        phase: How far it has come.
        occurrences: How often it was raised while it lasted.
        last_raised_at: Kiosk's clock: since of the last occurrence.
        opens_at: When it will have been said for long enough; None unless it is pending.
        opened_at: When it had been said for long enough; None while pending, and for what came and went while nobody listened.
        gone_at: Kiosk's clock: when it was last said to be over.
        clears_at: When that is believed.
        is_flapping: It comes and goes more than its rule bears.
        flap_score: As of ``flap_at``; it halves from there.
        hushed_by: A word of ``Hush``, or nothing.
        incident_id: To which it belongs.
        needs_person: Somebody has to be told now.
        needed_at: Since when.
        escalation: How often nobody acknowledged it in time.
        due_at: When it has to be looked at, if nothing happens before.
    """

    device: str
    code: str
    severity: str
    remedy: str
    detail: str
    raised_at: datetime
    received_at: datetime
    cause: str
    phase: Phase
    last_raised_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str = ""
    occurrences: int = 1
    opens_at: datetime | None = None
    opened_at: datetime | None = None
    gone_at: datetime | None = None
    clears_at: datetime | None = None
    is_flapping: bool = False
    flap_score: float = 0.0
    flap_at: datetime | None = None
    hushed_by: str = ""
    incident_id: int | None = None
    needs_person: bool = False
    needed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledgement: str = ""
    shelved_until: datetime | None = None
    shelved_by: str = ""
    escalation: int = 0
    due_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it may still change by itself."""
        return self.phase is not Phase.CLEARED

    @property
    def stands(self) -> bool:
        """Whether people should see it as there: said now, or flapping."""
        return self.cleared_at is None
