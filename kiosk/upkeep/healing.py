"""Healing, decided: which rung of which ladder comes next, and whether the last one helped. Does nothing itself."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.link_trouble import is_about_the_link
from kiosk.upkeep.rung import HealStep, Rung

WINDOW_S = 600.0
"""The tries of a rung are counted within this time; a device that needs more wants a person."""

HOUR_S = 3600.0

PUT_DOWN_TO_S = 30.0
"""A fault that ends within this many seconds of a try is put down to it."""

JUDGE_AFTER_S: Mapping[Rung, float] = {
    Rung.RETRY: 0.3,
    Rung.RESET: 1.0,
    Rung.REOPEN: 0.5,
    Rung.POWER_CYCLE_PORT: 10.0,
    Rung.RESTART_WORKER: 0.5,
}
"""Seconds after a try before a fault that is still there counts it as failed. A printer takes up to eight to start."""


class Outcome(StrEnum):
    """What came of a try. Published words."""

    HELPED = "helped"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It cannot be done here: the hub cannot switch this socket, the device is not on USB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Healing:
    """One try and what came of it. ``why`` is for a technician."""

    device: str
    code: str
    rung: Rung
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealingCount:
    """How often one rung was tried for one code of one device, since this kiosk keeps count."""

    device: str
    code: str
    rung: Rung
    helped: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True, kw_only=True)
class _Ladder:
    """What has been tried for one code. The decision writes on it; nobody else sees it."""

    seen_since_s: float
    tried: deque[tuple[float, Rung]] = field(default_factory=deque)
    skipped: dict[Rung, float] = field(default_factory=dict)
    waiting: tuple[float, Rung] | None = None


class Ladders:
    """The ladders of one device. Tell it every reading, then ask what comes next."""

    def __init__(self, *, device: str, catalogue: FaultCatalogue) -> None:
        self._device = device
        self._catalogue = catalogue
        self._ladders: dict[str, _Ladder] = {}
        self._now: tuple[str, ...] = ()

    def observe(self, seen: Collection[str], *, tells: bool, now_s: float) -> tuple[Healing, ...]:
        """Take note of the codes a reading shows and return what it says of the tries before it.

        Args:
            seen: Every code of the reading.
            tells: Whether the device itself was asked; otherwise nothing is known but the trouble of its link.
            now_s: Monotonic.
        """
        self._now = tuple(seen)
        for code in seen:
            self._ladders.setdefault(code, _Ladder(seen_since_s=now_s))
        judged: list[Healing] = []
        for code, ladder in list(self._ladders.items()):
            if ladder.waiting is not None and (outcome := self._judge(code, ladder.waiting[0], tells=tells, now_s=now_s)):
                judged.append(Healing(device=self._device, code=code, rung=ladder.waiting[1], outcome=outcome))
                ladder.waiting = None
            if code not in seen and tells:
                ladder.seen_since_s = now_s
                self._forget(code, now_s)
        return tuple(judged)

    def next_step(self, *, now_s: float) -> tuple[str, Rung] | None:
        """What to try now, and for which code; None when there is nothing, or the last try has yet to show."""
        if any(ladder.waiting is not None for ladder in self._ladders.values()):
            return None
        for code in self._now:
            step = self._next_of(code, now_s)
            if step is not None and now_s - self._ladders[code].seen_since_s >= step.after_s:
                return code, step.rung
        return None

    def tried(self, code: str, rung: Rung, *, now_s: float) -> None:
        """A rung has been tried; the readings to come will tell."""
        ladder = self._ladders[code]
        ladder.tried.append((now_s, rung))
        ladder.waiting = (now_s + JUDGE_AFTER_S[rung], rung)

    def skip(self, code: str, rung: Rung, *, now_s: float) -> None:
        """A rung cannot be tried here; the next one's turn."""
        self._ladders[code].skipped[rung] = now_s

    def is_spent(self, code: str, *, now_s: float) -> bool:
        """Whether nothing is left to try for a code, for now."""
        ladder = self._ladders.get(code)
        if ladder is None:
            entry = self._catalogue.find(code)
            return entry is None or not entry.ladder
        return ladder.waiting is None and self._next_of(code, now_s) is None

    def has_just_tried(self, code: str, *, now_s: float) -> bool:
        """Whether something was tried for a code a moment ago, so that its end may be put down to that."""
        ladder = self._ladders.get(code)
        return ladder is not None and any(now_s - at_s < PUT_DOWN_TO_S for at_s, _ in ladder.tried)

    def _next_of(self, code: str, now_s: float) -> HealStep | None:
        entry, ladder = self._catalogue.find(code), self._ladders[code]
        while ladder.tried and now_s - ladder.tried[0][0] > HOUR_S:
            ladder.tried.popleft()
        if entry is None or len(ladder.tried) >= entry.heal_per_hour:
            return None
        recent = [rung for at_s, rung in ladder.tried if now_s - at_s <= WINDOW_S]
        left = (step for step in entry.ladder if recent.count(step.rung) < step.tries)
        return next((step for step in left if now_s - ladder.skipped.get(step.rung, -HOUR_S) > WINDOW_S), None)

    def _judge(self, code: str, from_s: float, *, tells: bool, now_s: float) -> Outcome | None:
        if code not in self._now and tells:
            return Outcome.HELPED
        if now_s >= from_s and (code in self._now or is_about_the_link(code)):
            return Outcome.FAILED
        return None

    def _forget(self, code: str, now_s: float) -> None:
        ladder = self._ladders[code]
        if ladder.waiting is None and not any(now_s - at_s <= HOUR_S for at_s, _ in ladder.tried):
            del self._ladders[code]
