"""Core: builds every object, hands each what it needs, and ends them in order."""

import asyncio
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path

import structlog

from drivers.catalog import face_comparer
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault
from drivers.contract.status import DeviceStatus
from kiosk.compose.bare_executors import BareHands
from kiosk.compose.bureau import Line, MakeBureau
from kiosk.compose.configured import display_command, offered_of, opening_of, place_of, plans_of, usual_of, zone_of
from kiosk.compose.desired_settings import CoreProbe
from kiosk.compose.executors import Hands, KioskExecutors
from kiosk.compose.fitting import Fitting, MakeDevice, from_catalogue
from kiosk.compose.fleet_voice import FleetVoice, Rooms
from kiosk.compose.machine import KioskMachine
from kiosk.compose.records import Records
from kiosk.config import Environment, KioskConfig
from kiosk.diagnostics.check import DeviceCheck
from kiosk.diagnostics.readiness import Readiness
from kiosk.diagnostics.selftest import Dawn, SelfTest
from kiosk.diagnostics.selftest import Surroundings as TestSurroundings
from kiosk.display import vocabulary
from kiosk.display.portrait import Surroundings, view_of
from kiosk.display.server import DisplayServer
from kiosk.display.touches import event_of
from kiosk.display.vocabulary.intent import ClerkGaveUp, ClerkMended
from kiosk.display.watch import DisplayWatch
from kiosk.gateway.client import HttpPlatform
from kiosk.gateway.platform import KnownBy
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.catalogue import SHIPPED, load_services
from kiosk.upkeep.accepted import WISHES
from kiosk.upkeep.availability import PLATFORM
from kiosk.upkeep.clerk_task import ClerkTask
from kiosk.upkeep.fault_catalogue import load_catalogue
from kiosk.upkeep.memory import Memory
from kiosk.upkeep.pace import Pace
from kiosk.upkeep.standing_orders import StandingOrders
from kiosk.upkeep.supply_book import SupplyBook, load_supplies
from kiosk.upkeep.telling import Happening, KeptDevice, Listeners, Standing
from kiosk.upkeep.upkeep import Upkeep
from kiosk.upkeep.watchdog import Nobody, Systemd, Watchdog
from kiosk.visit.event import CabinetOpened, OffersChanged
from kiosk.visit.model import AtRest, PayAsked, PayState, ReaderAway, Troubled, TroubleKind, Visit
from kiosk.visit.runner import VisitRunner
from provisioning.agent.credentials import credentials_of
from provisioning.agent.executors import Executors
from provisioning.agent.identity import IdentityFolder
from telemetry.agent.agent import Agent
from telemetry.wire import messages
from telemetry.wire.topics import Down, KioskId

log = structlog.get_logger(__name__)

CLOCK_S = 1.0
"""Seconds between two looks at whether the clock on the screen must change."""
UNWATCHED_FEED_S = 10.0
"""Seconds between two looks of the watchdog when nobody supervises; who is stuck is logged all the same."""
READ_WITH = {
    KnownBy.ID_CARD: DeviceKind.ID_CARD_READER,
    KnownBy.SOCIAL_SECURITY_CARD: DeviceKind.SMARTCARD_READER,
    KnownBy.PHONE_CODE: DeviceKind.CODE_SCANNER,
}
"""Which class of device reads what a person says who she is with."""
DOOR_OPEN = "cabinet.door_open"
"""The fault that ends a visit: whoever has the cabinet open must not see whose matter it is."""


class _ToldToEndError(Exception):
    """The orderly end, thrown into the task group so that everything in it is cancelled."""


class Core:
    """The core of one kiosk. Construction touches no hardware, no network and no disk; ``run`` is its life."""

    _agent: Agent
    _runner: VisitRunner
    _upkeep: Upkeep
    _view: vocabulary.View
    _watch: DisplayWatch

    def __init__(
        self,
        config: KioskConfig[PlatformSettings],
        *,
        environment: Environment,
        variables: Mapping[str, str],
        clock: Clock,
        make: MakeDevice = from_catalogue,
        services: Path = SHIPPED,
        pace: Pace | None = None,
        bureau: MakeBureau | None = None,
    ) -> None:
        """Build everything.

        Args:
            config: All of ``kiosk.toml``.
            environment: What systemd told this process.
            variables: The environment the display's process is started with.
            clock: The only source of time.
            make: Builds each device of the configuration.
            services: The folder of service files.
            pace: How often each device is asked; None for the usual.
            bureau: Makes what answers to the bureau; None for a kiosk that belongs to nobody.
        """
        self._clock = clock
        self._state = config.kiosk.state_dir
        self._place = place_of(config)
        known = load_services(services)
        catalogue, offered = load_catalogue(), offered_of(config, known)
        self._opening = opening_of(config, known)
        self._told = OffersChanged(offers=(), ready=frozenset())
        self._comparer = face_comparer(
            detector=config.face.detector,
            recogniser=config.face.recogniser,
            same_person_from=config.face.same_person_from,
        )
        self._fitting = Fitting(config.device, make=make, clock=clock, catalogue=catalogue, pace=pace)
        self._voice = FleetVoice(
            rooms=Rooms(
                upkeep=lambda: self._upkeep,
                display=lambda: self._watch.status,
                view=lambda: self._view,
                visit=lambda: self._runner.visit,
            ),
            agent=lambda: self._agent,
            ports={table.name: table.port for table in config.device},
        )
        platform = self._platform = HttpPlatform(settings=config.platform, clock=clock)
        self._records = Records(
            self._state,
            clock=clock,
            notes=lambda: self._upkeep,
            report=lambda name, facts: self._agent.event(name, facts),  # noqa: PLW0108  # the agent is built below
        )
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
            snapshot=self._voice.snapshot,
            on_refused=self._records.failed,
            on_spoilt=self._records.outbox_spoilt,
            on_order=self._ordered,
        )
        self._wants_restart = asyncio.Event()
        self._machine = KioskMachine(visit=lambda: self._runner.visit, report=self._agent.event, end=self._wants_restart.set)
        memory = Memory(self._state, clock=clock, asked=WISHES, on_failed=self._records.failed)
        self._orders = StandingOrders(
            clock=clock, memory=memory, notes=lambda: self._upkeep, changed=self._show, plans=plans_of(config)
        )
        self._upkeep = Upkeep(
            keepers=self._fitting.keepers,
            catalogue=catalogue,
            services=offered,
            platform=platform,
            clock=clock,
            listeners=Listeners(
                on_change=self._upkeep_changed,
                on_fault_raised=self._fault_raised,
                on_fault_cleared=self._voice.fault_cleared,
                on_condition_changed=self._voice.condition_changed,
                on_happening=self._voice.happened,
            ),
            memory=memory,
            supplies=SupplyBook(clock=clock, zone=zone_of(config), kinds=load_supplies()),
        )
        self._runner = VisitRunner(
            devices=self._fitting.for_visit(),
            platform=platform,
            journal=self._records.journal,
            clock=clock,
            place=self._place,
            changed=self._visit_changed,
            report=self._agent.event,
            show_preview=self._preview,
            comparer=self._comparer,
            usual=usual_of(config),
        )
        self._view = self._portrait()
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
            view=self._view,
            on_intent=self._touched,
            on_drawn=self._watch.drawn,
            on_connected=self._show,
        )
        self._selftest = SelfTest(
            devices=self._fitting.devices,
            check=DeviceCheck(clock=clock),
            around=TestSurroundings(
                is_visiting=lambda: not isinstance(self._runner.visit.stage, AtRest),
                is_reachable=platform.is_reachable,
                display=lambda: self._watch.status,
                storage_trouble=lambda: self._records.guard.trouble,
            ),
            dawn=Dawn(zone=zone_of(config), kiosk=config.kiosk.id, at=config.selftest.at),
            clock=clock,
            memory=memory,
            on_done=self._selftest_done,
        )
        probe = CoreProbe(
            devices=lambda: self._upkeep.devices, display=lambda: self._watch, fleet_hears=lambda: self._agent.is_connected
        )
        self._bureau = None
        if bureau is not None:
            self._bureau = bureau(machine=self._machine, probe=probe, executors=self._executors)
        self._watchdog = Watchdog(
            sources={"devices": lambda: self._upkeep.progress_s},
            clock=clock,
            supervisor=Systemd(environment.notify_address) if environment.notify_address else Nobody(),
            interval_s=environment.watchdog_s / 3 if environment.watchdog_s else UNWATCHED_FEED_S,
        )

    @property
    def serves_fully(self) -> bool:
        """Whether every service can be finished in its usual way."""
        return all(offer.withdrawal is None and not offer.substitutions for offer in self._upkeep.offers)

    @property
    def visit(self) -> Visit:
        """The visit as it is now."""
        return self._runner.visit

    @property
    def devices(self) -> tuple[KeptDevice, ...]:
        """Every device as it is known now."""
        return self._upkeep.devices

    async def run(self, told_to_end: asyncio.Event) -> None:
        """Serve until told to end, or until a restart may be had that was wanted.

        Then, in order: wipe the visit, end the display, tell the fleet, close the devices.
        """
        await self._records.open()
        try:
            async with asyncio.TaskGroup() as lasting:
                lasting.create_task(self._agent.run(), name="telemetry")
                upkeep = lasting.create_task(self._upkeep.run(), name="upkeep")
                try:
                    await self._serve(told_to_end)
                finally:
                    await self._agent.close()
                    upkeep.cancel()
                    self._fitting.close()
        finally:
            await self._records.journal.close()
            await self._platform.close()

    async def _serve(self, told_to_end: asyncio.Event) -> None:
        try:
            async with asyncio.TaskGroup() as serving:
                serving.create_task(self._runner.run(), name="visit")
                serving.create_task(self._display.run(), name="display")
                serving.create_task(self._watch.run(), name="display-watch")
                serving.create_task(self._watchdog.run(), name="watchdog")
                serving.create_task(self._records.guard.run(), name="storage-guard")
                serving.create_task(self._selftest.run(), name="selftest")
                serving.create_task(self._orders.run(), name="standing-orders")
                serving.create_task(self._keep_time(), name="clock")
                serving.create_task(self._records.keep_open(), name="journal")
                if self._bureau is not None:
                    serving.create_task(self._bureau.run(), name="bureau")
                self._upkeep_changed()
                serving.create_task(_end(told_to_end), name="end")
                serving.create_task(_end(self._wants_restart), name="restart")
        except* _ToldToEndError:
            log.info("core.ending")

    async def _keep_time(self) -> None:
        while True:
            if self._as_offered() != self._told:  # an hour has struck at which this place opens or closes
                self._tell_offers()
            self._show()
            await self._clock.sleep(CLOCK_S)

    # --- what the rooms tell each other ---

    def _ordered(self, kind: Down, payload: bytes) -> None:
        if self._bureau is not None:
            self._bureau.take(kind, payload)

    def _executors(self, line: Line) -> Executors:
        hands = Hands(
            bare=BareHands(machine=self._machine, watch=lambda: self._watch, log=self._state / "log"),
            upkeep=lambda: self._upkeep,
            selftest=lambda: self._selftest,
            orders=self._orders,
            printers=self._fitting.printers,
        )
        return KioskExecutors(hands, line=line, clock=self._clock)

    def _touched(self, intent: vocabulary.Intent) -> None:
        match intent:
            case ClerkMended():
                self._upkeep.clerk_mended(device=intent.device, code=intent.code)
            case ClerkGaveUp():
                self._upkeep.clerk_gave_up(device=intent.device, code=intent.code)
            case _:
                if (event := event_of(intent)) is not None:
                    self._runner.handle(event)

    def _display_changed(self, status: DeviceStatus) -> None:
        self._upkeep.report(status)
        self._voice.display_changed()

    def _upkeep_changed(self) -> None:
        self._voice.look_at_platform()
        self._tell_offers()
        self._show()
        self._agent.shown_changed()  # use is no change of condition: without a beat the fleet would go on showing BUSY

    def _as_offered(self) -> OffersChanged:
        return OffersChanged(offers=self._opening.at(self._clock.now(), self._upkeep.offers), ready=self._upkeep.working)

    def _tell_offers(self) -> None:
        self._told = self._as_offered()
        self._runner.handle(self._told)

    def _visit_changed(self, visit: Visit) -> None:
        match visit.stage:
            case ReaderAway(waited_s=0.0, way=way):
                self._nudge(READ_WITH[way])
            case PayAsked(state=PayState.SCANNER_AWAY, waited_s=0.0):
                self._nudge(DeviceKind.CODE_SCANNER)
            case Troubled(kind=TroubleKind.PLATFORM_OFFLINE | TroubleKind.OUTCOME_UNKNOWN | TroubleKind.PAYMENT_UNKNOWN):
                self._upkeep.nudge(PLATFORM)
            case _:
                pass
        self._show()
        self._machine.visit_changed()

    def _nudge(self, kind: DeviceKind) -> None:
        for device in self._upkeep.devices:
            if device.kind is kind:
                self._upkeep.nudge(device.name)

    def _show(self) -> None:
        before, self._view = self._view, self._portrait()
        self._display.show(self._view)
        if before.kind != self._view.kind:
            self._agent.shown_changed()

    def _portrait(self) -> vocabulary.View:
        task = self._upkeep.clerk_task
        around = Surroundings(
            place=self._place,
            now=self._clock.now().replace(second=0, microsecond=0),  # the screen shows minutes; the same view is not sent twice
            clerk_task=None if task is None else _in_view(task),
            paper_is_low=self._upkeep.standing is Standing.PAPER_LOW,
            other_tasks=tuple(_in_view(each) for each in self._upkeep.other_tasks),
            notice=self._orders.notice,
        )
        return view_of(self._runner.visit, around)

    def _preview(self, jpeg: bytes) -> None:
        self._display.preview(jpeg)

    def _fault_raised(self, fault: Fault) -> None:
        self._voice.fault_raised(fault)
        if fault.code == DOOR_OPEN:
            self._runner.handle(CabinetOpened())

    def _selftest_done(self, readiness: Readiness) -> None:
        self._voice.happened(Happening(name="selftest.done", fields=readiness.fields))


async def _end(told_to_end: asyncio.Event) -> None:
    await told_to_end.wait()
    raise _ToldToEndError


def _in_view(task: ClerkTask) -> vocabulary.view.ClerkTask:
    return vocabulary.view.ClerkTask(
        device=task.device,
        code=task.code,
        picture=task.picture,
        appeal=task.appeal,
        lines=task.lines,
        hint=task.hint,
        state=vocabulary.view.ClerkTaskState(task.state.value),
    )
