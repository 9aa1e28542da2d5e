"""The driver for ID-card readers that speak the SAM serial protocol."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import structlog
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DriverError, RefusedError
from drivers.contract.id_card_reader import IdCard, IdCardReader
from drivers.contract.status import Condition, DeviceStatus, Symptom
from drivers.id_card_reader.card_reading import CardReading
from drivers.id_card_reader.left_card import LeftCard
from drivers.id_card_reader.line_search import LineSearch
from drivers.id_card_reader.photo_decoder import decoder_for
from drivers.id_card_reader.reader_health import ReaderHealth
from drivers.id_card_reader.sam_codec import Ask, Meaning, sam_number
from drivers.id_card_reader.sam_exchange import STATUS_LIMIT_S, SamExchange
from drivers.id_card_reader.sam_settings import SamSettings
from drivers.transport.wire import Wire

__all__ = ["SamReader", "SamSettings"]

RESET_DEADLINE_S = 3.0
"""Seconds a SAM may take over its self-test after a reset. Not stated by the makers; an order above status."""

_log = structlog.get_logger()


class SamReader(IdCardReader):
    """Finds, selects and reads cards. Keeps nothing of a card once it has been handed over."""

    def __init__(self, *, name: str, wire: Wire, settings: SamSettings, clock: Clock) -> None:
        """Describe the reader; ``open`` takes hold of it."""
        self._name = name
        self._wire = wire
        self._settings = settings
        self._clock = clock
        self._health = ReaderHealth(failing_after=settings.failing_after)
        self._exchange = SamExchange(device=name, wire=wire, settings=settings, clock=clock, health=self._health)
        self._search = LineSearch(wire=wire, exchange=self._exchange, settings=settings, clock=clock)
        self._left_card = LeftCard(self._exchange)
        self._reading = self._fresh_reading()
        self._photos = decoder_for(settings, device=name, clock=clock)
        self._conversation = asyncio.Lock()  # guards the line: one question and its answer at a time

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.ID_CARD_READER

    @override
    async def open(self) -> None:
        await self._wire.close()  # ends a call that still waits on the old opening
        async with self._conversation:
            is_ready = False
            try:
                await self._wire.open()
                reply = await self._search.open()
                await self._set_rf_frame_size()
                await self._photos.start()
                is_ready = True
            finally:
                if not is_ready:
                    await self._wire.close()
            self._reading = self._fresh_reading()
            self._left_card.begin_anew()
            self._health.begin_anew()
        if self._exchange.is_lost:
            self._exchange.is_lost = False
            _log.info("id_card_reader_back", device=self._name, port=self._wire.port, answer=reply.words)

    @override
    async def close(self) -> None:
        try:
            await self._wire.close()
        finally:
            await self._photos.stop()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return self._busy()
        async with self._conversation:
            line = self._exchange.line
            if line.is_busy and not await line.settle(at_most_s=STATUS_LIMIT_S / 2) and line.is_busy:
                return self._busy()
            reply = await self._exchange.status_reply()
        match reply.meaning:
            case Meaning.OK:
                symptoms = self._health.symptoms(now_s=self._clock.monotonic_s()) + self._photos.symptoms()
                condition = Condition.DEGRADED if symptoms else Condition.READY
            case Meaning.SAM_FAILED:
                symptoms, condition = (Symptom(code="reader.sam_failed", detail=reply.words),), Condition.FAILED
            case Meaning.SAM_UNAUTHORISED:
                symptoms, condition = (Symptom(code="reader.sam_unauthorised", detail=reply.words),), Condition.FAILED
            case _:
                raise self._exchange.not_understood(Ask.STATUS, reply)
        return DeviceStatus(
            device=self._name,
            condition=condition,
            read_at=self._clock.now(),
            symptoms=symptoms,
            evidence=f"SAM status {reply.words}",
        )

    @override
    async def reset(self) -> None:
        async with self._conversation:
            await self._exchange.asked(Ask.RESET, deadline_s=RESET_DEADLINE_S)
            self._health.begin_anew()
            self._photos.begin_anew()

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            reply = await self._exchange.asked(Ask.SAM_ID)
        if reply.meaning is not Meaning.OK:
            raise RefusedError(self._name, f"'{Ask.SAM_ID}' was answered {reply.words}", reason=reply.meaning.name.lower())
        number = sam_number(reply.data)
        return Identity(model="SAM", serial=number, firmware=number.partition("-")[0])

    @override
    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        if not 0.1 <= deadline_s <= 300:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 0.1 to 300")
        async with self._conversation:
            await self._reading.find(deadline_s=deadline_s)
            found()
            began_s = self._clock.monotonic_s()
            card = await self._reading.read_found()
            self._health.card_was_read()
            self._left_card.was_read()
            if self._left_card.is_to_compare():
                with suppress(DriverError):  # the card has been read: what this adds is for later
                    await self._left_card.compare()
            card = replace(card, picture=await self._photos.decode(card.photo))
        _log.info("card_read", device=self._name, took_s=round(self._clock.monotonic_s() - began_s, 3))
        return card

    @override
    async def has_card(self) -> bool | None:
        if self._conversation.locked():
            return None
        async with self._conversation:
            if self._exchange.line.is_busy:
                return None
            return await self._left_card.look()

    async def _set_rf_frame_size(self) -> None:
        size = self._settings.rf_frame_size
        if size is None:
            return
        reply = await self._exchange.asked(Ask.RF_FRAME_SIZE, data=bytes((size,)))
        if reply.meaning is not Meaning.OK:
            _log.warning("id_card_reader_kept_its_rf_frame_size", device=self._name, answer=reply.words)

    def _busy(self) -> DeviceStatus:
        return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())

    def _fresh_reading(self) -> CardReading:
        return CardReading(exchange=self._exchange, settings=self._settings, clock=self._clock, health=self._health)
