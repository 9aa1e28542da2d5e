import asyncio
from datetime import timedelta

import pytest

from drivers.contract.clock import Clock
from tests.fakes.clock import FakeClock, HeldClock, ScaledClock, settle


def _as_clock(clock: Clock) -> Clock:
    return clock


async def test_an_hour_passes_at_once() -> None:
    clock = FakeClock()
    began, wall = clock.monotonic_s(), clock.now()
    await _as_clock(clock).sleep(3600)
    assert clock.monotonic_s() - began == 3600
    assert clock.now() - wall == timedelta(hours=1)


async def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock = FakeClock()
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(f"{name}@{clock.monotonic_s() - 1000:g}")
        await clock.sleep(seconds)
        woken.append(f"{name}@{clock.monotonic_s() - 1000:g}")

    await asyncio.gather(sleeper("slow", 3), sleeper("quick", 2), sleeper("same", 2))
    assert woken == ["quick@2", "same@2", "slow@3", "quick@4", "same@4", "slow@6"]


async def test_a_cancelled_sleeper_does_not_hold_time_up() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    task.cancel()
    await clock.sleep(1)
    assert clock.monotonic_s() == 1001


async def test_a_held_clock_moves_only_by_hand() -> None:
    clock = HeldClock()
    task = asyncio.create_task(clock.sleep(10))
    await settle()
    assert not task.done()
    await clock.advance(9.5)
    assert not task.done()
    await clock.advance(0.5)
    assert task.done()
    assert clock.monotonic_s() == 1010


async def test_a_jump_of_the_wall_clock_leaves_waiting_alone() -> None:
    clock = HeldClock()
    clock.jump_wall(timedelta(days=-365))
    assert clock.monotonic_s() == 1000


async def test_a_scaled_clock_waits_for_the_world_only_not_as_long() -> None:
    clock = ScaledClock(times=50)
    began, wall = clock.monotonic_s(), clock.now()
    await _as_clock(clock).sleep(1)
    assert clock.monotonic_s() - began >= 1
    assert (clock.now() - wall).total_seconds() == pytest.approx(clock.monotonic_s() - began, abs=0.5)
