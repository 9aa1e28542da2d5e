import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.contract.status import Condition, DeviceStatus, Supply
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.pace import Pace
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.vain import ENOUGH_S
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import CATALOGUE, ScriptedDevice, pass_until

READY, UNREACHABLE, UNKNOWN = Condition.READY, Condition.UNREACHABLE, Condition.UNKNOWN


@dataclass
class Kept:
    clock: HeldClock
    device: ScriptedDevice
    keeper: Keeper
    seen: list[DeviceStatus]

    @property
    def condition(self) -> Condition:
        return self.keeper.status.condition

    def lost_codes(self) -> tuple[str, ...]:
        return tuple(symptom.code for symptom in self.keeper.status.symptoms)


@asynccontextmanager
async def keeping(pace: Pace | None = None) -> AsyncIterator[Kept]:
    clock = HeldClock()
    device = ScriptedDevice(clock)
    keeper = Keeper(device=device, clock=clock, catalogue=CATALOGUE, pace=pace)
    seen: list[DeviceStatus] = []
    task = asyncio.create_task(keeper.run(on_status=seen.append))
    try:
        yield Kept(clock, device, keeper, seen)
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_device_is_unknown_until_it_was_read() -> None:
    clock = HeldClock()
    keeper = Keeper(device=ScriptedDevice(clock), clock=clock, catalogue=CATALOGUE)
    assert keeper.status.condition is UNKNOWN


async def test_a_well_device_is_ready_at_once_and_says_who_it_is() -> None:
    async with keeping() as kept:
        await kept.clock.advance(0)
        assert kept.condition is READY
        assert kept.keeper.identity.model == "M1"


@pytest.mark.parametrize("moment_s", [0.0, 0.1, 0.45, 0.5, 0.55, 3.3])
async def test_unplugging_is_seen_within_two_seconds(moment_s: float) -> None:
    async with keeping() as kept:
        await kept.clock.advance(moment_s)
        kept.device.is_plugged = False
        took_s = await pass_until(kept.clock, lambda: kept.condition is UNREACHABLE, at_most_s=2.0)
        assert took_s <= 1.0
        assert kept.lost_codes() == ("printer.unreachable",)


@pytest.mark.parametrize("away_s", [0.1, 1.0, 2.9, 17.0, 1800.0])
async def test_ready_within_three_seconds_of_replugging_however_long_it_was_away(away_s: float) -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.is_plugged = False
        await kept.clock.advance(away_s)
        kept.device.is_plugged = True
        await pass_until(kept.clock, lambda: kept.condition is READY and kept.device.is_open, at_most_s=3.0)


async def test_the_pauses_between_attempts_grow_and_stay_bounded_for_ever() -> None:
    async with keeping() as kept:
        kept.device.is_plugged = False
        await kept.clock.advance(600)
        opened = kept.device.opened_at
        pauses = [round(later - earlier, 3) for earlier, later in itertools.pairwise(opened)]
        assert pauses[:5] == [0.25, 0.25, 0.5, 1.0, 1.5]
        assert set(pauses[5:]) == {1.5}
        assert len(opened) > 390


async def test_one_missed_answer_is_no_loss() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.error = DeadlineError("receipt-printer", "no answer to DLE EOT 1", deadline_s=0.5)
        await pass_until(kept.clock, lambda: kept.device.calls[-1] == "status", at_most_s=1)
        await kept.clock.advance(0.05)
        kept.device.error = None
        await kept.clock.advance(2)
        assert {status.condition for status in kept.seen} == {READY}
        assert kept.keeper.losses == 0


async def test_silence_is_unknown_and_never_a_guess() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.error = DeadlineError("receipt-printer", "no answer", deadline_s=0.5)
        await pass_until(kept.clock, lambda: kept.condition is UNKNOWN, at_most_s=2)
        assert kept.lost_codes() == ("printer.silent",)


async def test_nonsense_closes_the_port_and_opens_it_anew() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.calls.clear()
        kept.device.error = ProtocolError("receipt-printer", "not a status byte", evidence=b"\x00")
        await pass_until(kept.clock, lambda: kept.condition is UNKNOWN, at_most_s=2)
        assert kept.lost_codes() == ("printer.garbled",)
        assert kept.device.calls[-5:] == ["status", "close", "open", "status", "close"]


async def test_a_call_that_hangs_is_cancelled_and_the_device_reopened() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.hangs = True
        await pass_until(kept.clock, lambda: kept.condition is UNKNOWN, at_most_s=8)
        assert kept.lost_codes() == ("printer.silent",)
        kept.device.hangs = False
        await pass_until(kept.clock, lambda: kept.condition is READY, at_most_s=6)


async def test_a_bug_in_a_driver_stops_that_device_and_tells_nothing_it_should_not() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        with capture_logs() as logs:
            kept.device.error = RuntimeError("张三 360426199101010071")
            await kept.clock.advance(30)
        assert kept.lost_codes() == ("printer.driver_failed",)
        assert "张三" not in kept.keeper.status.symptoms[0].detail
        assert [entry["event"] for entry in logs].count("device.driver_failed") <= 2
        kept.device.error = None
        await pass_until(kept.clock, lambda: kept.condition is READY, at_most_s=3)


async def test_lost_and_found_are_logged_once_each() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        with capture_logs() as logs:
            kept.device.is_plugged = False
            await kept.clock.advance(600)
            kept.device.is_plugged = True
            await kept.clock.advance(600)
        events = [entry["event"] for entry in logs if entry["event"].startswith("device.")]
        assert events == ["device.lost", "device.found"]
        assert kept.keeper.losses == 1


async def test_a_device_in_use_is_never_closed_and_keeps_its_supplies() -> None:
    async with keeping() as kept:
        kept.device.supplies = (Supply(name="receipt_paper", remaining=None, is_low=True),)
        await kept.clock.advance(1)
        kept.device.supplies = ()
        kept.device.condition = Condition.BUSY
        await kept.clock.advance(300)
        assert [supply.is_low for supply in kept.keeper.status.supplies] == [True]
        assert kept.condition is Condition.BUSY
        assert "close" not in kept.device.calls


async def test_a_device_in_use_for_ever_is_taken_for_hung() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.condition = Condition.BUSY
        await kept.clock.advance(890)
        assert "close" not in kept.device.calls
        await kept.clock.advance(20)
        assert kept.device.calls.count("close") == 1
        assert kept.device.calls.count("open") == 2


async def test_something_wrong_is_looked_at_more_often() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.calls.clear()
        await kept.clock.advance(3)
        well = kept.device.calls.count("status")
        kept.device.show(Condition.FAILED, "printer.paper_out")
        await kept.clock.advance(1)
        kept.device.calls.clear()
        await kept.clock.advance(3)
        assert well == 6
        assert kept.device.calls.count("status") == 10


async def test_a_nudge_is_answered_at_once() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1.1)
        kept.device.is_plugged = False
        kept.keeper.nudge()
        await kept.clock.advance(0.25)
        assert kept.condition is UNREACHABLE


async def test_a_call_that_failed_counts_with_the_first_look_after_it() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1.1)
        kept.device.error = ProtocolError("receipt-printer", "not a status byte", evidence=b"\x00")
        kept.keeper.call_failed()
        await kept.clock.advance(0)
        assert kept.lost_codes() == ("printer.garbled",)


async def test_a_call_that_failed_once_is_forgotten_when_the_device_answers() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1.1)
        kept.keeper.call_failed()
        await kept.clock.advance(0)
        kept.device.error = ProtocolError("receipt-printer", "not a status byte", evidence=b"\x00")
        kept.keeper.nudge()
        await kept.clock.advance(0)
        assert kept.condition is READY


async def test_resets_are_bounded_and_begin_anew_after_ten_minutes() -> None:
    async with keeping() as kept:
        kept.device.show(Condition.FAILED, "printer.mechanical_error")
        await kept.clock.advance(300)
        assert kept.device.calls.count("reset") == 3
        assert kept.keeper.healing_is_spent("printer.mechanical_error")
        await kept.clock.advance(600)
        assert kept.device.calls.count("reset") == 6


async def test_a_reset_that_helps_ends_the_matter() -> None:
    async with keeping() as kept:
        kept.device.on_reset = lambda: kept.device.show(READY)
        kept.device.show(Condition.FAILED, "printer.mechanical_error")
        await kept.clock.advance(5)
        assert kept.condition is READY
        assert kept.device.calls.count("reset") == 1
        assert kept.keeper.has_just_healed("printer.mechanical_error")


async def test_what_a_person_must_mend_is_never_reset() -> None:
    async with keeping() as kept:
        kept.device.show(Condition.FAILED, "printer.paper_out", "printer.some_code_of_tomorrow")
        await kept.clock.advance(60)
        assert "reset" not in kept.device.calls


async def test_a_test_looks_now_also_while_waiting_to_reopen() -> None:
    async with keeping() as kept:
        kept.device.is_plugged = False
        await kept.clock.advance(20)
        kept.device.is_plugged = True
        test = asyncio.create_task(kept.keeper.test("printer.unreachable"))
        await kept.clock.advance(0.05)
        assert (await test).condition is READY


async def test_a_test_gives_the_device_time_to_settle() -> None:
    async with keeping() as kept:
        kept.device.show(Condition.FAILED, "printer.cover_open")
        await kept.clock.advance(1)
        test = asyncio.create_task(kept.keeper.test("printer.cover_open"))
        await kept.clock.advance(0.6)
        kept.device.show(READY)
        await kept.clock.advance(1)
        assert (await test).condition is READY


async def test_a_test_that_still_finds_the_fault_ends_within_seconds() -> None:
    async with keeping() as kept:
        kept.device.show(Condition.FAILED, "printer.cover_open")
        await kept.clock.advance(1)
        test = asyncio.create_task(kept.keeper.test("printer.cover_open"))
        await kept.clock.advance(3)
        assert [symptom.code for symptom in (await test).symptoms] == ["printer.cover_open"]


async def test_a_device_that_cannot_say_who_it_is_is_still_ready() -> None:
    async with keeping() as kept:
        kept.device.identity_error = DeadlineError("receipt-printer", "no answer to GS I", deadline_s=0.5)
        await kept.clock.advance(5)
        assert kept.condition is READY
        assert kept.device.calls.count("identify") == 1


async def test_the_device_is_closed_when_the_keeper_ends() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        assert kept.device.is_open
    assert not kept.device.is_open


async def test_the_watchdog_sees_progress_while_a_device_is_away() -> None:
    async with keeping() as kept:
        kept.device.is_plugged = False
        await kept.clock.advance(100)
        assert kept.clock.monotonic_s() - kept.keeper.progress_s < 2


def test_a_driver_bugs_name_is_no_fault_code() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", entry.code) for entry in CATALOGUE)


async def test_what_a_person_asks_for_is_done_in_the_devices_own_turn() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        opened = len(kept.device.opened_at)
        asked = asyncio.create_task(kept.keeper.do(Rung.REOPEN))
        await kept.clock.advance(0)
        assert await asked is None
        assert len(kept.device.opened_at) == opened + 1
        assert kept.condition is READY


async def test_what_cannot_be_done_is_answered_with_why() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        asked = asyncio.create_task(kept.keeper.do(Rung.POWER_CYCLE_PORT))
        await kept.clock.advance(0)
        assert await asked == "nothing here switches its power"


async def test_a_device_that_never_answers_is_known_to_keep_failing_until_it_does() -> None:
    async with keeping() as kept:
        await kept.clock.advance(1)
        kept.device.is_plugged = False
        failing: list[bool] = []
        for seconds, is_plugged in ((ENOUGH_S - 1, False), (4, True), (3, True)):
            await kept.clock.advance(seconds)
            failing.append(kept.keeper.keeps_failing)
            kept.device.is_plugged = is_plugged
        assert failing == [False, True, False]
