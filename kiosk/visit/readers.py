"""Readers: waiting for a card or a code, and looking whether a card was left; every end of it becomes an event."""

import asyncio
from collections.abc import Callable

import structlog

from drivers.contract.clock import Clock
from drivers.contract.code_scanner import CodeRefusal
from drivers.contract.errors import DeadlineError, DriverError, RefusedError
from drivers.contract.id_card_reader import CardRefusal
from drivers.contract.smartcard_reader import SocialSecurityRefusal
from kiosk.gateway.platform import KnownBy, NotDone, Person, Recognised, Refused
from kiosk.visit.deadlines import GUARD_S
from kiosk.visit.devices import Devices
from kiosk.visit.event import (
    CardFound,
    CardRead,
    CardRefused,
    CardsSeen,
    CodeShown,
    Event,
    NobodyRecognised,
    NoCardCame,
    ReaderLost,
)
from kiosk.visit.person import person_of_id_card, person_of_social_security_card
from kiosk.visit.place import Place
from kiosk.visit.ports import CardReading, MatterPlatform, SmartcardReading

CARD_DEADLINE_S = 30.0
"""Seconds one wait for a card takes; the visit asks again until the person or her patience has gone."""

PAUSE_AFTER_REFUSAL_S = 0.5
"""Seconds before a card that was just refused is looked at again: time to lift it, and to read why."""

STILL_LYING_S = 0.15
"""A card found sooner than this after a refusal has not been lifted: one search takes less, the next comes after 0.2."""

LOOKS = 3
"""How often a reader that cannot tell just now is asked whether a card lies on it: it may still be letting go of the last one."""

LOOK_PAUSE_S = 0.2
"""Seconds between two such questions."""

LOOK_S = 1.0
"""Real seconds one such question may take."""

log = structlog.get_logger(__name__)


class _NobodyRecognisedError(Exception):
    """The platform could not be asked whose code it is."""


class Readers:
    """Reads one card or code at a time and tells what came of it. Holds nothing of the person."""

    def __init__(
        self,
        *,
        devices: Devices,
        platform: MatterPlatform,
        clock: Clock,
        place: Place,
        tell: Callable[[Event], None],
        random_hex: Callable[[], str],
    ) -> None:
        self._devices = devices
        self._platform = platform
        self._clock = clock
        self._place = place
        self._tell = tell
        self._random_hex = random_hex
        self._pause_s = 0.0
        self._card_was_refused = False

    async def read(self, job: int, way: KnownBy) -> None:
        """Wait for a card or a phone, and say when one has come."""
        is_after_refusal, self._card_was_refused = self._card_was_refused, False
        await self._pause()
        began_s = self._clock.monotonic_s()

        def found() -> None:  # what the page says of a refused card stays until it is lifted: else it would flicker for ever
            if not is_after_refusal or self._clock.monotonic_s() - began_s >= STILL_LYING_S:
                self._tell(CardFound(job=job))

        try:
            async with asyncio.timeout(GUARD_S):
                person = await self._person(way, found)
        except RefusedError as error:
            self._card_was_refused = True
            self._pause_s = PAUSE_AFTER_REFUSAL_S
            self._tell(CardRefused(job=job, reason=_reason(way, error)))
        except DeadlineError:
            self._pause_s = PAUSE_AFTER_REFUSAL_S
            self._tell(NoCardCame(job=job))
        except _NobodyRecognisedError:
            self._tell(NobodyRecognised(job=job))
        except (DriverError, TimeoutError):
            self._tell(ReaderLost(job=job))
        else:
            today = self._clock.now().astimezone(self._place.zone).date() if self._clock.is_trusted else None
            self._tell(CardRead(job=job, person=person, seed=self._random_hex(), today=today))

    async def read_pay_code(self, job: int) -> None:
        """Wait for the code of a phone's purse."""
        await self._pause()
        try:
            async with asyncio.timeout(GUARD_S):
                code = await self._devices.code_scanner.read_code(deadline_s=CARD_DEADLINE_S)
        except (RefusedError, DeadlineError):
            self._pause_s = PAUSE_AFTER_REFUSAL_S
            self._tell(NoCardCame(job=job))
        except (DriverError, TimeoutError):
            self._tell(ReaderLost(job=job))
        else:
            self._tell(CodeShown(job=job, content=code.content))

    async def look(self, job: int, ways: tuple[KnownBy, ...]) -> None:
        """Say on which of these readers a card lies; a reader that cannot tell is taken to be empty."""
        lying = await asyncio.gather(*(self._has_card(self._holder(way)) for way in ways))
        self._tell(CardsSeen(job=job, ways=tuple(way for way, is_there in zip(ways, lying, strict=True) if is_there)))

    async def _person(self, way: KnownBy, found: Callable[[], None]) -> Person:
        match way:
            case KnownBy.ID_CARD:
                card = await self._devices.id_card_reader.read_card(deadline_s=CARD_DEADLINE_S, found=found)
                return person_of_id_card(card)
            case KnownBy.SOCIAL_SECURITY_CARD:
                chip = await self._devices.smartcard_reader.read_card(deadline_s=CARD_DEADLINE_S, found=found)
                return person_of_social_security_card(chip)
            case KnownBy.PHONE_CODE:
                return await self._person_of_phone(found)

    async def _person_of_phone(self, found: Callable[[], None]) -> Person:
        code = await self._devices.code_scanner.read_code(deadline_s=CARD_DEADLINE_S)
        found()
        match await self._platform.recognise_phone(code.content):
            case Recognised(person=person):
                return person
            case Refused():
                raise RefusedError("code-scanner", "the platform does not know this code", reason=CodeRefusal.NOT_ACCEPTABLE)
            case NotDone():
                raise _NobodyRecognisedError

    async def _has_card(self, reader: CardReading | SmartcardReading) -> bool:
        for is_last in (*[False] * (LOOKS - 1), True):
            try:
                async with asyncio.timeout(LOOK_S):
                    is_there = await reader.has_card()
            except (DriverError, TimeoutError) as error:
                log.info("visit.look_failed", why=str(error))
                return False
            if is_there is not None or is_last:
                return bool(is_there)
            await self._clock.sleep(LOOK_PAUSE_S)
        return False

    def _holder(self, way: KnownBy) -> CardReading | SmartcardReading:
        return self._devices.smartcard_reader if way is KnownBy.SOCIAL_SECURITY_CARD else self._devices.id_card_reader

    async def _pause(self) -> None:
        if self._pause_s:
            await self._clock.sleep(self._pause_s)
            self._pause_s = 0.0


def _reason(way: KnownBy, error: RefusedError) -> CardRefusal | SocialSecurityRefusal | CodeRefusal:
    match way:
        case KnownBy.ID_CARD:
            return CardRefusal(error.reason)
        case KnownBy.SOCIAL_SECURITY_CARD:
            return SocialSecurityRefusal(error.reason)
        case KnownBy.PHONE_CODE:
            return CodeRefusal(error.reason)
