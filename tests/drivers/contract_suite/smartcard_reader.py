"""What every smart-card reader's driver must do, over a slot in memory and a virtual card.

A driver's test module derives from ``SmartcardReaderContract`` and says how to make the driver; pytest collects the rest. The
same cards over real pcscd, and over TCP cables with manners, are in ``tests/drivers/smartcard_reader/test_over_pcscd.py``.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod

import pytest

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.smartcard_reader import SmartcardReader, SocialSecurityCard, SocialSecurityRefusal
from drivers.contract.status import Condition
from drivers.smartcard_reader.virtual_card import KINDS
from drivers.transport.card_slot import CardSlot
from tests.drivers.smartcard_reader.memory_slot import MemorySlot
from tests.fakes.clock import FakeClock

APDUS = 14
"""Commands a reading of the first sample takes, at most."""

VERIFY = (0x20, 0x24, 0x2C)
"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER: whatever touches a PIN."""


class Bench:
    def __init__(self, reader: SmartcardReader, slot: MemorySlot, clock: FakeClock) -> None:
        self.reader = reader
        self.slot = slot
        self.clock = clock

    async def read(self, *, deadline_s: float = 5) -> SocialSecurityCard:
        return await self.reader.read_card(deadline_s=deadline_s, found=lambda: None)

    async def outcome(self) -> "SocialSecurityCard | str":
        """The card, or the reason why it was refused."""
        try:
            return await self.read()
        except RefusedError as error:
            return error.reason

    async def refusal(self) -> str:
        with pytest.raises(RefusedError) as refused:
            await self.read()
        return refused.value.reason


class SmartcardReaderContract(ABC):
    @abstractmethod
    def driver(self, slot: CardSlot, clock: Clock) -> SmartcardReader: ...

    async def bench(self, sample: str | None = None) -> Bench:
        clock = FakeClock()
        slot = MemorySlot(clock)
        reader = self.driver(slot, clock)
        await reader.open()
        if sample is not None:
            slot.insert(sample)
        return Bench(reader, slot, clock)

    async def test_a_card_put_in_while_waiting_is_read_whole_and_told_of_once(self) -> None:
        bench = await self.bench()
        found: list[float] = []
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(
                bench.reader.read_card(deadline_s=60, found=lambda: found.append(bench.clock.monotonic_s()))
            )
            await bench.clock.sleep(5)
            assert not found
            assert not reading.done()
            bench.slot.insert("social-security-1")
        assert is_li(reading.result())
        assert len(found) == 1

    async def test_nobody_putting_a_card_in_is_a_deadline_and_no_fault(self) -> None:
        bench = await self.bench()
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.read(deadline_s=30)
        assert 30 <= bench.clock.monotonic_s() - began_s < 31
        assert (await bench.reader.status()).condition is Condition.READY

    async def test_an_idle_reader_is_ready_and_says_who_it_is(self) -> None:
        bench = await self.bench()
        status = await bench.reader.status()
        assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.reader.name, ())
        assert (await bench.reader.identify()).model
        assert bench.reader.kind is DeviceKind.SMARTCARD_READER

    async def test_whether_a_card_is_in_is_known_before_and_after_it_was_read(self) -> None:
        bench = await self.bench()
        assert not await bench.reader.has_card()
        bench.slot.insert("social-security-1")
        assert await bench.reader.has_card()
        await bench.read()
        assert await bench.reader.has_card()
        bench.slot.remove()
        assert not await bench.reader.has_card()

    @pytest.mark.parametrize(
        ("sample", "reason"),
        [
            ("social-security-pin", SocialSecurityRefusal.NEEDS_PIN),
            ("bank-card-1", SocialSecurityRefusal.BANK_CARD),
            ("other-card-1", SocialSecurityRefusal.WRONG_CARD),
            ("mute-card", SocialSecurityRefusal.PRESENT_AGAIN),
        ],
    )
    async def test_a_card_that_cannot_be_read_is_refused_with_what_the_person_can_do(self, sample: str, reason: str) -> None:
        bench = await self.bench(sample)
        assert await bench.refusal() == reason
        assert (await bench.reader.status()).condition is Condition.READY

    @pytest.mark.parametrize("fault", [None, *KINDS])
    @pytest.mark.parametrize("sample", ["social-security-1", "social-security-2", "social-security-pin", "bank-card-1"])
    async def test_no_pin_is_ever_sent_and_nothing_is_read_of_a_bank_card(self, sample: str, fault: str | None) -> None:
        bench = await self.bench(sample)
        if fault is not None:
            bench.slot.give(fault)
        for _ in range(2):
            with contextlib.suppress(DriverError):
                await bench.read(deadline_s=1)
        assert not set(bench.slot.asked) & set(VERIFY)
        assert set(bench.slot.asked) <= ({0xA4} if sample == "bank-card-1" else {0xA4, 0xB2, 0xC0})

    @pytest.mark.parametrize("after_apdus", range(APDUS))
    @pytest.mark.parametrize("after_bytes", [0, 1, 2, 6, 200])
    async def test_a_card_pulled_anywhere_is_to_be_presented_again_and_never_half_a_person(
        self, after_apdus: int, after_bytes: int
    ) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give("pulled-mid-read", {"after_apdus": str(after_apdus), "after_bytes": str(after_bytes)})
        outcome = await bench.outcome()
        assert outcome == SocialSecurityRefusal.PRESENT_AGAIN or is_li(outcome)  # or its last answer had passed whole
        bench.slot.faults.clear(None)
        bench.slot.insert("social-security-1")
        assert is_li(await bench.read())

    @pytest.mark.parametrize("fault", ["get-response", "wrong-le", "slow"])
    async def test_a_card_that_takes_a_detour_is_read_all_the_same(self, fault: str) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give(fault)
        assert is_li(await bench.read())

    async def test_an_answer_without_end_is_given_up(self) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give("endless")
        with pytest.raises(ProtocolError):
            await bench.read()
        assert len(bench.slot.asked) < 40

    @pytest.mark.parametrize("fault", ["garbage", "giant-answer", "half-item", "damaged-number"])
    async def test_what_was_damaged_once_is_read_at_the_next_try(self, fault: str) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give(fault, {"times": "1"})
        assert is_li(await bench.read())

    async def test_a_number_whose_check_fails_is_never_handed_on(self) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give("damaged-number")
        assert await bench.refusal() == SocialSecurityRefusal.PRESENT_AGAIN

    @pytest.mark.parametrize("seed", range(20))
    async def test_garbage_ends_in_a_driver_error_and_the_reader_works_afterwards(self, seed: int) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give("garbage", {"seed": str(seed)})
        with pytest.raises(DriverError):
            await bench.read()
        bench.slot.faults.clear(None)
        assert is_li(await bench.read())

    async def test_a_card_that_falls_silent_is_a_deadline(self) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.give("silent")
        with pytest.raises(DeadlineError):
            await bench.read()
        bench.slot.faults.clear(None)
        assert is_li(await bench.read())

    async def test_the_card_is_let_go_of_however_the_reading_ends(self) -> None:
        for sample in ("social-security-1", "bank-card-1", "social-security-pin"):
            bench = await self.bench(sample)
            with contextlib.suppress(RefusedError):
                await bench.read()
            assert bench.slot.disconnects == 1

    @pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05, 0.15, 0.25])
    async def test_a_cancelled_reading_lets_go_of_the_card_and_leaves_the_reader_usable(self, after_s: float) -> None:
        bench = await self.bench("social-security-1")
        reading = asyncio.create_task(bench.read())
        await bench.clock.sleep(after_s)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        assert (await bench.reader.status()).condition is Condition.READY
        assert is_li(await bench.read())

    async def test_a_reader_in_use_is_busy_at_once(self) -> None:
        bench = await self.bench()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.read(deadline_s=60))
            await bench.clock.sleep(1)
            before_s = bench.clock.monotonic_s()
            assert (await bench.reader.status()).condition is Condition.BUSY
            assert bench.clock.monotonic_s() == before_s
            bench.slot.insert("social-security-1")

    async def test_a_card_another_program_talks_with_is_said_to_be_held(self) -> None:
        bench = await self.bench("social-security-1")
        bench.slot.is_held_by_another = True
        with pytest.raises(UnreachableError, match="another program"):
            await bench.read()

    @pytest.mark.parametrize("when_s", [0.0, 1.0, 2.05, 2.2])
    async def test_unplugged_anywhere_it_is_unreachable_and_works_again_once_reopened(self, when_s: float) -> None:
        bench = await self.bench()
        reading = asyncio.create_task(bench.read(deadline_s=60))
        if when_s > 2:
            await bench.clock.sleep(2)
            bench.slot.insert("social-security-1")
        await bench.clock.sleep(when_s % 2)
        bench.slot.is_plugged = False
        began_s = bench.clock.monotonic_s()
        with pytest.raises(UnreachableError):
            await reading
        assert bench.clock.monotonic_s() - began_s < 2
        with pytest.raises(UnreachableError):
            await bench.reader.open()
        bench.slot.is_plugged = True
        await bench.reader.open()
        bench.slot.insert("social-security-1")
        assert is_li(await bench.read())

    async def test_closing_twice_is_fine_and_what_is_closed_is_unreachable(self) -> None:
        bench = await self.bench()
        await bench.reader.close()
        await bench.reader.close()
        with pytest.raises(UnreachableError):
            await bench.reader.status()

    async def test_resetting_keeps_the_reader_usable(self) -> None:
        bench = await self.bench("social-security-1")
        await bench.reader.reset()
        assert is_li(await bench.read())

    @pytest.mark.parametrize("deadline_s", [0, -1, 301])
    async def test_a_deadline_out_of_range_is_a_bug_of_the_caller(self, deadline_s: float) -> None:
        bench = await self.bench()
        with pytest.raises(ValueError, match=r"0\.1 to 300"):
            await bench.read(deadline_s=deadline_s)

    async def test_nothing_of_the_card_shows_in_its_repr(self) -> None:
        card = await (await self.bench("social-security-1")).read()
        for secret in (card.name, card.number, card.card_number, "1958"):
            assert secret not in repr(card)


def is_li(card: SocialSecurityCard | str) -> bool:
    return isinstance(card, SocialSecurityCard) and (card.name, card.number, card.region, card.card_number) == (
        "李秀珍",
        "440804195803120027",
        "440800",
        "A00000017",
    )
