"""Watching whether the government service platform answers, before a villager invests any effort."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from drivers.contract.clock import Clock
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.gateway.platform import Platform
from kiosk.upkeep.availability import PLATFORM
from kiosk.upkeep.deadline import HungError, rest, within

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPace:
    """How often the platform is asked.

    Attributes:
        online_s: Between two questions while it answers. A village's line is not to be filled with them.
        offline_s: Between two questions while it does not.
        misses: Questions in a row without an answer before it counts as offline.
        answer_s: Deadline of one question; the client promises two seconds.
    """

    online_s: float = 6.0
    offline_s: float = 1.0
    misses: int = 2
    answer_s: float = 5.0


class PlatformWatch:
    """Asks for ever. UNKNOWN until the first answer, or until silence has lasted long enough to be called that."""

    def __init__(self, *, platform: Platform, clock: Clock, pace: PlatformPace | None = None) -> None:
        self._platform = platform
        self._clock = clock
        self._pace = pace or PlatformPace()
        self._wake = asyncio.Event()
        self._misses = 0
        self._status = DeviceStatus(device=PLATFORM, condition=Condition.UNKNOWN, read_at=clock.now())

    @property
    def status(self) -> DeviceStatus:
        """The platform as last seen."""
        return self._status

    def nudge(self) -> None:
        """Look now: somebody has just had no answer."""
        self._wake.set()

    async def run(self, *, on_status: Callable[[DeviceStatus], None]) -> None:
        """Watch until cancelled."""
        while True:
            is_reachable = await self._ask()
            self._misses = 0 if is_reachable else self._misses + 1
            if is_reachable:
                self._take(DeviceStatus(device=PLATFORM, condition=Condition.READY, read_at=self._clock.now()), on_status)
            elif self._misses >= self._pace.misses:
                symptom = Symptom(code="platform.offline", detail="no answer")
                self._take(
                    DeviceStatus(
                        device=PLATFORM, condition=Condition.UNREACHABLE, read_at=self._clock.now(), symptoms=(symptom,)
                    ),
                    on_status,
                )
            await rest(self._clock, self._pace.online_s if is_reachable else self._pace.offline_s, unless=self._wake)
            self._wake.clear()

    async def _ask(self) -> bool:
        try:
            return await within(self._clock, self._pace.answer_s, self._platform.is_reachable(), what="is_reachable")
        except HungError:
            return False

    def _take(self, status: DeviceStatus, on_status: Callable[[DeviceStatus], None]) -> None:
        if status.condition is not self._status.condition:
            log.info("platform.changed", condition=status.condition.value)
        self._status = status
        on_status(status)
