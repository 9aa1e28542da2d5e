"""Where a kiosk of a rollout stands, from what it said and how long it has been silent. Pure, from state, never from edges."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from provisioning.fleet.rollouts.rollout import TOOK, Member, Rollout, Stage, State
from provisioning.wire import release as said

STAGES: Mapping[str, Stage] = {
    said.State.WAITING_FOR_NIGHT: Stage.TOLD,
    said.State.DOWNLOADING: Stage.TOLD,
    said.State.POSTPONED: Stage.TOLD,
    said.State.WAITING_FOR_VILLAGER: Stage.WAITING_FOR_VILLAGER,
    said.State.INSTALLING: Stage.INSTALLING,
    said.State.ON_TRIAL: Stage.ON_TRIAL,
    said.State.RUNNING: Stage.DONE,
    said.State.WENT_BACK: Stage.WENT_BACK,
    said.State.REFUSED: Stage.WENT_BACK,
}
"""What a kiosk's own word means here. A word of a newer kiosk, unknown here, leaves it where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a kiosk now.

    Attributes:
        version: Which release its last word was about; empty when it never spoke of one.
        state: That word, of ``provisioning.wire.release.State``.
        reason: What it said with it.
        said_at: When it came; a word from before the kiosk was told is about another rollout.
        running: The release it runs, from its birth.
        silent_since: Since when it is not heard; None while it is.
        is_excused: It is silent together with kiosks that have not been touched: one cause, and not the release.
    """

    version: str = ""
    state: str = ""
    reason: str = ""
    said_at: datetime | None = None
    running: str = ""
    silent_since: datetime | None = None
    is_excused: bool = False


def follow(member: Member, seen: Seen, *, of: Rollout, now: datetime) -> Member:
    """Return the kiosk as it stands now; the same object where nothing changed."""
    stage = _stage(member, seen, of, now)
    done_at = now if stage is Stage.DONE and member.done_at is None else member.done_at
    note = seen.reason if _speaks_of(member, seen, of.version) else member.note
    if (stage, done_at, note) == (member.stage, member.done_at, member.note):
        return member
    since = member.since if stage is member.stage else now
    return replace(member, stage=stage, since=since, done_at=done_at, note=note)


def is_reached(member: Member) -> bool:
    """Say whether the release has come to a kiosk, or is just coming."""
    return member.stage in TOOK or member.done_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far some kiosks are."""

    members: int
    skipped: int
    under_way: int
    done: int
    failed: int

    @property
    def executed(self) -> int:
        """How many have finished, well or not."""
        return self.done + self.failed

    @property
    def error_share(self) -> float:
        """Failed, of those that have taken it: to fail is quicker than to succeed, and must not look like all there is."""
        return self.failed / (self.executed + self.under_way) if self.failed else 0.0

    @property
    def success_share(self) -> float:
        """Well, of those that have finished."""
        return self.done / self.executed if self.executed else 0.0


def tally(members: Sequence[Member]) -> Tally:
    """Count them."""
    counts = Counter(member.stage for member in members)
    return Tally(
        members=len(members),
        skipped=counts[Stage.SKIPPED],
        under_way=counts[Stage.INSTALLING] + counts[Stage.ON_TRIAL],
        done=counts[Stage.DONE],
        failed=counts[Stage.WENT_BACK] + counts[Stage.SILENT],
    )


def _stage(member: Member, seen: Seen, of: Rollout, now: datetime) -> Stage:
    if of.state in {State.ROLLING_BACK, State.ROLLED_BACK}:
        return _stage_back(member, seen)
    if member.told_at is None:
        if seen.running == of.version:
            return Stage.DONE  # it came to it another way, by a stick perhaps
        return Stage.WAITING if seen.silent_since is None else Stage.SKIPPED
    spoken = STAGES.get(seen.state) if _speaks_of(member, seen, of.version) else None
    heard = spoken or _before_silence(member)
    if heard is Stage.DONE and _runs_another(member, seen, of.version):
        heard = Stage.WENT_BACK
    if seen.silent_since is None:
        return heard
    if heard not in TOOK:
        return heard if heard is Stage.WENT_BACK else Stage.SKIPPED
    if heard is Stage.DONE and not _is_watched(member, of):
        return heard  # long after it was watched: an ordinary silence, told by the alarms
    is_fresh = member.done_at is None or seen.silent_since - member.done_at <= of.terms.fresh
    patience = of.terms.silence_fails_after if is_fresh else of.terms.long_silence
    return Stage.SILENT if now - seen.silent_since >= patience and not seen.is_excused else heard


def _stage_back(member: Member, seen: Seen) -> Stage:
    """Return where it is on the way back; whoever was never told has nothing to go back from."""
    if member.told_at is None or member.stage is Stage.WENT_BACK or seen.running == member.before:
        return Stage.WENT_BACK if member.told_at is not None else member.stage
    if seen.silent_since is not None:
        return Stage.SKIPPED
    if seen.version == member.before and seen.state in STAGES:
        back = STAGES[seen.state]
        return Stage.WENT_BACK if back is Stage.DONE else back if back is not Stage.WENT_BACK else Stage.SILENT
    return Stage.TOLD


def _speaks_of(member: Member, seen: Seen, version: str) -> bool:
    return member.told_at is not None and seen.version == version and seen.said_at is not None and seen.said_at >= member.told_at


def _runs_another(member: Member, seen: Seen, version: str) -> bool:
    """Whether a kiosk that had it has since said that it runs something else: somebody, or a launcher, put it back."""
    is_later = member.done_at is not None and seen.said_at is not None and seen.said_at > member.done_at
    return is_later and seen.version != version and seen.state == said.State.RUNNING


def _before_silence(member: Member) -> Stage:
    """Return what it was before it fell silent, as far as that is still known."""
    if member.stage is Stage.SILENT:
        return Stage.DONE if member.done_at is not None else Stage.ON_TRIAL
    if member.stage in {Stage.SKIPPED, Stage.WAITING}:
        return Stage.DONE if member.done_at is not None else Stage.TOLD
    return member.stage


def _is_watched(member: Member, of: Rollout) -> bool:
    """Whether its ring, or the next one, is still under way: silence then is held against the release."""
    return not of.state.is_over and of.ring <= member.ring + 1
