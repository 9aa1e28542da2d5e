"""The fault book: when a symptom has become a fault, when a fault has ended, and who ended it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog

from drivers.contract.clock import Clock
from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import Condition, DeviceStatus, Symptom
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


class FaultBook:
    """Turns readings into faults. Hand it every reading, and let it settle a few times a second.

    A fault keeps its ``since`` from the first symptom to its end. A reading that did not come from the device itself (no
    cable, no answer) ends nothing but other faults of the link: paper that was out before the cable was pulled is still out.
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

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every open fault, in the order of the catalogue, then of time."""
        open_faults = (page.fault for page in self._pages.values() if page.fault is not None)
        return tuple(sorted(open_faults, key=lambda fault: (self._catalogue.rank(fault.code), fault.since, fault.device)))

    @property
    def pressing(self) -> tuple[Fault, ...]:
        """The open faults that still take something away: not those kept open only because they come and go too often."""
        return tuple(fault for fault in self.faults if not self._is_held_only((fault.device, fault.code)))

    def read(self, status: DeviceStatus) -> None:
        """Take note of a reading."""
        if status.condition is Condition.BUSY:
            return
        for symptom in status.symptoms:
            self._see(status, symptom)
        seen = {symptom.code for symptom in status.symptoms}
        for (device, code), page in self._pages.items():
            if device != status.device or code in seen or page.gone_since_s is not None:
                continue
            if tells_of_the_device(status) or (is_about_the_link(code) and seen):
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

    def _see(self, status: DeviceStatus, symptom: Symptom) -> None:
        key = (status.device, symptom.code)
        now_s = self._clock.monotonic_s()
        page = self._pages.get(key)
        if page is None:
            self._pages[key] = _Page(since=status.read_at, seen_since_s=now_s, detail=symptom.detail)
            return
        if page.gone_since_s is not None and page.fault is None:
            page.since, page.seen_since_s = status.read_at, now_s
        page.gone_since_s = None
        page.detail = symptom.detail

    def _raise(self, key: tuple[str, str], page: _Page) -> None:
        device, code = key
        entry = self._catalogue.find(code)
        page.raises.append(self._clock.monotonic_s())
        page.fault = Fault(
            device=device,
            code=code,
            severity=entry.severity if entry else Severity.DEGRADED,
            remedy=entry.remedy if entry else Remedy.TECHNICIAN,
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
