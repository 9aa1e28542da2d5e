"""Every fault of one kiosk within a story: the same stands once at a time, and none ends while the machine is dark. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

from telemetry.simulation.happening import Began, Ended, Escalated, Fault, Moment
from telemetry.simulation.wear import Kind, Mender


class Ledger:
    """Faults so far, by number."""

    def __init__(self, kiosk: str, *, numbers: "count[int]", powered_at: Callable[[float], float]) -> None:
        """Begin.

        Args:
            kiosk: Whose.
            numbers: Where faults get their numbers.
            powered_at: Returns a moment itself, or when the machine is on again after it.
        """
        self._kiosk = kiosk
        self._numbers = numbers
        self._powered_at = powered_at
        self._faults: dict[int, Fault] = {}
        self._open: set[int] = set()

    def begin(self, at_s: float, kind: Kind, end_s: float, by: Mender, escalates_s: float | None = None) -> Fault | None:
        """Raise a fault, unless the same stands already."""
        device, code, severity, remedy = kind
        standing = (self._faults[number] for number in self._open)
        if any((fault.device, fault.code) == (device, code) and fault.end_s > at_s for fault in standing):
            return None
        fault = Fault(
            number=next(self._numbers),
            kiosk=self._kiosk,
            device=device,
            code=code,
            severity=severity,
            remedy=remedy,
            begin_s=at_s,
            end_s=self._powered_at(end_s),
            # What a technician did, a kiosk cannot know: for it the fault went away.
            ended_by=Mender.SELF if by is Mender.TECHNICIAN else by,
            escalates_s=escalates_s,
        )
        self._faults[fault.number] = fault
        self._open.add(fault.number)
        return fault

    def of(self, number: int) -> Fault:
        """Return a fault as it is planned by now."""
        return self._faults[number]

    def shorten(self, number: int, end_s: float) -> None:
        """Let a fault end sooner than was planned."""
        if self._faults[number].end_s > end_s:
            self._faults[number] = replace(self._faults[number], end_s=end_s)

    def standing(self, at_s: float) -> list[Fault]:
        """Return what stands at a moment, in the order it began; moments never go back."""
        self._open = {number for number in self._open if self._faults[number].end_s > at_s}
        return [self._faults[number] for number in sorted(self._open) if self._faults[number].begin_s <= at_s]

    def moments(self) -> Iterator[Moment]:
        """Tell every beginning, escalation and end."""
        for fault in self._faults.values():
            yield Moment(at_s=fault.begin_s, what=Began(fault=fault))
            yield Moment(at_s=fault.end_s, what=Ended(fault=fault))
            if fault.escalates_s is not None and fault.escalates_s < fault.end_s:
                yield Moment(at_s=fault.escalates_s, what=Escalated(fault=fault))
