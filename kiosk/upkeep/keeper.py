"""Keeper: one device kept open, asked how it is, and brought back for ever."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog

from drivers.contract.clock import Clock
from drivers.contract.device import Device, DeviceKind, Identity
from drivers.contract.errors import DeadlineError, DriverError
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.upkeep.deadline import HungError, rest, within
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.link_trouble import LinkTrouble, code_of, tells_of_the_device, trouble_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

RESET_WINDOW_S = 600.0
"""Automatic resets of one code are counted within this time; a device that needs more wants a person."""

RESET_REST_S = 1.0
"""Seconds a device gets to come to itself after a reset before it is asked again."""

TEST_ASKS = 5
"""How often 修好了 asks before it says the fault is still there: a printer feeds and settles after its cover is closed."""

TEST_REST_S = 0.4

TEST_LIMIT_S = 12.0
"""Seconds after which 修好了 is answered with what is known, whatever the device does."""


class DriverBugError(Exception):
    """Something left a driver that is no DriverError. Says the kind alone: the text of a stranger may be personal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a device is asked and how long it may take.

    Attributes:
        poll_s: Between two questions while the device is well. Half of it is the average age of a fault when it is seen.
        urgent_poll_s: Between two questions while something is wrong, or somebody is using the device.
        misses: Failed calls in a row before the device counts as lost.
        first_backoff_s: Before the second attempt to open; doubled up to ``last_backoff_s``, for ever. The last one, an
            opening and a status together stay below the three seconds from replug to ready.
        status_s: Deadline of status, identify and close. The contract promises one second; this one catches a driver that hangs.
        open_s: Deadline of open, which may have to try several line speeds.
        reset_s: Deadline of reset.
        busy_limit_s: A device that was in use this long without a pause is taken for hung. The longest honest call takes 300 s.
    """

    poll_s: float = 0.5
    urgent_poll_s: float = 0.3
    misses: int = 2
    first_backoff_s: float = 0.25
    last_backoff_s: float = 1.5
    status_s: float = 3.0
    open_s: float = 15.0
    reset_s: float = 10.0
    busy_limit_s: float = 900.0


class Keeper:
    """Keeps one device. ``run`` is its life; everything else looks in or taps it on the shoulder.

    A device that is lost is closed before it is opened again, and opened again for ever. Lost and found are logged once each.
    """

    def __init__(self, *, device: Device, clock: Clock, catalogue: FaultCatalogue, pace: Pace | None = None) -> None:
        self._device = device
        self._clock = clock
        self._pace = pace or Pace()
        self._catalogue = catalogue
        self._resets: dict[str, deque[float]] = {}
        self._status = DeviceStatus(device=device.name, condition=Condition.UNKNOWN, read_at=clock.now())
        self._identity = Identity(model="", serial="", firmware="")
        self._is_open = False
        self._is_lost = False
        self._has_asked_identity = False
        self._misses = 0
        self._backoff_s = self._pace.first_backoff_s
        self._busy_since_s: float | None = None
        self._wake = asyncio.Event()
        self._asking: list[asyncio.Future[DeviceStatus]] = []
        self._progress_s = clock.monotonic_s()
        self._losses = 0

    @property
    def name(self) -> str:
        """Name of the device in this kiosk."""
        return self._device.name

    @property
    def kind(self) -> DeviceKind:
        """Class of the device."""
        return self._device.kind

    @property
    def status(self) -> DeviceStatus:
        """The last reading. UNKNOWN until the first one."""
        return self._status

    @property
    def identity(self) -> Identity:
        """Who the device says it is; empty until it has been asked."""
        return self._identity

    @property
    def losses(self) -> int:
        """How often the device was lost since the start."""
        return self._losses

    @property
    def progress_s(self) -> float:
        """Monotonic second of the last finished turn, for the watchdog."""
        return self._progress_s

    def resets_are_spent(self, code: str) -> bool:
        """Whether every automatic reset this code is allowed within ten minutes has been tried."""
        entry = self._catalogue.find(code)
        return entry is None or len(self._recent_resets(code)) >= entry.reset_tries

    def has_just_reset(self, code: str) -> bool:
        """Whether the device was reset for this code a moment ago, so that its end may be put down to that."""
        return any(self._clock.monotonic_s() - at_s < 30 for at_s in self._recent_resets(code))

    def nudge(self) -> None:
        """Look now: somebody has just seen a call on this device fail."""
        self._wake.set()

    async def test(self, code: str) -> DeviceStatus:
        """Look now, as often as a device needs to settle, and return what was seen last.

        Ends early once ``code`` is gone. Takes at most ``TEST_LIMIT_S``, whatever the device does.
        """
        try:
            return await within(self._clock, TEST_LIMIT_S, self._test(code), what="test")
        except HungError:
            return self._status

    async def run(self, *, on_status: Callable[[DeviceStatus], None]) -> None:
        """Keep the device until cancelled; it is closed afterwards.

        Args:
            on_status: Called with every reading, and with every failed attempt once the device counts as lost.
        """
        try:
            while True:
                pause_s = await self._turn(on_status)
                self._progress_s = self._clock.monotonic_s()
                await rest(self._clock, pause_s, unless=self._wake)
                self._wake.clear()
        finally:
            await self._close()

    async def _turn(self, on_status: Callable[[DeviceStatus], None]) -> float:
        try:
            if not self._is_open:
                self._is_open = True  # also when opening fails half way: it is closed before the next attempt
                await self._call(self._device.open(), self._pace.open_s, what="open")
            status = await self._call(self._device.status(), self._pace.status_s, what="status")
        except (DriverError, HungError, DriverBugError) as error:
            return await self._miss(error, on_status)
        return await self._hit(status, on_status)

    async def _call(self, call: Coroutine[Any, Any, T], deadline_s: float, *, what: str) -> T:
        try:
            return await within(self._clock, deadline_s, call, what=what)
        except (DriverError, HungError):
            raise
        except Exception as error:
            if not self._is_lost:
                log.exception("device.driver_failed", device=self.name, call=what)
            raise DriverBugError(f"{what}: {type(error).__name__}") from error

    async def _hit(self, status: DeviceStatus, on_status: Callable[[DeviceStatus], None]) -> float:
        if status.condition is Condition.BUSY:
            return await self._busy(status, on_status)
        self._busy_since_s = None
        self._misses = 0
        self._backoff_s = self._pace.first_backoff_s
        if self._is_lost:
            self._is_lost = False
            log.info("device.found", device=self.name, condition=status.condition.value)
        self._publish(status, on_status)
        if await self._reset_if_it_may_help(status):
            return RESET_REST_S
        await self._ask_identity_once()
        return self._pace.poll_s if status.condition in {Condition.READY, Condition.DEGRADED} else self._pace.urgent_poll_s

    async def _busy(self, status: DeviceStatus, on_status: Callable[[DeviceStatus], None]) -> float:
        now_s = self._clock.monotonic_s()
        if self._busy_since_s is None:
            self._busy_since_s = now_s
        if now_s - self._busy_since_s > self._pace.busy_limit_s:
            self._busy_since_s = None
            log.warning("device.in_use_too_long", device=self.name, limit_s=self._pace.busy_limit_s)
            await self._close()  # the call that hangs ends with its cable; the next turn opens anew
            return self._pace.first_backoff_s
        # A device in use was not asked: what is known of its supplies stays as it was.
        self._publish(replace(status, supplies=self._status.supplies), on_status)
        return self._pace.urgent_poll_s

    async def _miss(self, error: DriverError | HungError | DriverBugError, on_status: Callable[[DeviceStatus], None]) -> float:
        self._misses += 1
        is_silence = isinstance(error, DeadlineError)
        if self._misses >= self._pace.misses or not is_silence:
            await self._close()
        if self._misses < self._pace.misses and not self._is_lost:
            return self._pace.first_backoff_s
        trouble, condition = (LinkTrouble.SILENT, Condition.UNKNOWN) if isinstance(error, HungError) else trouble_of(error)
        # What a driver says of its own errors is never personal.
        detail = str(error)
        if not self._is_lost:
            self._is_lost = True
            self._has_asked_identity = False
            self._losses += 1
            log.warning("device.lost", device=self.name, trouble=trouble.value, detail=detail)
        symptom = Symptom(code=code_of(self.kind, trouble), detail=detail)
        lost = DeviceStatus(device=self.name, condition=condition, read_at=self._clock.now(), symptoms=(symptom,))
        self._publish(lost, on_status)
        pause_s = self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, self._pace.last_backoff_s)
        return pause_s

    def _publish(self, status: DeviceStatus, on_status: Callable[[DeviceStatus], None]) -> None:
        self._status = status
        on_status(status)
        asking, self._asking = self._asking, []
        for future in asking:
            if not future.done():
                future.set_result(status)

    async def _test(self, code: str) -> DeviceStatus:
        status = await self._asked()
        for _ in range(TEST_ASKS - 1):
            if tells_of_the_device(status) and all(symptom.code != code for symptom in status.symptoms):
                break
            await self._clock.sleep(TEST_REST_S)
            status = await self._asked()
        return status

    async def _asked(self) -> DeviceStatus:
        future: asyncio.Future[DeviceStatus] = asyncio.get_running_loop().create_future()
        self._asking.append(future)
        self.nudge()
        return await future

    async def _reset_if_it_may_help(self, status: DeviceStatus) -> bool:
        for symptom in status.symptoms:
            if self.resets_are_spent(symptom.code):
                continue
            self._recent_resets(symptom.code).append(self._clock.monotonic_s())
            log.info("device.reset", device=self.name, code=symptom.code, tries=len(self._recent_resets(symptom.code)))
            try:
                await self._call(self._device.reset(), self._pace.reset_s, what="reset")
            except (DriverError, HungError, DriverBugError) as error:
                log.info("device.reset_failed", device=self.name, code=symptom.code, detail=str(error))
            return True
        return False

    def _recent_resets(self, code: str) -> deque[float]:
        resets = self._resets.setdefault(code, deque())
        while resets and self._clock.monotonic_s() - resets[0] > RESET_WINDOW_S:
            resets.popleft()
        return resets

    async def _ask_identity_once(self) -> None:
        if self._has_asked_identity:
            return
        self._has_asked_identity = True
        try:
            self._identity = await self._call(self._device.identify(), self._pace.status_s, what="identify")
        except (DriverError, HungError, DriverBugError) as error:
            log.debug("device.no_identity", device=self.name, detail=str(error))

    async def _close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        try:
            await self._call(self._device.close(), self._pace.status_s, what="close")
        except (DriverError, HungError, DriverBugError) as error:
            log.warning("device.close_failed", device=self.name, detail=str(error))
