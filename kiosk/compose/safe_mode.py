"""Safe mode: a core that kept dying, or has no disk, lives on without drivers and without a visit, to be reached and mended."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import structlog

from drivers.contract.clock import Clock
from drivers.contract.fault import Fault
from drivers.contract.status import DeviceStatus
from kiosk.compose.bare_executors import BareExecutors, BareHands
from kiosk.compose.bureau import MakeBureau
from kiosk.compose.configured import display_command, place_of
from kiosk.compose.desired_settings import CoreProbe
from kiosk.compose.machine import KioskMachine
from kiosk.config import Environment, KioskConfig
from kiosk.display import vocabulary
from kiosk.display.portrait import Surroundings, view_of
from kiosk.display.server import DisplayServer
from kiosk.display.watch import DISPLAY, DisplayWatch
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.catalogue import load_services
from kiosk.upkeep.availability import availability
from kiosk.upkeep.crash_loop import ask_to_leave
from kiosk.upkeep.fault_catalogue import load_catalogue
from kiosk.upkeep.watchdog import Nobody, Systemd, Watchdog
from kiosk.visit.model import AT_REST, AtRest, Visit
from provisioning.agent.credentials import credentials_of
from provisioning.agent.identity import IdentityFolder
from telemetry.agent.agent import Agent
from telemetry.agent.snapshot import DeviceReading, NamedService, ScreenShown, Snapshot
from telemetry.wire import messages
from telemetry.wire.topics import Down, KioskId

log = structlog.get_logger(__name__)

CLOCK_S = 1.0
"""Seconds between two looks at whether the clock on the screen must change."""
UNWATCHED_FEED_S = 10.0
BY_BUREAU = "bureau"
"""Who ended it, as the fleet is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a life is spent in safe mode.

    Attributes:
        code: The fault that is told.
        detail: What is known of it.
        over: Returns when an ordinary start is to be tried, with who ended it.
    """

    code: str
    detail: str
    over: Callable[[], Coroutine[None, None, str]]


class SafeMode:
    """One life in safe mode: the fleet is told, the page says where to go instead. Touches nothing that may have killed it."""

    _agent: Agent
    _watch: DisplayWatch

    def __init__(
        self,
        config: KioskConfig[PlatformSettings],
        *,
        reason: Reason,
        environment: Environment,
        variables: Mapping[str, str],
        clock: Clock,
        bureau: MakeBureau | None = None,
    ) -> None:
        """Build what is left.

        Args:
            config: All of ``kiosk.toml``.
            reason: Why, and until when.
            environment: What systemd told this process.
            variables: The environment the display's process is started with.
            clock: The only source of time.
            bureau: Makes what answers to the bureau: a document, a release or a command may mend what the crashes were of.
        """
        self._clock = clock
        self._state = config.kiosk.state_dir
        self._reason = reason
        self._place = place_of(config)
        catalogue, services = load_catalogue(), load_services()
        entry = catalogue.find(reason.code)
        if entry is None:
            raise RuntimeError(f"the fault catalogue has no {reason.code}")
        self._fault = Fault(
            device="core",
            code=reason.code,
            severity=entry.severity,
            remedy=entry.remedy,
            since=clock.now(),
            detail=reason.detail,
        )
        offers = availability(services=services, faults=(self._fault,), providers=(), catalogue=catalogue)
        self._visit = Visit(stage=AtRest(), settings=AT_REST.settings, offers=offers)
        self._services = tuple(NamedService(id=service.id, title=service.title) for service in services)
        self._agent = Agent(
            kiosk=KioskId(county=config.kiosk.county, kiosk=config.kiosk.id),
            place=messages.Place(site=config.kiosk.site, town=config.kiosk.town, address=config.kiosk.address),
            model="",
            release=version("zhizhu"),
            broker=config.fleet.broker,
            state_dir=self._state,
            clock=clock,
            heartbeat_s=config.fleet.heartbeat_s,
            credentials=partial(credentials_of, IdentityFolder(self._state)),
            snapshot=self._snapshot,
            on_order=self._ordered,
        )
        self._wants_restart = asyncio.Event()
        machine = KioskMachine(visit=lambda: self._visit, report=self._agent.event, end=self._restart)
        probe = CoreProbe(devices=tuple, display=lambda: self._watch, fleet_hears=lambda: self._agent.is_connected)
        hands = BareHands(machine=machine, watch=lambda: self._watch, log=self._state / "log")
        self._bureau = None
        if bureau is not None:
            self._bureau = bureau(
                machine=machine, probe=probe, executors=lambda line: BareExecutors(hands, line=line, clock=clock)
            )
        socket = self._state / "display.sock"
        self._watch = DisplayWatch(
            command=None if config.display.external else display_command(config, socket),
            environment=variables,
            output=self._state / "log" / "display.out",
            clock=clock,
            on_status=self._display_changed,
            on_restarted=lambda reason: self._agent.event("display.restarted", {"reason": reason}),
        )
        self._display = DisplayServer(
            path=socket,
            view=self._portrait(),
            on_intent=lambda _intent: None,
            on_drawn=self._watch.drawn,
            on_connected=self._show,
        )
        self._watchdog = Watchdog(
            sources={},
            clock=clock,
            supervisor=Systemd(environment.notify_address) if environment.notify_address else Nobody(),
            interval_s=environment.watchdog_s / 3 if environment.watchdog_s else UNWATCHED_FEED_S,
        )

    async def run(self, told_to_end: asyncio.Event) -> None:
        """Live until told to end, or until an ordinary start is to be tried again."""
        async with asyncio.TaskGroup() as lasting:
            lasting.create_task(self._agent.run(), name="telemetry")
            self._agent.fault_raised(self._fault)
            try:
                await self._serve(told_to_end)
            finally:
                await self._agent.close()

    async def _serve(self, told_to_end: asyncio.Event) -> None:
        told = asyncio.create_task(told_to_end.wait(), name="end")
        over = asyncio.create_task(self._over(), name="safe-mode-is-over")
        lasting = {
            asyncio.create_task(self._display.run(), name="display"),
            asyncio.create_task(self._watch.run(), name="display-watch"),
            asyncio.create_task(self._watchdog.run(), name="watchdog"),
            asyncio.create_task(self._keep_time(), name="clock"),
        }
        if self._bureau is not None:
            lasting.add(asyncio.create_task(self._bureau.run(), name="bureau"))
        try:
            done, _ = await asyncio.wait({told, over, *lasting}, return_when=asyncio.FIRST_COMPLETED)
            if over in done:
                log.info("core.leaving_safe_mode", because=over.result())
                self._agent.fault_cleared(self._fault, self._clock.now(), over.result())
            for task in done & lasting:
                task.result()  # it ends by failing alone
        finally:
            for task in (told, over, *lasting):
                task.cancel()
            await asyncio.wait({told, over, *lasting})

    async def _over(self) -> str:
        """Return once an ordinary start is to be tried: for the reason's own time, or because the bureau wants one."""
        by_itself = asyncio.create_task(self._reason.over(), name="reason")
        wanted = asyncio.create_task(self._wants_restart.wait(), name="restart")
        try:
            await asyncio.wait({by_itself, wanted}, return_when=asyncio.FIRST_COMPLETED)
            return by_itself.result() if by_itself.done() else BY_BUREAU
        finally:
            for task in (by_itself, wanted):
                task.cancel()

    def _restart(self) -> None:
        """What the bureau wants tried is tried in the ordinary way: the crashes before it are forgotten."""
        try:
            ask_to_leave(self._state)
        except OSError as error:
            log.warning("lives.not_forgotten", why=error.strerror)
        self._wants_restart.set()

    def _ordered(self, kind: Down, payload: bytes) -> None:
        if self._bureau is not None:
            self._bureau.take(kind, payload)

    async def _keep_time(self) -> None:
        while True:
            self._show()
            await self._clock.sleep(CLOCK_S)

    def _show(self) -> None:
        self._display.show(self._portrait())

    def _display_changed(self, status: DeviceStatus) -> None:
        self._agent.condition_changed(DeviceReading(status=status, kind=DISPLAY))

    def _portrait(self) -> vocabulary.View:
        now = self._clock.now().replace(second=0, microsecond=0)
        return view_of(self._visit, Surroundings(place=self._place, now=now, clerk_task=None, paper_is_low=False))

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            devices=(DeviceReading(status=self._watch.status, kind=DISPLAY),),
            faults=(self._fault,),
            catalogue=self._services,
            services_offered=0,
            services_total=len(self._services),
            screen=ScreenShown(page=self._portrait().kind),
        )
