"""The driver for the social-security card in a reader of PC/SC. It knows no PIN and sends none."""

import asyncio
from collections.abc import Callable

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.smartcard_reader import SmartcardReader, SocialSecurityCard, SocialSecurityRefusal
from drivers.contract.status import Condition, DeviceStatus, Symptom
from drivers.smartcard_reader.card_reading import CardReading, NotReadError
from drivers.transport.card_slot import CardSlot, SlotRefusal

STATUS_LIMIT_S = 0.9
"""Seconds one status reading may take; the contract allows one."""

POWER_DEADLINE_S = 5.0
"""Seconds until a card has answered to power: ISO 7816-3 gives an answer to reset 19,200 initial etu, which is 2 s; two tries."""

FAILURE_MEMORY_S = 600.0
"""Seconds after which cards that failed say nothing about the contacts any more: they may have been one person's."""

_log = structlog.get_logger()


class SocialSecuritySettings(BaseModel):
    """How to read. The defaults fit the cards and readers we know of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    poll_interval_s: float = Field(default=0.25, ge=0.1, le=1, description="From one look for a card to the next.")
    answer_deadline_s: float = Field(default=3.0, ge=0.5, le=10, description="Until a card has answered one command.")
    retries: int = Field(default=2, ge=0, le=3, description="Further tries with a card that answered badly.")
    failing_after: int = Field(default=3, ge=2, le=50, description="Unreadable cards in a row that point at the contacts.")


class SocialSecurityReader(SmartcardReader):
    """Waits for a card and reads it whole. Keeps nothing of a card once it has been handed over."""

    def __init__(self, *, name: str, slot: CardSlot, settings: SocialSecuritySettings, clock: Clock) -> None:
        """Describe the reader; ``open`` takes hold of it."""
        self._name = name
        self._slot = slot
        self._settings = settings
        self._clock = clock
        self._conversation = asyncio.Lock()  # guards the card: one reading at a time
        self._failed_cards = 0
        self._last_failure_s = 0.0
        self._is_lost = False

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.SMARTCARD_READER

    @override
    async def open(self) -> None:
        await self._slot.close()  # ends a call that still waits on the old opening
        async with self._conversation:
            await self._slot.open()
            self._failed_cards = 0
        self._is_back()

    @override
    async def close(self) -> None:
        await self._slot.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            is_present = await self._card_is_present()
        symptoms = self._symptoms()
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms else Condition.READY,
            read_at=self._clock.now(),
            symptoms=symptoms,
            evidence=f"PC/SC: {'a card is in' if is_present else 'no card'}",
        )

    @override
    async def reset(self) -> None:
        async with self._conversation:
            await self._slot.open()
            self._failed_cards = 0

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            who = await self._slot.identify()
        vendor = f"{who.vendor}: " if who.vendor and who.vendor not in who.reader else ""
        return Identity(model=f"{vendor}{who.reader}", serial=who.serial, firmware=who.version)

    @override
    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> SocialSecurityCard:
        if not 0.1 <= deadline_s <= 300:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 0.1 to 300")
        async with self._conversation:
            await self._find(deadline_s)
            found()
            began_s = self._clock.monotonic_s()
            card = await self._read_found()
        self._failed_cards = 0
        _log.info("card_read", device=self._name, took_s=round(self._clock.monotonic_s() - began_s, 3))
        return card

    @override
    async def has_card(self) -> bool:
        return await self._card_is_present()

    async def _find(self, deadline_s: float) -> None:
        until_s = self._clock.monotonic_s() + deadline_s
        while not await self._card_is_present():
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                raise DeadlineError(self._name, f"no card was put in within {deadline_s:g} s", deadline_s=deadline_s)
            await self._clock.sleep(min(self._settings.poll_interval_s, left_s))

    async def _read_found(self) -> SocialSecurityCard:
        """Read the card that is in, starting over where that can help."""
        for tries_left in range(self._settings.retries, -1, -1):
            is_last = not tries_left
            try:
                return await self._read_once()
            except NotReadError as error:
                if is_last or not error.may_pass or not await self._card_is_present():
                    raise self._refusal(error.reason, str(error)) from None
            except ProtocolError:
                # A card that is pulled leaves half an answer behind: it has to be gone for sure before it counts as that.
                if not await self._is_still_in():
                    raise self._refusal(SocialSecurityRefusal.PRESENT_AGAIN, "pulled while it was read") from None
                if is_last:
                    self._card_failed()
                    raise
            except RefusedError as error:
                match error.reason:
                    case SlotRefusal.CARD_HELD:
                        raise UnreachableError(self._name, "another program talks with the card") from error
                    case SlotRefusal.CARD_MUTE if not is_last and await self._card_is_present():
                        continue
                    case SlotRefusal.CARD_MUTE:
                        raise self._refusal(SocialSecurityRefusal.PRESENT_AGAIN, "its contacts give no sensible answer") from None
                    case _:
                        raise self._refusal(SocialSecurityRefusal.PRESENT_AGAIN, "pulled while it was read") from None
        raise AssertionError("unreachable: the last try returns or raises")

    async def _read_once(self) -> SocialSecurityCard:
        try:
            await self._slot.connect(deadline_s=POWER_DEADLINE_S)
            reading = CardReading(slot=self._slot, device=self._name, answer_deadline_s=self._settings.answer_deadline_s)
            return await reading.read()
        except UnreachableError as error:
            self._lost(error)
            raise
        finally:
            await self._slot.disconnect()

    async def _is_still_in(self) -> bool:
        """Whether the card is in, asked for as long as the service may need to notice that it is not."""
        until_s = self._clock.monotonic_s() + STATUS_LIMIT_S
        while await self._card_is_present():
            if self._clock.monotonic_s() >= until_s:
                return True
            await self._clock.sleep(self._settings.poll_interval_s)
        return False

    async def _card_is_present(self) -> bool:
        try:
            is_present = await self._slot.card_is_present(deadline_s=STATUS_LIMIT_S)
        except UnreachableError as error:
            self._lost(error)
            raise
        self._is_back()
        return is_present

    def _lost(self, error: UnreachableError) -> None:
        if not self._is_lost:
            self._is_lost = True
            _log.warning("smartcard_reader_lost", device=self._name, reason=str(error))

    def _is_back(self) -> None:
        if self._is_lost:
            self._is_lost = False
            _log.info("smartcard_reader_back", device=self._name, port=self._slot.port)

    def _symptoms(self) -> tuple[Symptom, ...]:
        if self._clock.monotonic_s() - self._last_failure_s > FAILURE_MEMORY_S:
            self._failed_cards = 0
        if self._failed_cards < self._settings.failing_after:
            return ()
        return (Symptom(code="smartcard.contacts_failing", detail=f"{self._failed_cards} cards in a row could not be read"),)

    def _card_failed(self) -> None:
        self._failed_cards += 1
        self._last_failure_s = self._clock.monotonic_s()

    def _refusal(self, reason: SocialSecurityRefusal, why: str) -> RefusedError:
        if reason is SocialSecurityRefusal.PRESENT_AGAIN:
            self._card_failed()
        _log.info("card_refused", device=self._name, reason=reason.value, why=why)
        return RefusedError(self._name, why, reason=reason)
