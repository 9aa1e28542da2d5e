"""A slot in memory: the far end's virtual card without pcscd, on a fake clock."""

from collections.abc import Mapping

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, RefusedError, UnreachableError
from drivers.smartcard_reader.samples import SAMPLES
from drivers.smartcard_reader.virtual_card import ANSWER_TO_RESET, KINDS, VirtualCard
from drivers.transport.card_slot import CardSlot, SlotIdentity, SlotRefusal
from drivers.transport.fault_menu import GivenFaults

APDU_S = 0.02
"""Seconds a command takes: plausible for a card at 9600 baud."""


class MemorySlot(CardSlot):
    def __init__(self, clock: Clock) -> None:
        self.faults = GivenFaults(KINDS)
        self.asked: list[int] = []
        self.is_plugged = True
        self.is_held_by_another = False
        self.disconnects = 0
        self._clock = clock
        self._card: VirtualCard | None = None
        self._is_open = False
        self._is_connected = False

    def insert(self, sample: str) -> None:
        self._card = VirtualCard(SAMPLES[sample], self.faults)
        self._card.asked = self.asked

    def remove(self) -> None:
        self._card = None

    def give(self, fault: str, options: Mapping[str, str] | None = None) -> None:
        self.faults.give(fault, options or {})

    @property
    @override
    def port(self) -> str:
        return "pcsc:memory"

    @override
    async def open(self) -> None:
        await self.close()
        if not self.is_plugged or "no-service" in self.faults:
            raise UnreachableError("reader", "no card reader goes by 'memory'; there are: none")
        self._is_open = True

    @override
    async def close(self) -> None:
        self._is_open = self._is_connected = False

    @override
    async def card_is_present(self, *, deadline_s: float) -> bool:
        self._check()
        return self._card is not None

    @override
    async def connect(self, *, deadline_s: float) -> bytes:
        self._check()
        if self._card is None:
            raise self._refusal(SlotRefusal.CARD_GONE)
        if self.is_held_by_another:
            raise self._refusal(SlotRefusal.CARD_HELD)
        self._card.power(is_on=True)
        if self._card.answer_to_reset() != ANSWER_TO_RESET:
            raise self._refusal(SlotRefusal.CARD_MUTE)
        self._is_connected = True
        return ANSWER_TO_RESET

    @override
    async def transmit(self, command: bytes, *, deadline_s: float) -> bytes:
        self._check()
        takes_s = APDU_S + self.faults.option("slow", "delay_s")
        await self._clock.sleep(min(takes_s, deadline_s))
        self._check()
        card = self._card
        if card is None or not self._is_connected:
            raise self._refusal(SlotRefusal.CARD_GONE)
        is_pulled, sent = card.is_pulled_now(), int(self.faults.option("pulled-mid-read", "after_bytes"))
        answer = card.answer(command)
        if is_pulled:
            self.faults.clear("pulled-mid-read")
            self._card = None
            return (answer or b"")[:sent]  # vpcd hands on what has come as if it were all
        if answer is None or takes_s > deadline_s:
            await self._clock.sleep(deadline_s)
            raise DeadlineError("reader", "no answer", deadline_s=deadline_s)
        return answer

    @override
    async def disconnect(self) -> None:
        self.disconnects += 1
        self._is_connected = False
        if self._card is not None:
            self._card.power(is_on=False)

    @override
    async def identify(self) -> SlotIdentity:
        self._check()
        return SlotIdentity(reader="Memory 00 00", vendor="ZHIZHU", serial="1", version="1.0.0")

    def _check(self) -> None:
        if not self._is_open or not self.is_plugged or "no-service" in self.faults:
            raise UnreachableError("reader", "pcsc:memory is gone")

    def _refusal(self, reason: SlotRefusal) -> RefusedError:
        return RefusedError("reader", f"the card: {reason}", reason=reason)
