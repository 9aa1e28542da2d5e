"""Find, select, read: from an empty antenna to a whole card, or to the reason why not."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

import structlog

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError
from drivers.contract.id_card_reader import CardRefusal, IdCard
from drivers.id_card_reader.card_fields import CardTextError, newest_address, parse_card
from drivers.id_card_reader.card_text import layout_of
from drivers.id_card_reader.reader_health import ReaderHealth
from drivers.id_card_reader.sam_codec import Ask, Meaning, Reply, split_parts
from drivers.id_card_reader.sam_exchange import SamExchange
from drivers.id_card_reader.sam_settings import SamSettings

LONG_ANSWER_LIMIT_S = 160.0
"""Seconds after which a card's data must have ended: 2323 bytes at 50 ms each. On a healthy line it takes 0.1."""

EXTRA_LIMIT_S = 15.0
"""Seconds after which an address must have ended: 291 bytes at 50 ms each."""

REFUSALS_TO_BELIEVE = 2
"""Times in a row that a reader leaves a question unanswered, or does not know it, before it is spared that question."""

_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class CardReading:
    """Reads cards over one exchange, until the reader is opened anew. Keeps nothing of them."""

    exchange: SamExchange
    settings: SamSettings
    clock: Clock
    health: ReaderHealth
    _refused: dict[Ask, int] = field(default_factory=dict)

    async def find(self, *, deadline_s: float) -> None:
        """Wait until a card is found.

        Raises:
            DeadlineError: Nobody laid one down, or the reader fell silent.
        """
        until_s = self.clock.monotonic_s() + deadline_s
        while True:
            began_s = self.clock.monotonic_s()
            reply = await self.exchange.asked(Ask.FIND)
            if reply.meaning is Meaning.OK:
                return
            if reply.meaning not in (Meaning.NO_CARD, Meaning.FAILED):
                self._refuse_for_good(Ask.FIND, reply)
            now_s = self.clock.monotonic_s()
            if now_s >= until_s:
                raise DeadlineError(self.exchange.device, f"no card was laid down within {deadline_s:g} s", deadline_s=deadline_s)
            next_s = min(began_s + self.settings.poll_interval_s, until_s)
            await self.clock.sleep(max(next_s - now_s, 0.0))

    async def read_found(self) -> IdCard:
        """Select the card that was found and read it, starting over where that can help."""
        step = _Step.SELECT
        for _ in range(1 + self.settings.retries):
            if step is _Step.FIND:
                reply = await self.exchange.asked(Ask.FIND)
                if reply.meaning is Meaning.NO_CARD:
                    raise self._refusal(CardRefusal.PRESENT_AGAIN, "the card was lifted before it was read")
                step = _Step.SELECT
            if step is _Step.SELECT:
                reply = await self.exchange.asked(Ask.SELECT)
                if reply.meaning is not Meaning.OK:
                    self._refuse_for_good(Ask.SELECT, reply)
                    step = _Step.FIND
                    continue
            outcome = await self._read_once()
            if isinstance(outcome, IdCard):
                return await self._with_extras(outcome)
            step = outcome
        self.health.card_failed(now_s=self.clock.monotonic_s())
        raise self._refusal(CardRefusal.PRESENT_AGAIN, f"not read in {1 + self.settings.retries} tries")

    async def _read_once(self) -> "IdCard | _Step":
        """Return the card, or the step from which to try again."""
        with_finger = self.settings.read_fingerprint and not self._is_spared(Ask.READ_WITH_FINGER)
        ask = Ask.READ_WITH_FINGER if with_finger else Ask.READ
        try:
            reply = await self.exchange.once(ask, deadline_s=self.settings.read_deadline_s, at_most_s=LONG_ANSWER_LIMIT_S)
        except ProtocolError:
            return _Step.READ  # damaged on the line: the card is still selected
        except DeadlineError:
            return _Step.FIND
        if reply.meaning is Meaning.LINE_NOISE:
            return _Step.READ
        if reply.meaning is Meaning.MISUSE and with_finger:
            self._spare(ask)  # a reader that has never heard of fingerprints still reads cards
            return _Step.FIND
        if reply.meaning is not Meaning.OK:
            self._refuse_for_good(ask, reply)
            return _Step.FIND
        return self._parsed(reply, parts=3 if with_finger else 2)

    def _parsed(self, reply: Reply, *, parts: int) -> "IdCard | _Step":
        try:
            text, photo, *finger = split_parts(reply.data, parts)
            if layout_of(text) is None:
                raise self._refusal(CardRefusal.WRONG_CARD, f"a card with {len(text)} bytes of text in a layout we do not know")
            return parse_card(text, photo, fingerprint=b"".join(finger))
        except (CardTextError, ValueError) as error:
            _log.warning("card_made_no_sense", device=self.exchange.device, reason=str(error))
            return _Step.FIND

    async def _with_extras(self, card: IdCard) -> IdCard:
        """Add what may stand on the card besides; a reading that is good stays good whatever comes of this."""
        if self.settings.read_newest_address and card.address:
            newest = newest_address(await self._extra(Ask.NEWEST_ADDRESS))
            if newest:
                card = replace(card, address=newest, first_address=card.address)
        if self.settings.read_body_number:
            card = replace(card, body_number=(await self._extra(Ask.BODY_NUMBER)).hex().upper())
        return card

    async def _extra(self, ask: Ask) -> bytes:
        """Ask for something we can do without; empty when it is not there or cannot be had."""
        if self._is_spared(ask):
            return b""
        for _ in range(2):
            try:
                reply = await self.exchange.once(ask, deadline_s=self.settings.extra_deadline_s, at_most_s=EXTRA_LIMIT_S)
            except ProtocolError:
                continue
            except DeadlineError:
                self._spare(ask, for_good=False)
                return b""
            except DriverError:
                return b""  # the reader has just been pulled out: the next status tells
            if reply.meaning is Meaning.MISUSE:
                self._spare(ask, for_good=False)
            elif reply.meaning is not Meaning.LINE_NOISE:
                self._refused.pop(ask, None)
                return reply.data if reply.meaning is Meaning.OK else b""
        return b""

    def _is_spared(self, ask: Ask) -> bool:
        return self._refused.get(ask, 0) >= REFUSALS_TO_BELIEVE

    def _spare(self, ask: Ask, *, for_good: bool = True) -> None:
        self._refused[ask] = REFUSALS_TO_BELIEVE if for_good else self._refused.get(ask, 0) + 1
        if self._is_spared(ask):
            _log.info("id_card_reader_cannot", device=self.exchange.device, question=ask.value)

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
                raise self.exchange.not_understood(ask, reply)
            case Meaning.MISUSE if ask is Ask.FIND:
                raise self.exchange.not_understood(ask, reply)
            case _:
                return

    def _refusal(self, reason: CardRefusal, why: str) -> RefusedError:
        _log.info("card_refused", device=self.exchange.device, reason=reason.value, why=why)
        return RefusedError(self.exchange.device, why, reason=reason)


class _Step(Enum):
    """Where a further try begins."""

    FIND = auto()
    SELECT = auto()
    READ = auto()
