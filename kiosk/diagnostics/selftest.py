"""Self-test: once a day, before anybody comes, the whole machine is checked without people."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from drivers.contract.clock import Clock
from drivers.contract.device import Device
from drivers.contract.status import DeviceStatus
from kiosk.diagnostics.check import Check, Finding, of_status
from kiosk.diagnostics.readiness import FILE, Readiness, of_kept, to_keep, with_another
from kiosk.upkeep.deadline import HungError, within
from kiosk.upkeep.memory import Memory

log = structlog.get_logger(__name__)

LOOK_S = 20.0
"""Seconds between two looks at whether it is time, and at whether a visit has ended."""

WARM_UP_S = 90.0
"""Seconds after the start before a test that was missed is made up for: by then a cold machine has opened its devices."""

PLATFORM_S = 10.0
"""Seconds the platform may take to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dawn:
    """When the test is due.

    Attributes:
        at: Local time.
        jitter_s: It is due up to this much later, always the same for one kiosk: a county does not wake all at once.
    """

    zone: ZoneInfo
    kiosk: str
    at: time = time(5, 30)
    jitter_s: int = 900

    def due(self, now: datetime) -> datetime:
        """When it is due on the local day of ``now``, UTC-aware."""
        local = now.astimezone(self.zone)
        later_s = zlib.crc32(self.kiosk.encode()) % (self.jitter_s + 1)
        return datetime.combine(local.date(), self.at, self.zone) + timedelta(seconds=later_s)

    def day(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the test looks at besides the devices. All but the platform answer at once.

    Attributes:
        is_visiting: Whether somebody is being served.
        is_reachable: Whether the platform answers.
        display: The display as if it were a device.
        storage_trouble: What is wrong with the state folder; empty while all is well.
    """

    is_visiting: Callable[[], bool]
    is_reachable: Callable[[], Awaitable[bool]]
    display: Callable[[], DeviceStatus]
    storage_trouble: Callable[[], str]


class SelfTest:
    """Tests every day, and at a start on a day that has had no test yet. Never while somebody is being served."""

    def __init__(
        self,
        *,
        devices: Sequence[Device],
        check: Check,
        around: Surroundings,
        dawn: Dawn,
        clock: Clock,
        memory: Memory,
        on_done: Callable[[Readiness], None],
    ) -> None:
        """Get ready.

        Args:
            devices: Every device of this kiosk, as its keepers keep them.
            check: Looks at one device.
            around: What else is looked at.
            dawn: When it is due.
            clock: The kiosk's clock.
            memory: Keeps the records.
            on_done: Called on the loop with every result.
        """
        self._devices = devices
        self._check = check
        self._around = around
        self._dawn = dawn
        self._clock = clock
        self._memory = memory
        self._on_done = on_done
        self._records: tuple[Readiness, ...] = ()

    @property
    def records(self) -> tuple[Readiness, ...]:
        """The results of the last 400 days, oldest first."""
        return self._records

    async def run(self) -> None:
        """Test once a day until cancelled."""
        self._records = of_kept(await self._memory.recall(FILE))
        await self._clock.sleep(WARM_UP_S)
        while True:
            if self._is_due() and not self._around.is_visiting():
                await self.test()
            await self._clock.sleep(LOOK_S)

    async def test(self) -> Readiness:
        """Test now, keep the result and tell it."""
        async with asyncio.TaskGroup() as group:
            devices = [group.create_task(self._check.run(device)) for device in self._devices]
            platform = group.create_task(self._platform())
        readiness = Readiness(
            at=self._clock.now(),
            clock_is_trusted=self._clock.is_trusted,
            findings=(
                *(task.result() for task in devices),
                platform.result(),
                of_status(self._around.display(), subject="display"),
                self._disk(),
                self._time(),
            ),
        )
        self._records = with_another(self._records, readiness)
        self._memory.keep(FILE, to_keep(self._records))
        log.info("selftest.done", checked=len(readiness.findings), failed=[each.subject for each in readiness.failed])
        self._on_done(readiness)
        return readiness

    def _is_due(self) -> bool:
        now = self._clock.now()
        if now < self._dawn.due(now):
            return False
        return not any(self._dawn.day(record.at) == self._dawn.day(now) for record in self._records)

    async def _platform(self) -> Finding:
        try:
            is_reachable = await within(self._clock, PLATFORM_S, _awaited(self._around.is_reachable), what="is_reachable")
        except HungError as error:
            return Finding(subject="platform", is_well=False, codes=("platform.offline",), evidence=str(error))
        codes = () if is_reachable else ("platform.offline",)
        return Finding(subject="platform", is_well=is_reachable, codes=codes, evidence="answers" if is_reachable else "no answer")

    def _disk(self) -> Finding:
        trouble = self._around.storage_trouble()
        codes = ("core.storage_failed",) if trouble else ()
        return Finding(subject="disk", is_well=not trouble, codes=codes, evidence=trouble or "takes what is written")

    def _time(self) -> Finding:
        is_trusted = self._clock.is_trusted
        words = "confirmed by a time service" if is_trusted else "not confirmed since the machine was switched on"
        return Finding(subject="clock", is_well=is_trusted, evidence=words)


async def _awaited(ask: Callable[[], Awaitable[bool]]) -> bool:
    return await ask()
