"""What the bureau wants until a moment: over restarts, and never a second longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from kiosk.upkeep.planned import NOTHING, PlannedMaintenance, PlannedNotice, Plans
from kiosk.upkeep.standing_orders import CORE, FILE, MAINTENANCE, StandingOrders
from tests.fakes.clock import HeldClock

HOUR = timedelta(hours=1)


class Around:
    """Memory, notes and screen, as far as orders know them."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.kept: dict[str, Any] = {}
        self.noted: dict[tuple[str, str], str] = {}
        self.shown = 0

    async def recall(self, name: str) -> Any:
        return self.kept.get(name)

    def keep(self, name: str, content: object) -> None:
        self.kept[name] = content

    def note(self, *, device: str, code: str, detail: str) -> None:
        self.noted[device, code] = detail

    def note_over(self, *, device: str, code: str) -> None:
        del self.noted[device, code]

    @asynccontextmanager
    async def living(self, plans: Plans = NOTHING) -> AsyncIterator[StandingOrders]:
        """One life of the core."""
        orders = StandingOrders(clock=self.clock, memory=self, notes=lambda: self, changed=self._count, plans=plans)
        task = asyncio.create_task(orders.run())
        try:
            await self.clock.advance(0)
            yield orders
        finally:
            task.cancel()
            await asyncio.wait({task})

    def _count(self) -> None:
        self.shown += 1


@pytest.fixture
def around() -> Around:
    return Around()


async def test_maintenance_ends_by_itself_at_its_moment(around: Around) -> None:
    async with around.living() as orders:
        orders.enter_maintenance(around.clock.now() + HOUR, "new rollers")
        assert "new rollers" in around.noted[CORE, MAINTENANCE]
        await around.clock.advance(3_598)
        assert (CORE, MAINTENANCE) in around.noted
        await around.clock.advance(3)
        assert around.noted == {}
        assert orders.maintenance_until is None


async def test_orders_outlast_a_restart(around: Around) -> None:
    async with around.living() as first:
        first.enter_maintenance(around.clock.now() + HOUR, "new rollers")
        first.show_notice("明天停电", around.clock.now() + 2 * HOUR)
    around.noted.clear()
    async with around.living() as again:
        assert (CORE, MAINTENANCE) in around.noted
        assert again.notice == "明天停电"


async def test_what_ended_while_the_kiosk_was_off_does_not_begin_again(around: Around) -> None:
    async with around.living() as first:
        first.enter_maintenance(around.clock.now() + HOUR, "new rollers")
    around.noted.clear()
    await around.clock.advance(7_200)
    async with around.living():
        assert around.noted == {}


async def test_a_notice_is_shown_taken_away_and_replaced(around: Around) -> None:
    async with around.living() as orders:
        orders.show_notice("明天停电", around.clock.now() + HOUR)
        orders.show_notice("明天停水", around.clock.now() + HOUR)
        assert (orders.notice, around.shown) == ("明天停水", 2)
        orders.show_notice("", around.clock.now() + HOUR)
        assert (orders.notice, around.shown) == ("", 3)


@pytest.mark.parametrize(
    "spoilt",
    [
        None,
        [],
        "text",
        {"maintenance_until": 7},
        {"maintenance_until": "soon"},
        {"notice_until": "2026-11-22T10:00:00", "notice": "x"},
    ],
)
async def test_a_spoilt_file_orders_nothing(around: Around, spoilt: object) -> None:
    around.kept[FILE] = spoilt
    async with around.living() as orders:
        assert (orders.notice, around.noted) == ("", {})


async def test_a_planned_time_without_service_begins_and_ends_by_itself(around: Around) -> None:
    begins = around.clock.now() + HOUR
    plans = Plans(maintenance=(PlannedMaintenance(begins=begins, ends=begins + HOUR, why="换插座"),))
    async with around.living(plans) as orders:
        assert not around.noted
        await around.clock.advance(3601)
        assert orders.maintenance_until == begins + HOUR
        assert around.noted[CORE, MAINTENANCE].endswith("换插座")
        await around.clock.advance(3600)
        assert not around.noted
    assert not around.kept  # a plan is kept by the settings it stands in


async def test_who_orders_an_end_ends_a_planned_time_too_and_it_does_not_come_back_by_a_restart(around: Around) -> None:
    begins = around.clock.now()
    plans = Plans(maintenance=(PlannedMaintenance(begins=begins, ends=begins + HOUR, why="换插座"),))
    async with around.living(plans) as orders:
        assert (CORE, MAINTENANCE) in around.noted
        orders.leave_maintenance()
        assert not around.noted
    async with around.living(plans):
        await around.clock.advance(60)
        assert not around.noted


async def test_an_ordered_notice_goes_before_a_planned_one(around: Around) -> None:
    now = around.clock.now()
    plans = Plans(notices=(PlannedNotice(begins=None, ends=now + 3 * HOUR, text="周三停水"),))
    async with around.living(plans) as orders:
        assert (orders.notice, around.shown) == ("周三停水", 1)
        orders.show_notice("今天停电", now + HOUR)
        assert orders.notice == "今天停电"
        await around.clock.advance(3601)
        assert orders.notice == "周三停水"
        await around.clock.advance(2 * 3600)
        assert (orders.notice, around.shown) == ("", 4)
