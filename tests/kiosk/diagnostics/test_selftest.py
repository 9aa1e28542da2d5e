import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.contract.device import DeviceKind
from drivers.contract.errors import UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from kiosk.diagnostics.check import DeviceCheck, Finding
from kiosk.diagnostics.readiness import FILE, MOST, Readiness, of_kept, to_keep, with_another
from kiosk.diagnostics.selftest import Dawn, SelfTest, Surroundings
from kiosk.upkeep.kept_file import read_kept
from kiosk.upkeep.memory import Memory
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import ScriptedDevice

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # in Shanghai


class Night:
    """A machine at night, with its self-test."""

    def __init__(self, folder: Path, *, start: datetime = MIDNIGHT) -> None:
        self.clock = HeldClock(start=start)
        self.printer = ScriptedDevice(self.clock)
        self.scanner = ScriptedDevice(self.clock, name="code-scanner", kind=DeviceKind.CODE_SCANNER)
        self.is_visiting = False
        self.is_reachable = True
        self.trouble = ""
        self.done: list[Readiness] = []
        self.memory = Memory(folder, clock=self.clock, asked="wishes.json")
        self.test = SelfTest(
            devices=(self.printer, self.scanner),
            check=DeviceCheck(clock=self.clock),
            around=Surroundings(
                is_visiting=lambda: self.is_visiting,
                is_reachable=self._reach,
                display=lambda: DeviceStatus(device="display", condition=Condition.READY, read_at=self.clock.now()),
                storage_trouble=lambda: self.trouble,
            ),
            dawn=Dawn(zone=SHANGHAI, kiosk="k-1"),
            clock=self.clock,
            memory=self.memory,
            on_done=self.done.append,
        )

    async def _reach(self) -> bool:
        return self.is_reachable

    async def passes(self, hours: float) -> None:
        for _ in range(int(hours * 20)):
            await asyncio.sleep(0.0005)  # the memory reads and writes in real time
            await self.clock.advance(180)


@asynccontextmanager
async def through_the(night: Night) -> AsyncIterator[Night]:
    tasks = [asyncio.create_task(night.test.run()), asyncio.create_task(night.memory.run(on_asked=lambda _wish: None))]
    async with asyncio.timeout(10):
        await asyncio.sleep(0.05)  # the records of the days before are read in real time
    yield night
    for task in tasks:
        task.cancel()
        await asyncio.wait({task})


async def test_the_machine_is_tested_once_at_dawn(tmp_path: Path) -> None:
    async with through_the(Night(tmp_path)) as night:
        await night.passes(5.4)
        assert night.done == []
        await night.passes(0.5)
        assert len(night.done) == 1
        assert 0 <= (night.done[0].at - (MIDNIGHT + timedelta(hours=5, minutes=30))).total_seconds() <= 960
        await night.passes(17)
        assert len(night.done) == 1
        await night.passes(7)
        assert len(night.done) == 2
        assert night.done[0].fields["failed"] == "0"
        assert [finding.subject for finding in night.done[0].findings] == [
            "receipt-printer",
            "code-scanner",
            "platform",
            "display",
            "disk",
            "clock",
        ]


async def test_nobody_is_disturbed_by_a_test(tmp_path: Path) -> None:
    async with through_the(Night(tmp_path)) as night:
        night.is_visiting = True
        await night.passes(8)
        assert night.done == []
        night.is_visiting = False
        await night.passes(0.1)
        assert len(night.done) == 1


async def test_a_kiosk_that_sleeps_at_night_is_tested_when_it_wakes_and_once_a_day_over_restarts(tmp_path: Path) -> None:
    async with through_the(Night(tmp_path, start=MIDNIGHT + timedelta(hours=9))) as night:
        await night.passes(0.2)
        assert len(night.done) == 1
        async with asyncio.timeout(10):
            while read_kept(tmp_path / FILE) is None:
                await asyncio.sleep(0.002)
                await night.clock.advance(1)
    async with through_the(Night(tmp_path, start=MIDNIGHT + timedelta(hours=10))) as night:
        await night.passes(2)
        assert night.done == []
        assert len(night.test.records) == 1


async def test_what_is_wrong_is_named_with_its_codes_and_nothing_stops_the_test(tmp_path: Path) -> None:
    night = Night(tmp_path)
    night.printer.show(Condition.FAILED, "printer.paper_out")
    night.scanner.is_plugged = False
    night.is_reachable = False
    night.trouble = "No space left on device (errno 28)"
    night.clock.is_trusted = False
    readiness = await night.test.test()
    assert [finding.subject for finding in readiness.failed] == ["receipt-printer", "code-scanner", "platform", "disk", "clock"]
    assert readiness.codes == ("printer.paper_out", "scanner.unreachable", "platform.offline", "core.storage_failed")
    assert readiness.fields["codes"].startswith("printer.paper_out,")


async def test_a_device_that_hangs_fails_its_check_within_seconds() -> None:
    clock = HeldClock()
    device = ScriptedDevice(clock)
    device.hangs = True
    task = asyncio.create_task(DeviceCheck(clock=clock).run(device))
    await clock.advance(6)
    assert (await task).codes == ("printer.silent",)


class CardLeft(ScriptedDevice):
    """A reader on which a card was left."""

    async def has_card(self) -> bool:
        return True


async def test_a_reader_shows_that_its_field_works() -> None:
    clock = HeldClock()
    finding = await DeviceCheck(clock=clock).run(CardLeft(clock, name="r", kind=DeviceKind.ID_CARD_READER))
    assert finding.is_well
    assert finding.evidence == "READY; M1 1 1.0; a card lies there"


async def test_a_device_that_does_not_say_who_it_is_may_still_be_well() -> None:
    clock = HeldClock()
    device = ScriptedDevice(clock)
    device.identity_error = UnreachableError("receipt-printer", "gone")
    assert (await DeviceCheck(clock=clock).run(device)).is_well


def test_records_are_kept_for_400_days_and_come_back_as_they_were() -> None:
    finding = Finding(subject="disk", is_well=False, codes=("core.storage_failed",), evidence="磁盘满")
    records: tuple[Readiness, ...] = ()
    for day in range(900):
        records = with_another(records, Readiness(at=MIDNIGHT + timedelta(days=day), clock_is_trusted=True, findings=(finding,)))
    assert len(records) == 401
    assert of_kept(to_keep(records)) == records
    for _ in range(MOST):
        records = with_another(records, records[-1])
    assert len(records) == MOST


@pytest.mark.parametrize("kept", [None, 3, [3], [{}], [{"at": "2026-01-01T00:00:00", "findings": []}]])
def test_records_that_cannot_be_understood_are_left_out(kept: object) -> None:
    assert of_kept(kept) == ()


def test_kiosks_of_one_county_do_not_wake_at_once() -> None:
    due = {Dawn(zone=SHANGHAI, kiosk=f"k-{number}").due(MIDNIGHT) for number in range(50)}
    assert len(due) > 40
    assert max(due) - min(due) <= timedelta(seconds=900)
