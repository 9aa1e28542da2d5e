"""Keyed effects: what is handed in under a key, and never again under another before the platform was asked about the first.

An application and a payment are both such. The platform's part: it notes a key before it begins to work on it, and answers a
known key for ever with the same outcome.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

import httpx
import structlog

from kiosk.gateway.exchange import Answered, Exchange, NotSent, Unclear
from kiosk.gateway.models import Reply, Status
from kiosk.gateway.patience import Patience
from kiosk.gateway.platform import NotDone, OutcomeUnknown

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Settled(Generic[T]):
    answer: T


@dataclass(frozen=True, slots=True)
class _Declined:
    """The platform took the request for a wrong one and did nothing."""

    why: str


@dataclass(frozen=True, slots=True)
class _Busy:
    """The platform would not look at it now."""

    why: str
    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class _NeverSeen:
    pass


@dataclass(frozen=True, slots=True)
class _Processing:
    pass


_Trouble = _Declined | _Busy | _NeverSeen | _Processing | NotSent | Unclear


class Keyed(Generic[T]):
    """Effects of one kind, at one place of the platform. Nothing here raises for anything the network does.

    Args:
        exchange: The way to the platform.
        place: Where they are handed in, e.g. ``applications``; asked after at ``applications/KEY``.
        settled: Reads the outcome out of an answer; None when it holds none.
        patience: Made anew for every wait.
    """

    def __init__(
        self, *, exchange: Exchange, place: str, settled: Callable[[Reply], T | None], patience: Callable[[], Patience]
    ) -> None:
        self._exchange = exchange
        self._place = place
        self._settled = settled
        self._patience = patience

    async def bring_about(self, key: str, body: bytes) -> T | NotDone | OutcomeUnknown:
        """Hand it in and wait for its outcome, retries under the same key included."""
        patience = self._patience()
        may_have_arrived = False
        while True:
            reading = (
                await self._ask(key, deadline_s=patience.deadline_s)
                if may_have_arrived
                else await self._hand_in(key, body, deadline_s=patience.deadline_s)
            )
            match reading:
                case _Settled(answer):
                    return answer
                case _Declined(why):
                    return NotDone(why=why)
                case Unclear(why) if not may_have_arrived:
                    may_have_arrived = True
                    log.warning("platform_left_it_open", place=self._place, key=key, why=why)
                    if patience.is_over:
                        return OutcomeUnknown(why=why)
                    continue
                case _NeverSeen():
                    may_have_arrived = False
                    why = "the platform has never seen this key"
                case _Processing():
                    may_have_arrived = True
                    why = "the platform is still working on it"
                case _Busy(why) | NotSent(why) | Unclear(why):
                    pass
                case _:
                    assert_never(reading)
            if not await _goes_on(patience, after=reading):
                log.warning("platform_given_up", place=self._place, key=key, why=why, may_have_arrived=may_have_arrived)
                return OutcomeUnknown(why=why) if may_have_arrived else NotDone(why=why)

    async def find(self, key: str) -> T | NotDone | OutcomeUnknown:
        """Ask what became of it."""
        patience = self._patience()
        while True:
            reading = await self._ask(key, deadline_s=patience.deadline_s)
            match reading:
                case _Settled(answer):
                    return answer
                case _NeverSeen():
                    return NotDone(why="the platform has never seen this key")
                case _Processing():
                    why = "the platform is still working on it"
                case _Declined(why) | _Busy(why) | NotSent(why) | Unclear(why):
                    pass
                case _:
                    assert_never(reading)
            if not await _goes_on(patience, after=reading):
                return OutcomeUnknown(why=why)

    async def _hand_in(self, key: str, body: bytes, *, deadline_s: float) -> _Settled[T] | _Trouble:
        sent = await self._exchange.send("POST", self._place, deadline_s=deadline_s, body=body, idempotency_key=key)
        return self._reading_of(sent)

    async def _ask(self, key: str, *, deadline_s: float) -> _Settled[T] | _Trouble:
        reading = self._reading_of(await self._exchange.send("GET", f"{self._place}/{key}", deadline_s=deadline_s))
        # Being turned away at the door says nothing of what became of it.
        return Unclear(reading.why) if isinstance(reading, _Declined) else reading

    def _reading_of(self, outcome: Answered | NotSent | Unclear) -> _Settled[T] | _Trouble:
        if not isinstance(outcome, Answered):
            return outcome
        reply = Reply(outcome.body)
        settled = self._settled(reply)
        match outcome.code:
            case 200 | 201 if settled is not None:
                return _Settled(settled)
            case 200 | 202 if reply.status == Status.PROCESSING:
                return _Processing()
            case 404 if reply.status == Status.NEVER_SEEN:
                return _NeverSeen()
            case 429:
                return _Busy(why="the platform is busy (429)", retry_after_s=outcome.retry_after_s)
            case 408 | 425:
                return Unclear(why=outcome.description)
            case code if 400 <= code < httpx.codes.INTERNAL_SERVER_ERROR and reply.status is not None:
                return _Declined(why=f"the platform declined: {outcome.description}")
            case _:
                return Unclear(why=outcome.description)


async def _goes_on(patience: Patience, *, after: _Trouble) -> bool:
    if isinstance(after, _Processing):
        return await patience.asks_again()
    return await patience.goes_on(retry_after_s=after.retry_after_s if isinstance(after, _Busy) else None)
