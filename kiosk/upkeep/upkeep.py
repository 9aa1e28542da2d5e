"""The room's front door: runs the keepers and says what is wrong, what is offered and what the clerk is asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from drivers.contract.clock import Clock
from drivers.contract.fault import Fault, Remedy
from drivers.contract.status import Condition, DeviceStatus, Supply
from kiosk.gateway.platform import Platform
from kiosk.services.offer import Offer
from kiosk.services.service import Capability, Service
from kiosk.upkeep.accepted import FILE as ACCEPTED
from kiosk.upkeep.accepted import AcceptedDevices
from kiosk.upkeep.availability import PLATFORM, Provider, availability, withdrawals
from kiosk.upkeep.clerk_task import ClerkDesk, ClerkTask, ClerkTaskState
from kiosk.upkeep.device_notes import DeviceNotes
from kiosk.upkeep.fault_book import ClearedBy, FaultBook
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.forecast import Forecast
from kiosk.upkeep.healing import Healing, HealingCount
from kiosk.upkeep.healing_tally import HealingTally
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.link_trouble import tells_of_the_device
from kiosk.upkeep.memory import Memory
from kiosk.upkeep.platform_watch import PlatformPace, PlatformWatch
from kiosk.upkeep.recollection import (
    HEALINGS,
    OPEN_FAULTS,
    accept_wishes_of,
    faults_of,
    faults_to_keep,
    healings_of,
    healings_to_keep,
)
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.supply_book import FILE as SUPPLIES
from kiosk.upkeep.supply_book import SupplyBook
from kiosk.upkeep.telling import Happening, KeptDevice, Listeners, Standing

log = structlog.get_logger(__name__)

SETTLE_S = 0.25
"""Seconds between two looks at faults that wait for their time to be raised or to end."""

KEEP_SUPPLIES_S = 60.0
"""Seconds between two writings of what was used up: a power cut forgets a minute of paper, and the card lasts longer."""

CLERK_QUEUE = 8
"""Touches on 修好了 and 没修好 that may wait; more than that are the same finger again."""


@dataclass(frozen=True, slots=True)
class _Press:
    device: str
    code: str


class Upkeep:
    """The health of this machine. ``run`` is its life; everything else answers at once."""

    def __init__(
        self,
        *,
        keepers: Sequence[Keeper],
        catalogue: FaultCatalogue,
        services: Sequence[Service],
        platform: Platform,
        clock: Clock,
        listeners: Listeners,
        platform_pace: PlatformPace | None = None,
        memory: Memory | None = None,
        supplies: SupplyBook | None = None,
    ) -> None:
        """Introduce everyone; nothing is opened yet.

        Args:
            keepers: One for every device.
            catalogue: What is said about a fault.
            services: What this kiosk should offer.
            platform: Asked whether it is there.
            clock: The kiosk's clock.
            listeners: Whom to tell.
            platform_pace: How often the platform is asked.
            memory: What outlasts a restart; None keeps nothing.
            supplies: Counts what the devices use up; None forecasts nothing.
        """
        self._keepers = {keeper.name: keeper for keeper in keepers}
        self._catalogue = catalogue
        self._services = services
        self._clock = clock
        self._listeners = listeners
        self._watch = PlatformWatch(platform=platform, clock=clock, pace=platform_pace)
        self._book = FaultBook(
            catalogue=catalogue, clock=clock, on_raised=self._fault_raised, on_cleared=listeners.on_fault_cleared
        )
        self._memory = memory
        self._supplies = supplies
        self._supplies_kept_s = clock.monotonic_s()
        self._notes = DeviceNotes(book=self._book, clock=clock, on_accepted=self._keep_accepted)
        self._desk = ClerkDesk(catalogue=catalogue, clock=clock)
        self._presses: asyncio.Queue[_Press] = asyncio.Queue(maxsize=CLERK_QUEUE)
        self._tally = HealingTally()
        self._told: dict[str, tuple[Condition, tuple[Supply, ...]]] = {}
        self._offers: tuple[Offer, ...] = ()
        self._working: frozenset[Capability] = frozenset()
        self._clerk_task: ClerkTask | None = None
        self._other_tasks: tuple[ClerkTask, ...] = ()
        self._shown: object = None
        self._progress_s = clock.monotonic_s()
        self._look_again()

    @property
    def devices(self) -> tuple[KeptDevice, ...]:
        """Every device of this kiosk, in the order of the configuration."""
        return tuple(
            KeptDevice(
                name=each.name,
                kind=each.kind,
                status=each.status,
                identity=each.identity,
                losses=each.losses,
                keeps_failing=each.keeps_failing,
            )
            for each in self._keepers.values()
        )

    @property
    def statuses(self) -> tuple[DeviceStatus, ...]:
        """The last reading of every device."""
        return tuple(keeper.status for keeper in self._keepers.values())

    @property
    def platform_status(self) -> DeviceStatus:
        """The government service platform, as if it were a device."""
        return self._watch.status

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every open fault, the one to name first in front."""
        return self._book.faults

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Every service as it stands now, in the order of the services."""
        return self._offers

    @property
    def working(self) -> frozenset[Capability]:
        """Every capability that works now; a device that is BUSY works."""
        return self._working

    @property
    def clerk_task(self) -> ClerkTask | None:
        """The one thing the clerk is asked to do, if any."""
        return self._clerk_task

    @property
    def other_tasks(self) -> tuple[ClerkTask, ...]:
        """What else the clerk could do, for a page on which somebody waits for that very device."""
        return self._other_tasks

    @property
    def standing(self) -> Standing:
        """What the idle page says of the machine."""
        if any(offer.withdrawal is not None for offer in self._offers):
            return Standing.PARTLY
        if any(supply.is_low for status in self.statuses for supply in status.supplies):
            return Standing.PAPER_LOW
        return Standing.ALL_WELL

    @property
    def healings(self) -> tuple[HealingCount, ...]:
        """What this kiosk has tried by itself, and how often it helped."""
        return self._tally.counts

    @property
    def forecasts(self) -> tuple[Forecast, ...]:
        """How long every supply will last."""
        return () if self._supplies is None else self._supplies.forecasts()

    @property
    def progress_s(self) -> float:
        """Monotonic second at which the slowest of upkeep's tasks last finished a turn, for the watchdog."""
        return min([self._progress_s, *(keeper.progress_s for keeper in self._keepers.values())])

    async def run(self) -> None:
        """Keep everything until cancelled; all devices are closed afterwards."""
        await self._recall()
        async with asyncio.TaskGroup() as group:
            if self._memory is not None:
                group.create_task(self._memory.run(on_asked=self._asked), name="memory")
            for keeper in self._keepers.values():
                group.create_task(keeper.run(on_status=self._read, on_healing=self._healed), name=f"keeper:{keeper.name}")
            group.create_task(self._watch.run(on_status=self._read), name="platform-watch")
            group.create_task(self._settle(), name="fault-book")
            group.create_task(self._answer_clerk(), name="clerk")

    def nudge(self, device: str) -> None:
        """Look at a device (or ``platform``) now: a call on it has just failed. Unknown names are ignored."""
        if device == PLATFORM:
            self._watch.nudge()
        elif (keeper := self._keepers.get(device)) is not None:
            keeper.call_failed()

    async def do(self, device: str, rung: Rung) -> str | None:
        """Do one thing for a device that the bureau or a technician asks for: reset, reopen, take its power ...

        Returns:
            Why it cannot be done; None when it was tried.

        Raises:
            KeyError: There is no such device.
            HungError: The device does not even let go.
        """
        return await self._keepers[device].do(rung)

    def report(self, status: DeviceStatus) -> None:
        """Take a reading of something no keeper keeps: the display, the core's own state."""
        self._read(status)

    def note(self, *, device: str, code: str, detail: str) -> None:
        """Raise what the core itself has found out, about itself (``core``) or a device; lasts until ``note_over``."""
        self._book.note(device=device, code=code, detail=detail)
        self._look_again()

    def note_over(self, *, device: str, code: str) -> None:
        """What the core had found out is no longer so."""
        self._book.note_over(device=device, code=code)
        self._look_again()

    def accept(self, device: str) -> bool:
        """The device that is there now is the right one, says a technician. False when it never said who it is."""
        is_known = self._notes.accept(device)
        if is_known:
            self._listeners.on_happening(Happening(name="device.accepted", fields={"device": device}))
        self._look_again()
        return is_known

    def clerk_mended(self, *, device: str, code: str) -> None:
        """修好了: test the device; the task goes, or says that it is still wrong. Pressed during a test it does nothing."""
        if self._presses.full() or self._desk.state(device=device, code=code) is ClerkTaskState.TESTING:
            return
        self._desk.begin_test(device=device, code=code)
        self._presses.put_nowait(_Press(device, code))
        self._look_again()

    def clerk_gave_up(self, *, device: str, code: str) -> None:
        """没修好: hand the fault to a technician. Does nothing when it is no longer open or has been handed over."""
        if not any((fault.device, fault.code) == (device, code) and fault.remedy is Remedy.CLERK for fault in self.faults):
            return
        self._desk.give_up(device=device, code=code)
        self._book.escalate(device=device, code=code)
        self._listeners.on_happening(Happening(name="clerk.gave_up", fields={"device": device, "code": code}))
        self._look_again()

    def _read(self, status: DeviceStatus) -> None:
        self._book.read(status)
        keeper = self._keepers.get(status.device)
        if keeper is not None:
            self._notes.read(keeper)
            if self._supplies is not None:
                self._supplies.read(status)
            self._heal(keeper, status)
        self._look_again()  # before it is told: the fleet is told at the same time what can still be offered
        if keeper is not None:
            self._tell_condition(status)

    def _heal(self, keeper: Keeper, status: DeviceStatus) -> None:
        seen = {symptom.code for symptom in status.symptoms}
        for fault in self.faults:
            if fault.device != keeper.name:
                continue
            if keeper.has_just_healed(fault.code):
                self._book.note_help(device=fault.device, code=fault.code, by=ClearedBy.RESET)
            if fault.remedy is Remedy.RESET and fault.code in seen and keeper.healing_is_spent(fault.code):
                self._book.escalate(device=fault.device, code=fault.code)

    def _healed(self, healing: Healing) -> None:
        self._tally.note(healing)
        if self._memory is not None:
            self._memory.keep(HEALINGS, healings_to_keep(self.healings))
        fields = {"device": healing.device, "code": healing.code, "rung": healing.rung.value}
        if healing.why:
            fields["why"] = healing.why
        self._listeners.on_happening(Happening(name=f"healing.{healing.outcome}", fields=fields))

    def _tell_condition(self, status: DeviceStatus) -> None:
        if status.condition is Condition.BUSY:
            return
        now = (status.condition, status.supplies)
        if self._told.get(status.device) != now:
            self._told[status.device] = now
            self._listeners.on_condition_changed(status)

    def _look_again(self) -> None:
        providers = [Provider(kind=keeper.kind, status=keeper.status) for keeper in self._keepers.values()]
        providers.append(Provider(kind=None, status=self._watch.status))
        pressing = self._book.pressing
        self._offers = availability(services=self._services, faults=pressing, providers=providers, catalogue=self._catalogue)
        missing = withdrawals(faults=pressing, providers=providers, catalogue=self._catalogue)
        self._working = frozenset(Capability) - frozenset(missing)
        self._clerk_task = self._desk.task(pressing)
        self._other_tasks = self._desk.others(pressing)
        conditions = tuple((status.device, status.condition) for status in self.statuses)
        shown = (conditions, self.faults, self._offers, self._working, self._clerk_task, self._other_tasks, self.standing)
        if shown != self._shown:
            is_first = self._shown is None
            self._shown = shown
            if self._memory is not None and not is_first:
                self._memory.keep(OPEN_FAULTS, faults_to_keep(self._book.to_remember()))
            if not is_first:
                self._listeners.on_change()

    def _fault_raised(self, fault: Fault) -> None:
        entry = self._catalogue.find(fault.code)
        if entry is not None and entry.remedy is Remedy.CLERK and fault.remedy is Remedy.TECHNICIAN:
            self._desk.give_up(device=fault.device, code=fault.code)  # also when that was before a restart
        self._listeners.on_fault_raised(fault)

    def _keep_accepted(self, accepted: AcceptedDevices) -> None:
        if self._memory is not None:
            self._memory.keep(ACCEPTED, accepted.to_keep())

    def _keep_supplies(self) -> None:
        self._supplies_kept_s = self._clock.monotonic_s()
        if self._memory is not None and self._supplies is not None:
            self._memory.keep(SUPPLIES, self._supplies.to_keep())

    def _asked(self, wish: object) -> None:
        for device in accept_wishes_of(wish):
            self.accept(device)

    async def _recall(self) -> None:
        if self._memory is None:
            return
        self._book.remember(faults_of(await self._memory.recall(OPEN_FAULTS)))
        self._notes.recall(AcceptedDevices(await self._memory.recall(ACCEPTED)))
        if self._supplies is not None:
            self._supplies.recall(await self._memory.recall(SUPPLIES))
        self._tally.recall(healings_of(await self._memory.recall(HEALINGS)))

    async def _settle(self) -> None:
        while True:
            self._book.settle()
            self._look_again()
            self._progress_s = self._clock.monotonic_s()
            if self._progress_s - self._supplies_kept_s >= KEEP_SUPPLIES_S:
                self._keep_supplies()
            await self._clock.sleep(SETTLE_S)

    async def _answer_clerk(self) -> None:
        while True:
            press = await self._presses.get()
            log.info("clerk.mended", device=press.device, code=press.code)
            keeper = self._keepers.get(press.device)
            if keeper is not None:
                status = await keeper.test(press.code)
                if tells_of_the_device(status) and all(symptom.code != press.code for symptom in status.symptoms):
                    self._book.end_tested(device=press.device, code=press.code, by=ClearedBy.CLERK)
                    self._listeners.on_happening(
                        Happening(name="clerk.mended", fields={"device": press.device, "code": press.code})
                    )
            self._desk.end_test(device=press.device, code=press.code)
            self._look_again()
