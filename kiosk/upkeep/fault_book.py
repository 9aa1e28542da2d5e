"""The fault book: when a symptom has become a fault, when a fault has ended, and who ended it."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog

from drivers.contract.clock import Clock
from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import DeviceStatus
from kiosk.upkeep.fault_catalogue import FaultCatalogue, FaultEntry
from kiosk.upkeep.link_trouble import is_about_the_link, tells_of_the_device

log = structlog.get_logger(__name__)


class ClearedBy(StrEnum):
    """Who ended a fault, as far as this kiosk can tell."""

    SELF = "self"
    RESET = "reset"
    CLERK = "clerk"


@dataclass(slots=True, kw_only=True)
class _Page:
    """One code of one device. The book writes on it; nobody else sees it."""

    since: datetime
    seen_since_s: float
    detail: str
    fault: Fault | None = None
    gone_since_s: float | None = None
    raises: deque[float] = field(default_factory=deque)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A fault that was open when an earlier life of this core ended. ``is_escalated``: a technician had been asked."""

    device: str
    code: str
    since: datetime
    is_escalated: bool


class FaultBook:
    """Turns readings into faults. Hand it every reading, and let it settle a few times a second.

    A fault keeps its ``since`` from the first symptom to its end. A reading that did not come from the device itself (no
    cable, no answer) ends nothing but other faults of the link: paper that was out before the cable was pulled is still out.
    What the core alone knows of a device (``note``) is ended by the core alone.
    """

    def __init__(
        self,
        *,
        catalogue: FaultCatalogue,
        clock: Clock,
        on_raised: Callable[[Fault], None],
        on_cleared: Callable[[Fault, datetime, ClearedBy], None],
    ) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._on_raised = on_raised
        self._on_cleared = on_cleared
        self._pages: dict[tuple[str, str], _Page] = {}
        self._helped_by: dict[tuple[str, str], ClearedBy] = {}
        self._remembered: dict[tuple[str, str], Remembered] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every open fault, in the order of the catalogue, then of time."""
        open_faults = (page.fault for page in self._pages.values() if page.fault is not None)
        return tuple(sorted(open_faults, key=lambda fault: (self._catalogue.rank(fault.code), fault.since, fault.device)))

    @property
    def pressing(self) -> tuple[Fault, ...]:
        """The open faults that still take something away: not those kept open only because they come and go too often."""
        return tuple(fault for fault in self.faults if not self._is_held_only((fault.device, fault.code)))

    def remember(self, faults: Iterable[Remembered]) -> None:
        """Tell of an earlier life's faults: one that is seen again goes on where it was, one that is not has ended."""
        now = self._clock.now()
        # What the core found out about itself it finds out again.
        usable = (each for each in faults if each.since <= now and each.device != "core")
        self._remembered = {(each.device, each.code): each for each in usable}

    def to_remember(self) -> tuple[Remembered, ...]:
        """What a later life is to be told: the open faults, and those of an earlier life that nobody could look at yet."""
        open_now = {
            (fault.device, fault.code): Remembered(
                device=fault.device, code=fault.code, since=fault.since, is_escalated=self._is_escalated(fault)
            )
            for fault in self.faults
        }
        return tuple((self._remembered | open_now).values())

    def read(self, status: DeviceStatus) -> None:
        """Take note of a reading. One of a device in use begins faults and ends none: nobody but its user asks it anything."""
        for symptom in status.symptoms:
            self._see(status.device, symptom.code, symptom.detail, status.read_at)
        seen = {symptom.code for symptom in status.symptoms}
        for (device, code), page in self._pages.items():
            if device != status.device or code in seen or page.gone_since_s is not None or _is_noted(code):
                continue
            if tells_of_the_device(status) or (is_about_the_link(code) and seen):
                page.gone_since_s = self._clock.monotonic_s()
        if tells_of_the_device(status):
            self._forget_remembered(status.device, keeping=seen)
        self.settle()

    def note(self, *, device: str, code: str, detail: str) -> None:
        """Write down what the core itself has found out about a device, or about itself."""
        self._see(device, code, detail, self._clock.now())
        self.settle()

    def note_over(self, *, device: str, code: str) -> None:
        """What the core had found out is no longer so."""
        self._remembered.pop((device, code), None)
        page = self._pages.get((device, code))
        if page is not None and page.gone_since_s is None:
            page.gone_since_s = self._clock.monotonic_s()
            self.settle()

    def settle(self) -> None:
        """Raise what has lasted long enough, end what has been away long enough."""
        now_s = self._clock.monotonic_s()
        for key, page in list(self._pages.items()):
            if page.gone_since_s is None:
                if page.fault is None and now_s - page.seen_since_s >= self._raise_for_s(key):
                    self._raise(key, page)
            elif page.fault is None:
                if not page.raises:  # keep the page while it remembers how often the fault came and went
                    del self._pages[key]
            elif now_s - page.gone_since_s >= self._clear_for_s(key) + self._hold_s(key):
                self._clear(key, page)
            self._forget_old_raises(key, page)

    def escalate(self, *, device: str, code: str) -> None:
        """Ask a technician instead: the same occurrence is raised again, with the new remedy."""
        page = self._pages.get((device, code))
        if page is None or page.fault is None or page.fault.remedy is Remedy.TECHNICIAN:
            return
        page.fault = replace(page.fault, remedy=Remedy.TECHNICIAN)
        log.info("fault.escalated", device=device, code=code)
        self._on_raised(page.fault)

    def note_help(self, *, device: str, code: str, by: ClearedBy) -> None:
        """Somebody is doing something about this fault: if it ends now, it was they who ended it."""
        if self._is_open((device, code)):
            self._helped_by[device, code] = by

    def end_tested(self, *, device: str, code: str, by: ClearedBy) -> None:
        """End a fault at once because a test has just shown that it is gone."""
        page = self._pages.get((device, code))
        if page is not None and page.fault is not None and page.gone_since_s is not None:
            self._helped_by[device, code] = by
            self._clear((device, code), page)

    def _see(self, device: str, code: str, detail: str, read_at: datetime) -> None:
        key = (device, code)
        now_s = self._clock.monotonic_s()
        page = self._pages.get(key)
        if page is None:
            earlier = self._remembered.get(key)
            self._pages[key] = _Page(since=earlier.since if earlier else read_at, seen_since_s=now_s, detail=detail)
            return
        if page.gone_since_s is not None and page.fault is None:
            page.since, page.seen_since_s = read_at, now_s
        page.gone_since_s = None
        page.detail = detail

    def _raise(self, key: tuple[str, str], page: _Page) -> None:
        device, code = key
        entry, earlier = self._catalogue.find(code), self._remembered.pop(key, None)
        page.raises.append(self._clock.monotonic_s())
        page.fault = Fault(
            device=device,
            code=code,
            severity=entry.severity if entry else Severity.DEGRADED,
            remedy=entry.remedy if entry and not (earlier and earlier.is_escalated) else Remedy.TECHNICIAN,
            since=page.since,
            detail=page.detail,
        )
        log.warning("fault.raised", device=device, code=code, remedy=page.fault.remedy.value, detail=page.detail)
        self._on_raised(page.fault)

    def _clear(self, key: tuple[str, str], page: _Page) -> None:
        if page.fault is None:
            return
        fault, page.fault = page.fault, None
        by = self._helped_by.pop(key, ClearedBy.SELF)
        log.info("fault.cleared", device=fault.device, code=fault.code, by=by.value)
        self._on_cleared(fault, self._clock.now(), by)

    def _is_escalated(self, fault: Fault) -> bool:
        entry = self._catalogue.find(fault.code)
        return entry is not None and fault.remedy is not entry.remedy

    def _forget_remembered(self, device: str, *, keeping: set[str]) -> None:
        gone = [key for key in self._remembered if key[0] == device and key[1] not in keeping and not _is_noted(key[1])]
        for key in gone:
            del self._remembered[key]

    def _is_open(self, key: tuple[str, str]) -> bool:
        page = self._pages.get(key)
        return page is not None and page.fault is not None

    def _is_held_only(self, key: tuple[str, str]) -> bool:
        page = self._pages[key]
        return page.gone_since_s is not None and self._clock.monotonic_s() - page.gone_since_s >= self._clear_for_s(key)

    def _raise_for_s(self, key: tuple[str, str]) -> float:
        entry = self._catalogue.find(key[1])
        return entry.raise_for_s if entry else 0.0

    def _clear_for_s(self, key: tuple[str, str]) -> float:
        entry = self._catalogue.find(key[1])
        return entry.clear_for_s if entry else 0.0

    def _hold_s(self, key: tuple[str, str]) -> float:
        entry = self._catalogue.find(key[1])
        return entry.flap.hold_s if entry and len(self._pages[key].raises) > entry.flap.times else 0.0

    def _forget_old_raises(self, key: tuple[str, str], page: _Page) -> None:
        entry: FaultEntry | None = self._catalogue.find(key[1])
        within_s = entry.flap.within_s if entry else 0.0
        while page.raises and self._clock.monotonic_s() - page.raises[0] > within_s:
            page.raises.popleft()


def _is_noted(code: str) -> bool:
    """Whether a code is the core's own finding, of which a device's readings say nothing."""
    return code.startswith("core.")
