"""What a rollout is: its rings, its terms, and where each kiosk of it stands."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from telemetry.wire.topics import KioskId


class State(StrEnum):
    """How a rollout stands."""

    RUNNING = "running"
    PAUSED = "paused"
    """A person holds it: nobody more is told, whoever was told goes on."""
    STOPPED = "stopped"
    """It stopped itself. Goes on, or back, when two persons say so."""
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    """Whoever has the release keeps it, nobody else gets it from here."""
    FINISHED = "finished"

    @property
    def is_over(self) -> bool:
        """Whether nothing more follows from it."""
        return self in {State.ROLLED_BACK, State.CANCELLED, State.FINISHED}


class Stage(StrEnum):
    """Where one kiosk is."""

    WAITING = "waiting"
    """Its turn has not come."""
    TOLD = "told"
    """It is to have the release and has not begun to put it in; perhaps it downloads, or waits for the night."""
    WAITING_FOR_VILLAGER = "waiting_for_villager"
    INSTALLING = "installing"
    ON_TRIAL = "on_trial"
    DONE = "done"
    """It runs the release, which has proven itself there."""
    WENT_BACK = "went_back"
    """It runs what it ran before."""
    SILENT = "silent"
    """Not heard since it took the release: counted as failed until it is heard again."""
    SKIPPED = "skipped"
    """Silent before it took anything: caught up once it is back."""


FAILED = frozenset({Stage.WENT_BACK, Stage.SILENT})
EXECUTED = FAILED | {Stage.DONE}
TOOK = frozenset({Stage.INSTALLING, Stage.ON_TRIAL, Stage.DONE, Stage.SILENT})
"""Whoever is here may be silent because of the release."""


class Wish(StrEnum):
    """What one person has asked for and a second one has to confirm."""

    NOTHING = ""
    ROLL_BACK = "roll_back"
    RESUME = "resume"
    """After it had stopped itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One group of a rollout. ``soak`` is how long most of it must have had the release before the next ring begins."""

    name: str
    soak: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rollout keeps to.

    Attributes:
        alone: Kiosks the first ring may have for one person to begin it alone.
        first: Kiosks of a ring told at its beginning.
        growth: How many times more are told at each further wave.
        every: From one wave to the next.
        least_executed: Share of a ring that must have finished, well or not, before the ring is judged.
        success_share: Of them, this share must be well for the next ring to begin.
        error_share: Of those that took it, more than this share failed stops the rollout ...
        minimum_executed: ... once so many have finished, well or not, or the whole ring where it is smaller.
        least_failures: One kiosk alone is a broken kiosk, not a broken release: so many must have failed.
        silence_fails_after: A kiosk that falls silent while it takes the release, or within ``fresh`` of having it, has failed
            after so long.
        fresh: Later silences come to any kiosk; the gate compares them with those of untreated ones ...
        long_silence: ... and one as long as this is a failure whenever it began.
        tolerated: Kiosks of the next ring that may come to harm every day without anybody knowing yet: what the gate must rule
            out is this many of that ring, so that a small ring needs little evidence before it and a large one much.
        undecided_after: A ring whose gate has not been passed for so long stops the rollout: somebody must look.
    """

    alone: int = 20
    first: int = 2
    growth: float = 2.0
    every: timedelta = timedelta(minutes=10)
    least_executed: float = 0.8
    success_share: float = 0.9
    error_share: float = 0.10
    minimum_executed: int = 20
    least_failures: int = 2
    silence_fails_after: timedelta = timedelta(minutes=30)
    fresh: timedelta = timedelta(hours=2)
    long_silence: timedelta = timedelta(hours=24)
    tolerated: float = 5.0
    undecided_after: timedelta = timedelta(days=21)

    def __post_init__(self) -> None:
        """Refuse terms nothing can keep to."""
        shares = (self.least_executed, self.success_share, self.error_share)
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("a share is 0 to 1")
        if self.first < 1 or self.growth < 1 or min(self.minimum_executed, self.least_failures) < 1 or self.tolerated <= 0:
            raise ValueError(
                "first, minimum_executed and least_failures are at least 1, growth at least 1, tolerated more than 0"
            )
        if min(self.every, self.silence_fails_after, self.long_silence, self.undecided_after) <= timedelta(0):
            raise ValueError("a time is longer than nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One release on its way to one set of kiosks.

    Attributes:
        id: 0 until it is written.
        row: Version of the row: +1 at every change. Who acts says which one was seen.
        ring: Number of the ring under way, from 0.
        ring_began_at: When it began; moved when the rollout goes on after a pause, so that the pause is no wave.
        approved_by: Who let it go beyond the first ring; never who started it.
        wish: What waits for a second person.
        why: Why it is in this state, where somebody or something said so.
        health_since: The gate counts from here: the start, or when two persons let it go on after a stop.
    """

    id: int
    county: str
    version: str
    rings: tuple[Ring, ...]
    started_by: str
    started_at: datetime
    ring_began_at: datetime
    health_since: datetime
    terms: Terms = field(default_factory=Terms)
    state: State = State.RUNNING
    state_since: datetime
    ring: int = 0
    row: int = 1
    approved_by: str = ""
    approved_at: datetime | None = None
    wish: Wish = Wish.NOTHING
    wished_by: str = ""
    wished_at: datetime | None = None
    why: str = ""

    @property
    def is_last(self) -> bool:
        """Whether no ring follows the one under way."""
        return self.ring >= len(self.rings) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One kiosk of a rollout.

    Attributes:
        before: Release it ran when the rollout began: where it goes back to.
        since: When it came to its stage.
        told_at: When it was first to have the release; None while its turn has not come.
        done_at: When it was first known to run it well.
        note: What it said with it, in its own words.
    """

    kiosk: KioskId
    ring: int
    before: str
    stage: Stage = Stage.WAITING
    since: datetime
    told_at: datetime | None = None
    done_at: datetime | None = None
    note: str = ""
