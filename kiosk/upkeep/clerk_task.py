"""The clerk's task: which one thing that needs hands is shown, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.contract.clock import Clock
from drivers.contract.fault import Fault, Severity
from kiosk.upkeep.fault_catalogue import FaultCatalogue

STILL_WRONG_S = 30.0
"""Seconds the answer that it is not mended yet stays before the task asks again."""


class ClerkTaskState(StrEnum):
    """Where the clerk's task stands."""

    WAITING = "waiting"
    TESTING = "testing"
    STILL_WRONG = "still_wrong"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkTask:
    """One thing that needs the clerk's hands, in the words of the fault catalogue.

    Attributes:
        picture: Key of the drawing.
        lines: At most three; ``{4}`` stands for the place sticker 4.
    """

    device: str
    code: str
    picture: str
    appeal: str
    lines: tuple[str, ...]
    hint: str
    state: ClerkTaskState


@dataclass(frozen=True, slots=True)
class _Answer:
    state: ClerkTaskState
    at_s: float


class ClerkDesk:
    """Chooses the one task and keeps it steady.

    The task that is shown stays until its fault ends or has been handed to a technician: opening a cover to change a roll
    must not turn the page to "close the cover". Only a fault of another device that blocks pushes aside one that does not.
    """

    def __init__(self, *, catalogue: FaultCatalogue, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._shown: tuple[str, str] | None = None
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._handed_over: set[tuple[str, str]] = set()

    def task(self, faults: Sequence[Fault]) -> ClerkTask | None:
        """The task to show while these faults, in the order of the catalogue, are open."""
        able = [fault for fault in faults if (entry := self._catalogue.find(fault.code)) is not None and entry.clerk is not None]
        open_now = {(fault.device, fault.code) for fault in able}
        self._answers = {key: answer for key, answer in self._answers.items() if key in open_now}
        self._handed_over &= open_now
        chosen = self._choose(able)
        self._shown = None if chosen is None else (chosen.device, chosen.code)
        return None if chosen is None else self._in_words(chosen)

    def others(self, faults: Sequence[Fault]) -> tuple[ClerkTask, ...]:
        """Everything else the clerk could mend, for who waits for that very device."""
        tasks = (self._in_words(fault) for fault in faults if (fault.device, fault.code) != self._shown)
        return tuple(task for task in tasks if task is not None)

    def begin_test(self, *, device: str, code: str) -> None:
        """修好了 was pressed."""
        self._answer(device, code, ClerkTaskState.TESTING)

    def end_test(self, *, device: str, code: str) -> None:
        """The test is over and the fault is still there."""
        self._answer(device, code, ClerkTaskState.STILL_WRONG)

    def give_up(self, *, device: str, code: str) -> None:
        """没修好 was pressed: a technician has been told."""
        self._handed_over.add((device, code))
        self._answers.pop((device, code), None)

    def state(self, *, device: str, code: str) -> ClerkTaskState:
        """Where one task stands."""
        answer = self._answers.get((device, code))
        if answer is not None and (
            answer.state is ClerkTaskState.TESTING or self._clock.monotonic_s() - answer.at_s < STILL_WRONG_S
        ):
            return answer.state
        return ClerkTaskState.ESCALATED if (device, code) in self._handed_over else ClerkTaskState.WAITING

    def _answer(self, device: str, code: str, state: ClerkTaskState) -> None:
        self._answers[device, code] = _Answer(state, self._clock.monotonic_s())

    def _choose(self, able: Sequence[Fault]) -> Fault | None:
        waiting = [fault for fault in able if self.state(device=fault.device, code=fault.code) is not ClerkTaskState.ESCALATED]
        if not waiting:
            return able[0] if able else None
        blocking = [fault for fault in waiting if fault.severity is Severity.BLOCKING]
        shown = next((fault for fault in waiting if (fault.device, fault.code) == self._shown), None)
        if shown is None:
            return blocking[0] if blocking else waiting[0]
        is_testing = self.state(device=shown.device, code=shown.code) is ClerkTaskState.TESTING
        elsewhere = [fault for fault in blocking if fault.device != shown.device]
        if shown.severity is Severity.DEGRADED and elsewhere and not is_testing:
            return elsewhere[0]
        return shown

    def _in_words(self, fault: Fault) -> ClerkTask | None:
        entry = self._catalogue.find(fault.code)
        if entry is None or entry.clerk is None:
            return None
        words = entry.clerk
        return ClerkTask(
            device=fault.device,
            code=fault.code,
            picture=words.picture,
            appeal=words.appeal,
            lines=words.lines,
            hint=words.hint,
            state=self.state(device=fault.device, code=fault.code),
        )
