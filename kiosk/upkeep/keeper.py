"""Keeper: one device kept open, asked how it is, and brought back for ever."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from drivers.contract.clock import Clock
from drivers.contract.device import Device, DeviceKind, Identity
from drivers.contract.errors import DeadlineError, DriverError
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.upkeep.deadline import HungError, rest, within
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.given_up import GivenUp
from kiosk.upkeep.healer import Healer, Means
from kiosk.upkeep.healing import Healing
from kiosk.upkeep.link_trouble import LinkTrouble, code_of, tells_of_the_device, trouble_of
from kiosk.upkeep.pace import Pace
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.vain import Vain

log = structlog.get_logger(__name__)

T = TypeVar("T")

LEFT_ALONE_LOOK_S = 5.0
"""Seconds between two looks at whether a device that was left alone may be tried again."""

TEST_ASKS = 5
"""How often 修好了 asks before it says the fault is still there: a printer feeds and settles after its cover is closed."""

TEST_REST_S = 0.4

TEST_LIMIT_S = 12.0
"""Seconds after which 修好了 is answered with what is known, whatever the device does."""


ASKED_LIMIT_S = 40.0
"""Seconds within which what a person asks for is done: a turn of its own, and a socket without power for a while."""


class DriverBugError(Exception):
    """Something left a driver that is no DriverError. Says the kind alone: the text of a stranger may be personal."""


class Keeper:
    """Keeps one device. ``run`` is its life; everything else looks in or taps it on the shoulder.

    A device that is lost is closed before it is opened again, and opened again for ever. Lost and found are logged once each.
    """

    def __init__(
        self,
        *,
        device: Device,
        clock: Clock,
        catalogue: FaultCatalogue,
        pace: Pace | None = None,
        means: Means | None = None,
    ) -> None:
        """Take charge of a device; nothing is opened yet.

        Args:
            device: A ``Replaceable`` when ``means`` renews it.
            clock: The kiosk's clock.
            catalogue: Says what is tried for which code.
            pace: How often and how long.
            means: What can be done besides talking to the device.
        """
        self._device = device
        self._clock = clock
        self._pace = pace or Pace()
        self._means = means or Means()
        self._healer = Healer(device=device.name, clock=clock, catalogue=catalogue, means=self._means)
        self._given_up = GivenUp(clock=clock, threads=self._means.given_up)
        self._on_healing: Callable[[Healing], None] = _tell_nobody
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
        self._wanted: list[tuple[Rung, asyncio.Future[str | None]]] = []
        self._progress_s = clock.monotonic_s()
        self._losses = 0
        self._in_vain: Vain | None = None

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
    def where(self) -> str:
        """Where it is plugged in, in words; empty when nobody knows."""
        return self._means.where()

    @property
    def losses(self) -> int:
        """How often the device was lost since the start."""
        return self._losses

    @property
    def keeps_failing(self) -> bool:
        """Whether it was asked so often, and for so long, without one answer that waiting longer changes nothing."""
        return self._in_vain is not None and self._in_vain.is_enough(self._clock.monotonic_s())

    @property
    def progress_s(self) -> float:
        """Monotonic second of the last finished turn, for the watchdog."""
        return self._progress_s

    def healing_is_spent(self, code: str) -> bool:
        """Whether everything this kiosk may try for a code by itself has been tried, for now."""
        return self._healer.is_spent(code)

    def has_just_healed(self, code: str) -> bool:
        """Whether something was tried for this code a moment ago, so that its end may be put down to that."""
        return self._healer.has_just_tried(code)

    def nudge(self) -> None:
        """Look now."""
        self._wake.set()

    def call_failed(self) -> None:
        """Somebody has just seen a call on this device fail: look now, and if that fails too, it was not the first time."""
        self._misses = max(self._misses, 1)
        self.nudge()

    async def test(self, code: str) -> DeviceStatus:
        """Look now, as often as a device needs to settle, and return what was seen last.

        Ends early once ``code`` is gone. Takes at most ``TEST_LIMIT_S``, whatever the device does.
        """
        try:
            return await within(self._clock, TEST_LIMIT_S, self._test(code), what="test")
        except HungError:
            return self._status

    async def do(self, rung: Rung) -> str | None:
        """Do what somebody asks for, in this device's own turn; returns why it cannot be done, or None when it was tried.

        Raises:
            HungError: It was not done within ``ASKED_LIMIT_S``.
        """
        done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._wanted.append((rung, done))
        self.nudge()
        return await within(self._clock, ASKED_LIMIT_S, _result(done), what=rung.value)

    async def run(
        self, *, on_status: Callable[[DeviceStatus], None], on_healing: Callable[[Healing], None] | None = None
    ) -> None:
        """Keep the device until cancelled; it is closed afterwards.

        Args:
            on_status: Called with every reading, and with every failed attempt once the device counts as lost.
            on_healing: Called whenever it is known what came of something tried.
        """
        self._on_healing = on_healing or _tell_nobody
        try:
            while True:
                pause_s = await self._turn(on_status)
                self._progress_s = self._clock.monotonic_s()
                await rest(self._clock, pause_s, unless=self._wake)
                self._wake.clear()
        finally:
            await self._close()

    async def _turn(self, on_status: Callable[[DeviceStatus], None]) -> float:
        await self._do_wanted()
        if why := self._given_up.enough():
            return await self._leave_alone(why, on_status)
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
        self._in_vain = None
        if status.condition is Condition.BUSY:
            return await self._busy(status, on_status)
        self._busy_since_s = None
        self._misses = 0
        self._backoff_s = self._pace.first_backoff_s
        if self._is_lost:
            self._is_lost = False
            log.info("device.found", device=self.name, condition=status.condition.value)
        self._publish(status, on_status)
        if (rest_s := await self._heal()) is not None:
            return rest_s
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
        self._in_vain = (self._in_vain or Vain(since_s=self._clock.monotonic_s())).once_more()
        is_silence = isinstance(error, DeadlineError)
        if isinstance(error, HungError):
            await self._give_up_driver(str(error))
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
        self._publish(self._without_link(trouble, condition, detail), on_status)
        await self._heal()
        pause_s = self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, self._pace.last_backoff_s)
        return pause_s

    def _publish(self, status: DeviceStatus, on_status: Callable[[DeviceStatus], None]) -> None:
        self._status = status
        healings = () if status.condition is Condition.BUSY else self._healer.read(status)
        on_status(status)
        for healing in healings:
            self._on_healing(healing)
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

    async def _heal(self) -> float | None:
        skipped, rest_s = await self._healer.act(reset=self._reset if self._is_open else None, close=self._close)
        for healing in skipped:
            self._on_healing(healing)
        return rest_s

    async def _do_wanted(self) -> None:
        wanted, self._wanted = self._wanted, []
        for rung, done in wanted:
            if done.cancelled():  # whoever asked did not wait so long
                continue
            why = await self._healer.do(rung, reset=self._reset if self._is_open else None, close=self._close)
            log.info("device.asked", device=self.name, rung=rung.value, why=why)
            if not done.done():
                done.set_result(why)

    async def _reset(self) -> str:
        try:
            await self._call(self._device.reset(), self._pace.reset_s, what="reset")
        except (DriverError, HungError, DriverBugError) as error:
            return str(error)
        return ""

    async def _leave_alone(self, why: str, on_status: Callable[[DeviceStatus], None]) -> float:
        await self._close()
        if not self._is_lost:
            self._is_lost = True
            self._losses += 1
        log.debug("device.left_alone", device=self.name, why=why)
        self._publish(self._without_link(LinkTrouble.DRIVER_FAILED, Condition.UNKNOWN, why), on_status)
        return LEFT_ALONE_LOOK_S

    async def _give_up_driver(self, why: str) -> None:
        """A driver that hangs is left to itself with its thread, and another one takes its place."""
        await self._close()
        if self._means.renew is not None:
            self._given_up.note()
            log.warning("device.driver_given_up", device=self.name, why=why, within_the_hour=self._given_up.within_the_hour)
            self._means.renew()

    def _without_link(self, trouble: LinkTrouble, condition: Condition, detail: str) -> DeviceStatus:
        symptom = Symptom(code=code_of(self.kind, trouble), detail=detail)
        return DeviceStatus(device=self.name, condition=condition, read_at=self._clock.now(), symptoms=(symptom,))

    async def _ask_identity_once(self) -> None:
        if self._has_asked_identity:
            return
        self._has_asked_identity = True
        if self._means.look is not None:
            await self._means.look()
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


async def _result(done: "asyncio.Future[str | None]") -> str | None:
    return await done


def _tell_nobody(_healing: Healing) -> None:
    """Until somebody runs the keeper."""
