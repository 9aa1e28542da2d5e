"""Rules of commands: who may ask for what, when a second person must agree, how often a kiosk is told. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioning.wire.command import (
    ENDS,
    EnterMaintenance,
    Order,
    Outcome,
    PowerCycleDevice,
    PurgePrintQueue,
    ReopenDevice,
    RestartDisplay,
    RestartMachine,
    SelfTest,
    SendLogs,
    ShowNotice,
)
from telemetry.fleet.accounts.person import Role

HARMLESS = frozenset(
    str(kind.model_fields["do"].default)
    for kind in (SelfTest, RestartDisplay, ReopenDevice, PowerCycleDevice, PurgePrintQueue, SendLogs, ShowNotice)
)
"""What a dispatcher may ask for: it ends by itself, and takes no service away. Everything else is the bureau's."""

FIRST_AGAIN = timedelta(seconds=15)
LAST_AGAIN = timedelta(minutes=10)
"""Between two tellings of a kiosk that is heard and has not answered: doubled each time."""
WAITING_AGAIN = timedelta(minutes=10)
"""Between two askings after a command that waits for a villager: its end may have been lost with the kiosk's queue."""
LATE_ANSWER = timedelta(minutes=2)
"""After a command has expired, how long its answer may be on its way before it counts as unheard."""


class State(StrEnum):
    """How far a command has come among people."""

    ASKED = "asked"
    """A second person must agree."""
    OPEN = "open"
    CANCELLED = "cancelled"


class Standing(StrEnum):
    """How a command stands at one kiosk."""

    TO_TELL = ""
    TOLD = "told"
    WAITING = "waiting"
    """The kiosk has it, and somebody is there."""
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    UNHEARD = "unheard"
    """It was told and the kiosk never answered: nobody knows."""
    CANCELLED = "cancelled"
    """Taken back before it was told."""


OPEN = (Standing.TO_TELL, Standing.TOLD, Standing.WAITING)
ENDED = frozenset(Standing) - frozenset(OPEN)
TOLD_BY_KIOSK = frozenset(Standing(outcome.value) for outcome in ENDS)
"""Ends a kiosk has reported itself: nothing it says later changes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """``[commands]`` of fleet.toml.

    Attributes:
        alone: Kiosks one person may command without a second.
        lasts: How long a command is meant, unless whoever asks says otherwise.
    """

    alone: int = 10
    lasts: timedelta = timedelta(hours=24)


def may_ask(role: Role, do: str) -> bool:
    """Say whether somebody who may send commands may send this one, by its word."""
    return role is Role.BUREAU or do in HARMLESS


def needs_second(order: Order, kiosks: int, terms: Terms) -> bool:
    """Say whether a second person must agree."""
    return kiosks > terms.alone or isinstance(order, RestartMachine)


def ends_at(order: Order, *, now: datetime, lasts: timedelta) -> datetime:
    """Return when a command is not meant any more; a notice or a maintenance never outlives its own end."""
    meant = now + lasts
    return min(meant, order.until) if isinstance(order, ShowNotice | EnterMaintenance) else meant


def again_after(told: int) -> timedelta:
    """Return how long to wait for an answer after it was told so many times."""
    return min(LAST_AGAIN, FIRST_AGAIN * 2.0 ** min(max(0, told - 1), 10))


def answered(before: Standing, said: Outcome, *, was: Outcome | None) -> Standing | None:
    """Return how a command stands after a kiosk has said something of it; None when that changes nothing.

    Args:
        before: How it stood.
        said: What it said now.
        was: How it says it ended before, where it refuses to do it once more.
    """
    if before in TOLD_BY_KIOSK:
        return None
    if said is Outcome.REFUSED and was is not None:
        said = was  # the first answer was lost on its way
    return Standing(said.value)
