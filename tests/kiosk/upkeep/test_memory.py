"""What upkeep still knows after a restart, and what a technician may ask of it meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.contract.device import DeviceKind, Identity
from drivers.contract.fault import Fault, Remedy
from drivers.contract.status import Condition, Supply
from kiosk.upkeep.accepted import WISHES, accept_in, known_in
from kiosk.upkeep.clerk_task import ClerkTaskState
from kiosk.upkeep.flapping import Flapping
from kiosk.upkeep.healer import Means
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.memory import Memory
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.supply_book import SupplyBook, load_supplies
from kiosk.upkeep.telling import Happening, Listeners
from kiosk.upkeep.upkeep import Upkeep
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import CATALOGUE, SERVICES, ScriptedDevice
from tests.kiosk.upkeep.test_upkeep import ScriptedPlatform

PRINTER = "receipt-printer"


class Life:
    """One run of upkeep over a state folder that outlasts it."""

    def __init__(self, folder: Path, clock: HeldClock) -> None:
        self.clock = clock
        self.printer = ScriptedDevice(clock)
        self.reader = ScriptedDevice(clock, name="id-card-reader", kind=DeviceKind.ID_CARD_READER)
        self.raised: list[Fault] = []
        self.happenings: list[Happening] = []
        self.upkeep = Upkeep(
            keepers=[
                Keeper(device=device, clock=clock, catalogue=CATALOGUE, means=Means(where=lambda: "USB socket 1-1.4"))
                for device in (self.printer, self.reader)
            ],
            catalogue=CATALOGUE,
            services=SERVICES,
            platform=ScriptedPlatform(),
            clock=clock,
            listeners=Listeners(
                on_change=lambda: None,
                on_fault_raised=self.raised.append,
                on_fault_cleared=lambda _fault, _at, _by: None,
                on_condition_changed=lambda _status: None,
                on_happening=self.happenings.append,
            ),
            memory=Memory(folder, clock=clock, asked=WISHES),
            supplies=SupplyBook(clock=clock, zone=ZoneInfo("Asia/Shanghai"), kinds=load_supplies()),
        )

    @property
    def open_codes(self) -> list[str]:
        return [fault.code for fault in self.upkeep.faults]

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not fact():
                await asyncio.sleep(0.002)  # files are written in real time
                await self.clock.advance(0.5)


@asynccontextmanager
async def living(folder: Path, clock: HeldClock, prepare: Callable[[Life], None] = lambda _life: None) -> AsyncIterator[Life]:
    life = Life(folder, clock)
    prepare(life)
    task = asyncio.create_task(life.upkeep.run())
    await life.until(lambda: life.upkeep.platform_status.condition is Condition.READY)
    await life.clock.advance(1)
    yield life
    task.cancel()
    await asyncio.wait({task})


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


def out_of_paper(life: Life) -> None:
    life.printer.show(Condition.FAILED, "printer.paper_out")


def another_printer(life: Life) -> None:
    life.printer.identity = Identity(model="M1", serial="2", firmware="1.0")


async def test_a_fault_that_outlasts_a_restart_keeps_its_beginning(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock, out_of_paper) as life:
        since = life.raised[0].since
    await clock.advance(3600)
    async with living(tmp_path, clock, out_of_paper) as life:
        assert [(fault.code, fault.since) for fault in life.upkeep.faults] == [("printer.paper_out", since)]


async def test_a_fault_that_ended_while_the_core_was_away_is_forgotten(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock, out_of_paper) as life:
        since = life.raised[0].since
    async with living(tmp_path, clock) as life:
        await clock.advance(60)
        out_of_paper(life)
        await life.until(lambda: life.open_codes == ["printer.paper_out"])
        assert life.raised[0].since > since


async def test_what_was_handed_to_a_technician_is_still_a_technicians_after_a_restart(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock, out_of_paper) as life:
        life.upkeep.clerk_gave_up(device=PRINTER, code="printer.paper_out")
        await life.clock.advance(1)
    async with living(tmp_path, clock, out_of_paper) as life:
        assert [fault.remedy for fault in life.upkeep.faults] == [Remedy.TECHNICIAN]
        assert life.upkeep.clerk_task is not None
        assert life.upkeep.clerk_task.state is ClerkTaskState.ESCALATED


async def test_a_fault_of_a_device_that_is_away_at_the_restart_is_not_lost(tmp_path: Path, clock: HeldClock) -> None:
    def unplugged(life: Life) -> None:
        life.printer.is_plugged = False

    async with living(tmp_path, clock, out_of_paper) as life:
        since = life.raised[0].since
    async with living(tmp_path, clock, unplugged) as life:
        await clock.advance(60)
    async with living(tmp_path, clock, out_of_paper) as life:
        assert life.raised[0].since == since


async def test_how_often_a_rung_helped_is_counted_over_restarts(tmp_path: Path, clock: HeldClock) -> None:
    def mended_by_reset(life: Life) -> None:
        life.printer.show(Condition.FAILED, "printer.mechanical_error")
        life.printer.on_reset = lambda: life.printer.show(Condition.READY)

    for count in (1, 2):
        async with living(tmp_path, clock, mended_by_reset) as life:
            await life.until(lambda: bool(life.upkeep.healings) and life.printer.condition is Condition.READY)
            await life.clock.advance(3)
            assert [(each.rung, each.helped) for each in life.upkeep.healings] == [(Rung.RESET, count)]


async def test_what_was_used_up_is_kept_every_minute(tmp_path: Path, clock: HeldClock) -> None:
    def tells(life: Life) -> None:
        life.printer.supplies = (Supply(name="toner", remaining=0.5, is_low=False),)

    async with living(tmp_path, clock, tells) as life:
        await life.clock.advance(61)
        await life.until((tmp_path / "supplies.json").exists)
    async with living(tmp_path, clock) as life:
        assert [(each.supply, each.left) for each in life.upkeep.forecasts] == [("toner", 0.5)]


async def test_an_exchanged_device_does_not_serve_until_a_technician_accepts_it(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock) as life:
        await life.until(lambda: set(known_in(tmp_path)) == {PRINTER, "id-card-reader"})
        assert life.open_codes == []
    async with living(tmp_path, clock, another_printer) as life:
        await life.until(lambda: life.open_codes == ["core.device_swapped"])
        assert life.upkeep.faults[0].detail == "accepted M1 no. 1, found M1 no. 2"
        assert "core.device_swapped" in {offer.withdrawal.code for offer in life.upkeep.offers if offer.withdrawal}
        await life.until(lambda: known_in(tmp_path)[PRINTER].is_swapped)
        assert accept_in(tmp_path, PRINTER) is not None
        await life.until(lambda: life.open_codes == [])
        assert [each.name for each in life.happenings] == ["device.accepted"]
        await life.until(lambda: not known_in(tmp_path)[PRINTER].is_swapped)
    async with living(tmp_path, clock, another_printer) as life:
        await clock.advance(5)
        assert life.open_codes == []


async def test_a_device_swapped_back_is_the_right_one_again(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock) as life:
        await life.until(lambda: PRINTER in known_in(tmp_path))
        life.printer.is_plugged = False
        another_printer(life)
        await clock.advance(5)
        life.printer.is_plugged = True
        await life.until(lambda: life.open_codes == ["core.device_swapped"])
        life.printer.is_plugged = False
        await clock.advance(5)
        life.printer.identity = Identity(model="M1", serial="1", firmware="2.0")
        life.printer.is_plugged = True
        await life.until(lambda: life.open_codes == [])


async def test_accepting_while_no_core_runs_is_done_at_its_next_start(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock) as life:
        await life.until(lambda: PRINTER in known_in(tmp_path))
    async with living(tmp_path, clock, another_printer) as life:
        await life.until(lambda: PRINTER in known_in(tmp_path) and known_in(tmp_path)[PRINTER].is_swapped)
    assert accept_in(tmp_path, PRINTER) is not None
    assert accept_in(tmp_path, "toaster") is None
    async with living(tmp_path, clock, another_printer) as life:
        await life.until(lambda: not (tmp_path / WISHES).exists())
        await life.until(lambda: life.open_codes == [])


async def test_a_device_that_keeps_dropping_off_is_a_fault_that_names_the_socket(tmp_path: Path, clock: HeldClock) -> None:
    async with living(tmp_path, clock) as life:
        for _ in range(7):
            life.printer.is_plugged = False
            await clock.advance(5)
            life.printer.is_plugged = True
            await clock.advance(5)
        flapping = [fault for fault in life.upkeep.faults if fault.code == "core.port_flapping"]
        assert (PRINTER, "receipt-printer keeps dropping off at USB socket 1-1.4") in [(f.device, f.detail) for f in flapping]
        assert all(offer.withdrawal is None for offer in life.upkeep.offers if offer.service.id == "social_security_enrolment")


@pytest.mark.parametrize("content", ["", "[1]", '[{"device": 1}]', '{"p": 3}', '[{"device":"p","code":"c","since":"x"}]'])
async def test_memories_that_cannot_be_understood_are_left_out(tmp_path: Path, clock: HeldClock, content: str) -> None:
    for name in ("open_faults.json", "healings.json", "accepted_devices.json", WISHES):
        (tmp_path / name).write_text(content, encoding="utf-8")
    async with living(tmp_path, clock) as life:
        assert life.open_codes == []
        await life.until(lambda: PRINTER in known_in(tmp_path))


async def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path, clock: HeldClock) -> None:
    why: list[str] = []
    memory = Memory(tmp_path / "gone", clock=clock, asked=WISHES, on_failed=why.append)
    task = asyncio.create_task(memory.run(on_asked=lambda _wish: None))
    memory.keep("x.json", 1)
    async with asyncio.timeout(10):
        while not why:
            await asyncio.sleep(0.002)
            await clock.advance(1)
        (tmp_path / "gone").mkdir()
        while not (tmp_path / "gone" / "x.json").exists():  # files are written in real time
            await asyncio.sleep(0.002)
            await clock.advance(1)
    assert json.loads((tmp_path / "gone" / "x.json").read_text(encoding="utf-8")) == 1
    task.cancel()
    await asyncio.wait({task})


def test_a_loss_now_and_then_is_no_flapping_and_six_in_a_row_are() -> None:
    seldom = Flapping()
    for hour in range(48):
        seldom = seldom.lost(hour * 3600.0)
    assert not seldom.is_flapping
    often = Flapping()
    for minute in range(7):
        often = often.lost(minute * 60.0)
    assert often.is_flapping
    assert often.later(30 * 60.0).is_flapping
    assert not often.later(2 * 3600.0).is_flapping
