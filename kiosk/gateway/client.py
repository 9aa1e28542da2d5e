"""The platform over HTTP: retries that never repeat an effect, and one honest answer whatever the network does."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import httpx
import structlog

from drivers.contract.clock import Clock
from kiosk.gateway.exchange import Answered, Exchange, NotSent, Unclear
from kiosk.gateway.models import Reply, Status, application_body
from kiosk.gateway.platform import Accepted, Answer, Application, NotDone, OutcomeUnknown, Refused
from kiosk.gateway.settings import PlatformSettings

log = structlog.get_logger(__name__)

BACKOFF_FIRST_S = 0.4
"""Upper end of the first pause between attempts; each later one doubles it. A person stands waiting."""
BACKOFF_MOST_S = 5.0
"""No pause is longer, whatever the platform asks for with Retry-After."""
PROCESSING_POLL_S = 0.5
"""How often to ask after an application that the platform is still working on."""
REACHABLE_S = 2.0
"""Promised by the Platform contract."""
RATING_S = 8.0
"""Nobody waits for a rating longer than for a goodbye."""


@dataclass(frozen=True, slots=True)
class _Settled:
    answer: Accepted | Refused


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


_Reading = _Settled | _Declined | _Busy | _NeverSeen | _Processing | NotSent | Unclear


class HttpPlatform:
    """The platform, asked over HTTP with JSON.

    An application goes out under its key, and only again under the same key, and only after the platform was asked what
    became of it. The platform's part: it notes a key before it begins to work on it, and answers a known key for ever with
    the same outcome.
    """

    def __init__(
        self,
        *,
        settings: PlatformSettings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            settings: Where, how to be let in, how long to wait.
            clock: The source of time.
            transport: How requests travel, when not by the real network.
            chance: A number from 0 to 1, to spread the pauses of many kiosks.

        Raises:
            ValueError: The token file cannot be used.
        """
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._exchange = Exchange(settings=settings, clock=clock, transport=transport)

    async def submit(self, application: Application) -> Answer:
        """Hand in an application and wait for its outcome, at most ``overall_s``."""
        body = application_body(application)
        patience = _Patience(self._clock, self._chance, overall_s=self._settings.overall_s, retries=self._settings.retries)
        may_have_arrived = False
        while True:
            reading = (
                await self._ask(application.key, deadline_s=patience.deadline_s)
                if may_have_arrived
                else await self._hand_in(application.key, body, deadline_s=patience.deadline_s)
            )
            match reading:
                case _Settled(answer):
                    return answer
                case _Declined(why):
                    return NotDone(why=why)
                case Unclear(why) if not may_have_arrived:
                    may_have_arrived = True
                    log.warning("platform_left_it_open", key=application.key, why=why)
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
            if not await patience.goes_on(after=reading):
                log.warning("platform_given_up", key=application.key, why=why, may_have_arrived=may_have_arrived)
                return OutcomeUnknown(why=why) if may_have_arrived else NotDone(why=why)

    async def find(self, key: str) -> Answer:
        """Ask what became of an application, at most ``overall_s``."""
        patience = _Patience(self._clock, self._chance, overall_s=self._settings.overall_s, retries=self._settings.retries)
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
            if not await patience.goes_on(after=reading):
                return OutcomeUnknown(why=why)

    async def rate(self, key: str, level: int) -> bool:
        """Hand in a rating of 1 to 5; False when it could not be handed in. The same key counts once."""
        if not 1 <= level <= 5:
            message = f"a rating is 1 to 5, not {level}"
            raise ValueError(message)
        patience = _Patience(self._clock, self._chance, overall_s=RATING_S, retries=self._settings.retries)
        body = b'{"level":%d}' % level
        while True:
            outcome = await self._exchange.send(
                "PUT", f"applications/{key}/rating", deadline_s=patience.deadline_s, body=body, idempotency_key=key
            )
            if isinstance(outcome, Answered):
                if outcome.is_success:
                    return Reply(outcome.body).status == Status.RATED
                if 400 <= outcome.code < 500 and outcome.code != httpx.codes.TOO_MANY_REQUESTS:
                    return False
            if not await patience.goes_on(after=_reading_of(outcome)):
                return False

    async def is_reachable(self) -> bool:
        """Whether the platform answers as a platform, and lets this kiosk in, within two seconds."""
        outcome = await self._exchange.send("GET", "healthz", deadline_s=self._clock.monotonic_s() + REACHABLE_S)
        return isinstance(outcome, Answered) and outcome.is_success and Reply(outcome.body).status == Status.WELL

    async def close(self) -> None:
        """Let go of the network. Twice is fine."""
        await self._exchange.close()

    async def _hand_in(self, key: str, body: bytes, *, deadline_s: float) -> _Reading:
        return _reading_of(
            await self._exchange.send("POST", "applications", deadline_s=deadline_s, body=body, idempotency_key=key)
        )

    async def _ask(self, key: str, *, deadline_s: float) -> _Reading:
        reading = _reading_of(await self._exchange.send("GET", f"applications/{key}", deadline_s=deadline_s))
        # Being turned away at the door says nothing of what became of the application.
        return Unclear(reading.why) if isinstance(reading, _Declined) else reading


class _Patience:
    """How long and how often it is tried again."""

    def __init__(self, clock: Clock, chance: Callable[[], float], *, overall_s: float, retries: int) -> None:
        self._clock = clock
        self._chance = chance
        self._retries_left = retries
        self._backoff_s = BACKOFF_FIRST_S
        self.deadline_s = clock.monotonic_s() + overall_s

    @property
    def is_over(self) -> bool:
        return self._clock.monotonic_s() >= self.deadline_s

    async def goes_on(self, *, after: _Reading) -> bool:
        """Pause before the next attempt; False when there is to be none."""
        if isinstance(after, _Processing):
            pause_s = PROCESSING_POLL_S
        else:
            if self._retries_left == 0:
                return False
            self._retries_left -= 1
            pause_s = self._backoff_s * (0.5 + 0.5 * self._chance())
            self._backoff_s = min(2 * self._backoff_s, BACKOFF_MOST_S)
            if isinstance(after, _Busy) and after.retry_after_s is not None:
                pause_s = min(max(pause_s, after.retry_after_s), BACKOFF_MOST_S)
        if self._clock.monotonic_s() + pause_s >= self.deadline_s:
            return False
        await self._clock.sleep(pause_s)
        return True


def _reading_of(outcome: Answered | NotSent | Unclear) -> _Reading:
    """What one exchange says about an application."""
    if not isinstance(outcome, Answered):
        return outcome
    reply = Reply(outcome.body)
    settled = reply.settled()
    match outcome.code:
        case 200 | 201 if settled:
            return _Settled(settled)
        case 200 | 202 if reply.status == Status.PROCESSING:
            return _Processing()
        case 404 if reply.status == Status.NEVER_SEEN:
            return _NeverSeen()
        case 429:
            return _Busy(why="the platform is busy (429)", retry_after_s=outcome.retry_after_s)
        case 408 | 425:
            return Unclear(why=outcome.description)
        case code if 400 <= code < 500 and reply.status is not None:
            return _Declined(why=f"the platform declined: {outcome.description}")
        case _:
            return Unclear(why=outcome.description)
