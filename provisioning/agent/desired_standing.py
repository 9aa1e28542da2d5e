"""Standing: which documents a kiosk holds and what became of them, as one value; every step is from one value to the next. Pure.

All of it is one file, so a step is on the disk or it is not: there is no half of one.
"""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from provisioning.agent.trial import Moment, Trial, fail
from provisioning.wire.desired_state import Document, WantedRelease
from provisioning.wire.layering import Tree

LONGEST_REASON = 300
_NO_TRIAL: Mapping[str, object] = {"on_trial": None, "trial": None, "switched": None, "first_start": None, "unwell_before": ()}


class State(StrEnum):
    """What became of a document; the words the fleet is told."""

    REFUSED = "refused"
    """Nothing of it was used."""
    WAITING = "waiting"
    """It is good, and waits until nobody is at the kiosk."""
    ON_TRIAL = "on_trial"
    """The kiosk runs by it, and has not proven itself yet."""
    IN_FORCE = "in_force"
    WENT_BACK = "went_back"
    """It was tried and did not prove itself; what was in force before is in force again."""


class _Kept(BaseModel):
    # What a later release wrote beside is left alone: after a way back an older one reads this.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Said(_Kept):
    """What is to be said of one document: to the fleet, and to a technician. ``version`` 0 is of none that could be read."""

    version: int
    state: State
    reason: str = ""


class Standing(_Kept):
    """Every document that matters.

    Attributes:
        in_force: What the kiosk runs by when nothing is on trial; None: by its own file alone.
        previous: What was in force before that; the way back for a release that cannot read the newer one.
        candidate: Taken, waiting for rest.
        on_trial: What the next starts run by, until it has proven itself.
        trial: Its count; there exactly when ``on_trial`` is.
        switched: When it was put on trial.
        first_start: When it was first started.
        unwell_before: What did not work before the trial: nobody asks of it that it works after.
        newest_seen: Newest version ever taken.
        release: The release that is wanted, of the newest document taken.
        said: What became of the newest document taken.
        refused: The last one that was not taken.
    """

    in_force: Document | None = None
    previous: Document | None = None
    candidate: Document | None = None
    on_trial: Document | None = None
    trial: Trial | None = None
    switched: Moment | None = None
    first_start: Moment | None = None
    unwell_before: tuple[str, ...] = ()
    newest_seen: int = Field(default=0, ge=0)
    release: WantedRelease | None = None
    said: Said | None = None
    refused: Said | None = None

    @property
    def in_force_version(self) -> int:
        """Version in force, 0 when there is none."""
        return 0 if self.in_force is None else self.in_force.version


def settings_of(document: Document | None) -> Tree:
    """What a document lays over the kiosk's file; nothing where there is none."""
    return {} if document is None else document.settings


def taken(standing: Standing, document: Document) -> Standing:
    """A good document came; one that still waited is no longer wanted."""
    return _with(
        standing,
        candidate=document,
        newest_seen=max(standing.newest_seen, document.version),
        release=document.release,
        said=Said(version=document.version, state=State.WAITING),
    )


def refused(standing: Standing, version: int, reason: str) -> Standing:
    """A document was not taken; everything else stays."""
    return _with(standing, refused=Said(version=version, state=State.REFUSED, reason=_cut(reason)))


def needs_trial(standing: Standing) -> bool:
    """Whether the waiting document changes a setting; one that does not is in force without a restart."""
    return standing.candidate is not None and settings_of(standing.candidate) != settings_of(standing.in_force)


def waits(standing: Standing, reason: str) -> Standing:
    """The waiting document waits for something else than a villager."""
    if standing.candidate is None:
        return standing
    return _with(standing, said=Said(version=standing.candidate.version, state=State.WAITING, reason=_cut(reason)))


def put_on_trial(standing: Standing, *, unwell: tuple[str, ...], now: Moment) -> Standing:
    """The waiting document is what the next start runs by. Where it changes no setting it is in force at once.

    Args:
        standing: With a candidate.
        unwell: What does not work now.
        now: From this moment on its time runs.
    """
    document = standing.candidate
    if document is None:
        return standing
    if not needs_trial(standing):
        return _in_force(standing, document, candidate=None)
    return _with(
        standing,
        candidate=None,
        on_trial=document,
        trial=Trial(candidate=f"document {document.version}"),
        switched=now,
        first_start=None,
        unwell_before=unwell,
        said=Said(version=document.version, state=State.ON_TRIAL),
    )


def counted(standing: Standing, trial: Trial, *, first_start: Moment) -> Standing:
    """A start of what is on trial was counted."""
    return _with(standing, trial=trial, first_start=first_start)


def failed(standing: Standing, why: str) -> Standing:
    """Something is held against what is on trial."""
    return standing if standing.trial is None else _with(standing, trial=fail(standing.trial, why))


def committed(standing: Standing) -> Standing:
    """What is on trial has proven itself."""
    return standing if standing.on_trial is None else _in_force(standing, standing.on_trial, candidate=standing.candidate)


def gone_back(standing: Standing, why: str) -> Standing:
    """What is on trial did not prove itself: from now on the kiosk runs by what was in force before."""
    if standing.on_trial is None:
        return standing
    said = Said(version=standing.on_trial.version, state=State.WENT_BACK, reason=_cut(why))
    is_newest = standing.candidate is None
    return _with(standing, **_NO_TRIAL, said=said if is_newest else standing.said)


def _in_force(standing: Standing, document: Document, *, candidate: Document | None) -> Standing:
    said = Said(version=document.version, state=State.IN_FORCE)
    return _with(
        standing,
        in_force=document,
        previous=standing.in_force,
        candidate=candidate,
        **_NO_TRIAL,
        said=said if candidate is None else standing.said,
    )


def _with(standing: Standing, **changes: object) -> Standing:
    return standing.model_copy(update=changes)


def _cut(reason: str) -> str:
    flat = " ".join(reason.split())
    return flat if len(flat) <= LONGEST_REASON else flat[: LONGEST_REASON - 1] + "…"
