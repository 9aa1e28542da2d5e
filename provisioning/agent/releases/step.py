"""What to do next about the release that is wanted. Pure: the bureau's wish, the hour and the slots in, one step out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from provisioning.wire.desired_state import At, WantedRelease
from provisioning.wire.release import State

NIGHT_FROM = time(22, 30)
NIGHT_UNTIL = time(5, 30)
"""Local time. Offices are closed, lines are free, and at dawn the self-test finds what was tried in the night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A release that went back. It is not tried again unless the bureau wishes it anew, for a time after this."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How things stand.

    Attributes:
        running: Version of the release that serves.
        installed: Version that lies whole in the idle slot; empty for none.
        failures: What went back, by version.
        is_at_rest: Whether nobody is at the kiosk.
    """

    wanted: WantedRelease | None
    running: str
    now: datetime
    is_night: bool
    is_at_rest: bool
    installed: str = ""
    failures: Mapping[str, Failure] = field(default_factory=dict)


class Do(StrEnum):
    """What there is to do."""

    NOTHING = "nothing"
    WAIT = "wait"
    BRING = "bring"
    """Download what is missing and install it."""
    SWITCH = "switch"
    """Switch at the next rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do, and what to say of it: ``state`` None says nothing."""

    do: Do
    state: State | None = None
    reason: str = ""


def next_step(situation: Situation) -> Step:
    """Decide."""
    wanted = situation.wanted
    if wanted is None or wanted.version == situation.running:
        return Step(do=Do.NOTHING)
    failure = situation.failures.get(wanted.version)
    if failure is not None and (wanted.not_before is None or wanted.not_before <= failure.at):
        return Step(do=Do.WAIT, state=State.WENT_BACK, reason=failure.why)
    if wanted.not_before is not None and situation.now < wanted.not_before:
        return Step(do=Do.WAIT, state=State.POSTPONED, reason=f"not before {wanted.not_before:%Y-%m-%d %H:%M} UTC")
    if wanted.version != situation.installed:
        may_bring = situation.is_night or wanted.at is At.NOW
        return Step(do=Do.BRING, state=State.DOWNLOADING) if may_bring else Step(do=Do.WAIT, state=State.WAITING_FOR_NIGHT)
    if wanted.at is At.NIGHT and not situation.is_night:
        return Step(do=Do.WAIT, state=State.WAITING_FOR_NIGHT)
    return Step(do=Do.SWITCH, state=None if situation.is_at_rest else State.WAITING_FOR_VILLAGER)


def is_night(now: datetime, zone: ZoneInfo) -> bool:
    """Say whether it is night where the kiosk stands."""
    local = now.astimezone(zone).time()
    return local >= NIGHT_FROM or local < NIGHT_UNTIL
