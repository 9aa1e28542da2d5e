"""What a keeper does by itself about a device, and what it does about a driver that hangs."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.usb_power import NotSwitchableError, Uhubctl
from drivers.transport.usb_topology import UsbSocket
from drivers.transport.worker import CallDeadlineError, Worker, given_up_threads
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.given_up import MOST_GIVEN_UP
from kiosk.upkeep.healer import Means
from kiosk.upkeep.healing import Healing, Outcome
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.replaceable import Replaceable
from kiosk.upkeep.rung import Rung
from tests.fakes.clock import HeldClock
from tests.fakes.uhubctl import FakeUhubctl
from tests.kiosk.upkeep.scripted_device import CATALOGUE, ScriptedDevice, pass_until
from tests.kiosk.upkeep.test_healing import JAM, LADDER, catalogue_with

FAILED, READY, UNKNOWN = Condition.FAILED, Condition.READY, Condition.UNKNOWN


class Workshop:
    """A device whose drivers come off a belt, under a keeper; everything tried is written down."""

    def __init__(self, catalogue: FaultCatalogue = CATALOGUE) -> None:
        self.clock = HeldClock()
        self.built: list[ScriptedDevice] = []
        self.cycled = 0
        self.cannot_cycle = False
        self.told: list[Healing] = []
        self.seen: list[DeviceStatus] = []
        self.given_up = 0
        self.on_build: Callable[[ScriptedDevice], None] = lambda _device: None
        self.on_cycle: Callable[[], None] = lambda: None
        self.device = Replaceable(self._build)
        means = Means(renew=self.device.renew, cycle_power=self._cycle, given_up=lambda: self.given_up)
        self.keeper = Keeper(device=self.device, clock=self.clock, catalogue=catalogue, means=means)

    def _build(self) -> ScriptedDevice:
        device = ScriptedDevice(self.clock)
        self.on_build(device)
        self.built.append(device)
        return device

    async def _cycle(self) -> None:
        if self.cannot_cycle:
            raise NotSwitchableError("No compatible devices detected at location 1-1!")
        self.cycled += 1
        self.on_cycle()

    @property
    def now(self) -> ScriptedDevice:
        return self.built[-1]

    @property
    def outcomes(self) -> list[tuple[Rung, Outcome]]:
        return [(each.rung, each.outcome) for each in self.told]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(symptom.code for symptom in self.keeper.status.symptoms)

    def always(self, device: ScriptedDevice) -> None:
        """Every driver from now on finds the printer jammed."""
        device.show(FAILED, JAM)


@asynccontextmanager
async def running(shop: Workshop) -> AsyncIterator[Workshop]:
    task = asyncio.create_task(shop.keeper.run(on_status=shop.seen.append, on_healing=shop.told.append))
    await shop.clock.advance(1)
    try:
        yield shop
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_jam_is_met_with_the_whole_ladder_and_every_rung_is_told(tmp_path: Path) -> None:
    async with running(Workshop(catalogue_with(tmp_path, LADDER))) as shop:
        shop.on_build = shop.always
        shop.always(shop.now)
        await shop.clock.advance(90)
        failed = Outcome.FAILED
        assert shop.outcomes == [
            (Rung.RETRY, failed),
            (Rung.RESET, failed),
            (Rung.RESET, failed),
            (Rung.REOPEN, failed),
            (Rung.POWER_CYCLE_PORT, failed),
            (Rung.RESTART_WORKER, failed),
        ]
        assert (shop.cycled, len(shop.built)) == (1, 2)
        assert shop.keeper.healing_is_spent(JAM)


async def test_a_jam_that_ends_with_its_power_is_put_down_to_that(tmp_path: Path) -> None:
    async with running(Workshop(catalogue_with(tmp_path, LADDER))) as shop:
        shop.now.show(FAILED, JAM)
        shop.on_cycle = lambda: shop.now.show(READY)
        await shop.clock.advance(60)
        assert shop.outcomes[-1] == (Rung.POWER_CYCLE_PORT, Outcome.HELPED)
        assert len(shop.built) == 1


async def test_a_socket_that_cannot_be_switched_is_skipped_and_said_so_once(tmp_path: Path) -> None:
    async with running(Workshop(catalogue_with(tmp_path, LADDER))) as shop:
        shop.cannot_cycle = True
        shop.on_build = shop.always
        shop.always(shop.now)
        await shop.clock.advance(1300)
        skipped = [each for each in shop.told if each.outcome is Outcome.SKIPPED]
        assert [(each.rung, "No compatible" in each.why) for each in skipped] == [(Rung.POWER_CYCLE_PORT, True)]
        assert (Rung.RESTART_WORKER, Outcome.FAILED) in shop.outcomes


async def test_power_goes_through_the_program_that_switches_hubs(tmp_path: Path) -> None:
    hub = FakeUhubctl(tmp_path / "hub")
    clock = HeldClock()
    device = ScriptedDevice(clock)
    device.show(FAILED, JAM)
    ladder = catalogue_with(tmp_path, 'heal = [{rung="power_cycle_port"}]')
    means = Means(cycle_power=partial(Uhubctl(str(hub.path)).cycle, UsbSocket(path="1-1.4")))
    keeper = Keeper(device=device, clock=clock, catalogue=ladder, means=means)
    told: list[Healing] = []
    task = asyncio.create_task(keeper.run(on_status=lambda _status: None, on_healing=told.append))
    await clock.advance(1)
    while len(device.opened_at) < 2:  # the program is a real process: real time passes
        await asyncio.sleep(0.01)
        await clock.advance(0.5)
    await clock.advance(12)
    task.cancel()
    await asyncio.wait({task})
    assert hub.calls == ["-l 1-1 -p 4 -N -a cycle -d 2"]
    assert [each.outcome for each in told] == [Outcome.FAILED]


async def test_a_silent_device_gets_its_power_cycled_and_then_a_new_driver() -> None:
    async with running(Workshop()) as shop:
        shop.now.error = DeadlineError("receipt-printer", "no answer", deadline_s=0.5)
        await pass_until(shop.clock, lambda: len(shop.built) == 2, at_most_s=60)
        assert shop.cycled == 1
        await pass_until(shop.clock, lambda: shop.keeper.status.condition is READY, at_most_s=3)
        assert shop.outcomes == [(Rung.POWER_CYCLE_PORT, Outcome.FAILED), (Rung.RESTART_WORKER, Outcome.HELPED)]


async def test_a_short_silence_costs_nobody_the_power() -> None:
    async with running(Workshop()) as shop:
        shop.now.error = DeadlineError("receipt-printer", "no answer", deadline_s=0.5)
        await shop.clock.advance(15)
        shop.now.error = None
        await shop.clock.advance(60)
        assert (shop.cycled, len(shop.built), shop.told) == (0, 1, [])


async def test_a_driver_that_never_comes_back_is_replaced_within_seconds() -> None:
    async with running(Workshop()) as shop:
        shop.now.hangs = True
        await pass_until(shop.clock, lambda: len(shop.built) == 2, at_most_s=8)
        await pass_until(shop.clock, lambda: shop.keeper.status.condition is READY, at_most_s=3)


async def test_the_call_of_a_class_goes_to_the_driver_that_is_in_service() -> None:
    shop = Workshop()
    shop.device.renew()
    shop.now.symptoms = ("printer.paper_low",)
    assert shop.device.symptoms == ("printer.paper_low",)


async def test_after_five_hung_drivers_in_an_hour_the_device_is_left_to_a_technician_and_tried_again_later() -> None:
    async with running(Workshop()) as shop:
        shop.on_build = lambda device: setattr(device, "hangs", True)
        shop.now.hangs = True
        await pass_until(shop.clock, lambda: shop.codes == ("printer.driver_failed",), at_most_s=120)
        built = len(shop.built)
        assert built == 1 + MOST_GIVEN_UP
        await shop.clock.advance(600)
        assert len([call for call in shop.now.calls if call == "open"]) <= 1
        assert shop.clock.monotonic_s() - shop.keeper.progress_s < 10
        shop.on_build = lambda _device: None
        shop.now.hangs = False
        await pass_until(shop.clock, lambda: shop.keeper.status.condition is READY, at_most_s=3600)


async def test_threads_that_hang_are_not_heaped_up_for_ever() -> None:
    async with running(Workshop()) as shop:
        shop.given_up = MOST_GIVEN_UP
        await pass_until(shop.clock, lambda: shop.codes == ("printer.driver_failed",), at_most_s=2)
        assert "5 threads" in shop.keeper.status.symptoms[0].detail
        opened = shop.now.calls.count("open")
        await shop.clock.advance(300)
        assert shop.now.calls.count("open") == opened
        shop.given_up = 0
        await pass_until(shop.clock, lambda: shop.keeper.status.condition is READY, at_most_s=6)


class StuckDevice(ScriptedDevice):
    """Its library hangs in its thread while ``let_go`` is not set."""

    def __init__(self, clock: Clock, let_go: threading.Event) -> None:
        super().__init__(clock, name="stuck-reader")
        self._let_go = let_go
        self._worker: Worker | None = None

    @override
    async def open(self) -> None:
        self._worker = Worker(f"{self.name} port")

    @override
    async def close(self) -> None:
        if self._worker is not None:
            self._worker.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._worker is None or not self._let_go.is_set():
            assert self._worker is not None
            try:
                await self._worker.call(self._let_go.wait, deadline_s=0.01)
            except CallDeadlineError:
                raise DeadlineError(self.name, "its library hangs", deadline_s=0.01) from None
        return DeviceStatus(device=self.name, condition=READY, read_at=self._clock.now())


async def test_a_thread_that_is_caught_is_given_up_and_counted_and_the_others_go_on() -> None:
    clock, let_go = HeldClock(), threading.Event()
    stuck = Replaceable(lambda: StuckDevice(clock, let_go))
    well = ScriptedDevice(clock)
    means = Means(renew=stuck.renew, given_up=lambda: given_up_threads("stuck-reader "))
    keepers = [Keeper(device=stuck, clock=clock, catalogue=CATALOGUE, means=means)]
    keepers.append(Keeper(device=well, clock=clock, catalogue=CATALOGUE))
    tasks = [asyncio.create_task(keeper.run(on_status=lambda _status: None)) for keeper in keepers]
    for _ in range(400):
        await asyncio.sleep(0.002)  # a real thread hangs in real time
        await clock.advance(0.5)
        if any(symptom.code == "printer.driver_failed" for symptom in keepers[0].status.symptoms):
            break
    assert given_up_threads("stuck-reader ") == MOST_GIVEN_UP
    assert keepers[1].status.condition is READY
    assert "close" not in well.calls
    let_go.set()
    while keepers[0].status.condition is not READY:
        await asyncio.sleep(0.002)
        await clock.advance(0.5)
    assert given_up_threads("stuck-reader ") == 0
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
