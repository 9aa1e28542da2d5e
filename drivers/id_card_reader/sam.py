"""The driver for ID-card readers that speak the SAM serial protocol."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.id_card_reader import CardLayout, CardRefusal, IdCard, IdCardReader
from drivers.contract.status import Condition, DeviceStatus, Symptom
from drivers.id_card_reader.card_text import CardTextError, layout_of, parse_resident
from drivers.id_card_reader.reader_health import ReaderHealth
from drivers.id_card_reader.sam_codec import Ask, Dialect, Meaning, Reply, sam_number, split_text_and_photo
from drivers.id_card_reader.sam_line import SamLine
from drivers.transport.wire import Wire

STATUS_LIMIT_S = 0.9
"""Seconds one status reading may take; the contract allows one."""

SHORT_ANSWER_LIMIT_S = 3.0
"""Seconds after which a short answer must have ended: 19 bytes at 50 ms each, and what a try may wait before it."""

LONG_ANSWER_LIMIT_S = 90.0
"""Seconds after which a card's data must have ended: 1295 bytes at 50 ms each. On a healthy line it takes 0.1."""

RESET_DEADLINE_S = 3.0
"""Seconds a SAM may take over its self-test after a reset. Not stated by the makers; an order above status."""

SILENCES = 2
"""Unanswered tries after which a reader counts as silent: one question may have been lost on the line."""

_log = structlog.get_logger()


class SamSettings(BaseModel):
    """How to talk to one reader. The defaults fit the readers whose manuals we have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialect: Dialect = Dialect.STANDARD
    poll_interval_s: float = Field(default=0.25, ge=0.2, le=0.3, description="From one search for a card to the next.")
    reply_deadline_s: float = Field(default=0.9, ge=0.2, le=5, description="Until a short answer must have begun.")
    read_deadline_s: float = Field(default=3.0, ge=0.5, le=10, description="Until a card's data must have begun.")
    gap_s: float = Field(default=0.3, ge=0.1, le=2, description="Silence inside an answer that ends it.")
    retries: int = Field(default=3, ge=0, le=3, description="Further tries after one that failed.")
    failing_after: int = Field(default=3, ge=2, le=50, description="Unreadable cards in a row that point at the antenna.")


class SamReader(IdCardReader):
    """Finds, selects and reads cards. Keeps nothing of a card once it has been handed over."""

    def __init__(self, *, name: str, wire: Wire, settings: SamSettings, clock: Clock) -> None:
        """Describe the reader; ``open`` takes hold of it."""
        self._name = name
        self._wire = wire
        self._settings = settings
        self._clock = clock
        self._health = ReaderHealth(failing_after=settings.failing_after)
        self._line = self._fresh_line()
        self._conversation = asyncio.Lock()  # guards the line: one question and its answer at a time
        self._is_lost = False

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
            is_answering = False
            try:
                await self._wire.open()
                self._line = self._fresh_line()
                reply = await self._asked(Ask.STATUS, deadline_s=self._settings.reply_deadline_s)
                is_answering = True
            finally:
                if not is_answering:
                    await self._wire.close()
            self._health.begin_anew()
        if self._is_lost:
            self._is_lost = False
            _log.info("id_card_reader_back", device=self._name, port=self._wire.port, answer=reply.words)

    @override
    async def close(self) -> None:
        await self._wire.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            if self._line.is_busy and not await self._line.settle(at_most_s=STATUS_LIMIT_S / 2) and self._line.is_busy:
                return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
            reply = await self._status_reply()
        now_s = self._clock.monotonic_s()
        match reply.meaning:
            case Meaning.OK:
                symptoms = self._health.symptoms(now_s=now_s)
                condition = Condition.DEGRADED if symptoms else Condition.READY
            case Meaning.SAM_FAILED:
                symptoms, condition = (Symptom(code="reader.sam_failed", detail=reply.words),), Condition.FAILED
            case Meaning.SAM_UNAUTHORISED:
                symptoms, condition = (Symptom(code="reader.sam_unauthorised", detail=reply.words),), Condition.FAILED
            case _:
                raise self._not_understood(Ask.STATUS, reply)
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
            await self._asked(Ask.RESET, deadline_s=RESET_DEADLINE_S)
            self._health.begin_anew()

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            reply = await self._asked(Ask.SAM_ID, deadline_s=self._settings.reply_deadline_s)
        if reply.meaning is not Meaning.OK:
            raise RefusedError(self._name, f"'{Ask.SAM_ID}' was answered {reply.words}", reason=reply.meaning.name.lower())
        number = sam_number(reply.data)
        return Identity(model="SAM", serial=number, firmware=number.partition("-")[0])

    @override
    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        if not 0.1 <= deadline_s <= 300:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 0.1 to 300")
        async with self._conversation:
            await self._find(deadline_s)
            found()
            began_s = self._clock.monotonic_s()
            card = await self._read_found()
        self._health.card_was_read()
        _log.info("card_read", device=self._name, took_s=round(self._clock.monotonic_s() - began_s, 3))
        return card

    async def _find(self, deadline_s: float) -> None:
        until_s = self._clock.monotonic_s() + deadline_s
        while True:
            began_s = self._clock.monotonic_s()
            reply = await self._asked(Ask.FIND, deadline_s=self._settings.reply_deadline_s)
            if reply.meaning is Meaning.OK:
                return
            if reply.meaning not in (Meaning.NO_CARD, Meaning.FAILED):
                self._refuse_for_good(Ask.FIND, reply)
            now_s = self._clock.monotonic_s()
            if now_s >= until_s:
                raise DeadlineError(self._name, f"no card was laid down within {deadline_s:g} s", deadline_s=deadline_s)
            next_s = min(began_s + self._settings.poll_interval_s, until_s)
            await self._clock.sleep(max(next_s - now_s, 0.0))

    async def _read_found(self) -> IdCard:
        """Select the card that was found and read it, starting over where that can help."""
        step = _Step.SELECT
        for _ in range(1 + self._settings.retries):
            if step is _Step.FIND:
                reply = await self._asked(Ask.FIND, deadline_s=self._settings.reply_deadline_s)
                if reply.meaning is Meaning.NO_CARD:
                    raise self._refusal(CardRefusal.PRESENT_AGAIN, "the card was lifted before it was read")
                step = _Step.SELECT
            if step is _Step.SELECT:
                reply = await self._asked(Ask.SELECT, deadline_s=self._settings.reply_deadline_s)
                if reply.meaning is not Meaning.OK:
                    self._refuse_for_good(Ask.SELECT, reply)
                    step = _Step.FIND
                    continue
            outcome = await self._read_once()
            if isinstance(outcome, IdCard):
                return outcome
            step = outcome
        self._health.card_failed(now_s=self._clock.monotonic_s())
        raise self._refusal(CardRefusal.PRESENT_AGAIN, f"not read in {1 + self._settings.retries} tries")

    async def _read_once(self) -> "IdCard | _Step":
        """Return the card, or the step from which to try again."""
        try:
            reply = await self._once(Ask.READ, deadline_s=self._settings.read_deadline_s, at_most_s=LONG_ANSWER_LIMIT_S)
        except ProtocolError:
            return _Step.READ  # damaged on the line: the card is still selected
        except DeadlineError:
            return _Step.FIND
        if reply.meaning is Meaning.LINE_NOISE:
            return _Step.READ
        if reply.meaning is not Meaning.OK:
            self._refuse_for_good(Ask.READ, reply)
            return _Step.FIND
        try:
            text, photo = split_text_and_photo(reply.data)
            layout = layout_of(text)
            card = parse_resident(text, photo) if layout is CardLayout.RESIDENT else None
        except (CardTextError, ValueError) as error:
            _log.warning("card_made_no_sense", device=self._name, reason=str(error))
            return _Step.FIND
        if card is None:
            raise self._refusal(CardRefusal.WRONG_CARD, f"layout '{layout or 'unknown'}' cannot be read yet")
        return card

    async def _asked(self, ask: Ask, *, deadline_s: float) -> Reply:
        """Ask until there is a clean answer, within the tries allowed."""
        silences = 0
        for _ in range(1 + self._settings.retries):
            try:
                reply = await self._once(ask, deadline_s=deadline_s, at_most_s=deadline_s + SHORT_ANSWER_LIMIT_S)
            except ProtocolError as error:
                trouble: DriverError = error
                continue
            except DeadlineError as error:
                trouble = error
                silences += 1
                if silences == SILENCES:
                    break
                continue
            if reply.meaning is not Meaning.LINE_NOISE:
                return reply
            trouble = ProtocolError(self._name, f"'{ask}' was answered {reply.words}", evidence=b"")
        raise trouble

    async def _status_reply(self) -> Reply:
        """Ask for the status as often as a second, and the tries allowed, permit."""
        limit_s = self._clock.monotonic_s() + STATUS_LIMIT_S
        for tries_left in range(self._settings.retries, -1, -1):
            left_s = limit_s - self._clock.monotonic_s()
            try:
                reply = await self._once(Ask.STATUS, deadline_s=left_s, at_most_s=left_s)
            except ProtocolError:
                if not tries_left or limit_s - self._clock.monotonic_s() < 2 * self._settings.gap_s:
                    raise
                continue
            if reply.meaning is not Meaning.LINE_NOISE:
                break
        return reply

    async def _once(self, ask: Ask, *, deadline_s: float, at_most_s: float) -> Reply:
        """Ask once, and keep count of what came of it."""
        try:
            reply = await self._line.ask(ask, deadline_s=deadline_s, at_most_s=at_most_s)
        except ProtocolError:
            self._health.answer_was_damaged()
            raise
        except UnreachableError as error:
            if not self._is_lost:
                self._is_lost = True
                _log.warning("id_card_reader_lost", device=self._name, reason=str(error))
            raise
        if reply.meaning is Meaning.LINE_NOISE:
            self._health.answer_was_damaged()
        else:
            self._health.answer_was_clean()
        return reply

    def _fresh_line(self) -> SamLine:
        return SamLine(
            wire=self._wire,
            device=self._name,
            dialect=self._settings.dialect,
            gap_s=self._settings.gap_s,
            clock=self._clock,
        )

    def _refuse_for_good(self, ask: Ask, reply: Reply) -> None:
        """Raise when trying again cannot help; return when it can."""
        match reply.meaning:
            case Meaning.NOT_AUTHENTIC:
                raise self._refusal(CardRefusal.NOT_AUTHENTIC, f"'{ask}' was answered {reply.words}")
            case Meaning.WRONG_CARD:
                raise self._refusal(CardRefusal.WRONG_CARD, f"'{ask}' was answered {reply.words}")
            case Meaning.SAM_FAILED | Meaning.SAM_UNAUTHORISED:
                # Not the card's fault: the next status shows it. Ending the call lets that be asked.
                raise self._refusal(CardRefusal.PRESENT_AGAIN, f"'{ask}' was answered {reply.words}")
            case Meaning.NOTHING_THERE | Meaning.UNKNOWN:
                raise self._not_understood(ask, reply)
            case Meaning.MISUSE if ask is Ask.FIND:
                raise self._not_understood(ask, reply)
            case _:
                return

    def _not_understood(self, ask: Ask, reply: Reply) -> ProtocolError:
        evidence = bytes((reply.sw1, reply.sw2, reply.sw3))
        return ProtocolError(self._name, f"'{ask}' was answered {reply.words}", evidence=evidence)

    def _refusal(self, reason: CardRefusal, why: str) -> RefusedError:
        _log.info("card_refused", device=self._name, reason=reason.value, why=why)
        return RefusedError(self._name, why, reason=reason)


class _Step(Enum):
    """Where a further try begins."""

    FIND = auto()
    SELECT = auto()
    READ = auto()
