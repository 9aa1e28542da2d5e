"""Which line speed and which dialect a reader speaks: as configured, as found before, or found by asking them all."""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.id_card_reader.dialects import HABITS, dialects_of
from drivers.id_card_reader.sam_codec import BAUD_PARAMETERS, Ask, Dialect, Meaning, Reply
from drivers.id_card_reader.sam_exchange import SamExchange
from drivers.id_card_reader.sam_settings import SamSettings
from drivers.transport.wire import SpeedWire, Wire

ROUNDS = 2
"""How often every way is tried: one question may have been lost on the line."""

SEARCH_LIMIT_S = 10.0
"""Seconds after which a search is given up; a Keeper gives an opening 15."""

LOYALTY = 2
"""Openings in a row for which a reader found before is asked only as it was found: one that has just been plugged in is
still waking up, and must be ready within three seconds."""

OPENING_TRIES = 2
"""Damaged answers at an opening that make it fail: it is tried again soon, and until then nobody would hear what is wrong."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to speak to a reader; ``baud`` None where the line's speed is not ours to choose."""

    baud: int | None
    dialect: Dialect


class LineSearch:
    """Opens the conversation with one reader. Remembers, for as long as the kiosk runs, what it found."""

    def __init__(self, *, wire: Wire, exchange: SamExchange, settings: SamSettings, clock: Clock) -> None:
        """Look at what the configuration leaves open."""
        self._wire = wire
        self._exchange = exchange
        self._settings = settings
        self._clock = clock
        self._dialects = dialects_of(settings.dialect)
        self._found: Way | None = None
        self._switched_to: Way | None = None
        self._failures = 0

    async def open(self) -> Reply:
        """Find the reader on a wire that has just been opened, and return its status.

        Raises:
            DeadlineError: Nobody answers.
            ProtocolError: What answers is no reader of ours.
            UnreachableError: The wire is gone.
        """
        ways = tuple(self._ways())
        known = ways[0] if len(ways) == 1 else self._found
        if known is None or (len(ways) > 1 and self._failures >= LOYALTY):
            return await self._searched(ways)
        try:
            reply = await self._again(known)
        except (DeadlineError, ProtocolError):
            self._failures += 1
            raise
        self._failures = 0
        return reply

    def _ways(self) -> Iterator[Way]:
        speeds = self._wire.speeds if isinstance(self._wire, SpeedWire) else ()
        for baud in tuple(speed for speed in BAUD_PARAMETERS if speed in speeds) or (None,):
            for dialect in self._dialects:
                yield Way(baud=baud, dialect=dialect)

    async def _again(self, known: Way) -> Reply:
        """Begin with a reader that speaks as it did, or as it does when it has just been powered on."""
        if self._switched_to is not None:
            await self._take(self._switched_to)
            if (reply := await self._answer_in(self._switched_to.dialect)) is not None:
                return reply
        await self._take(known)
        if (first := HABITS[known.dialect].begins_with) is not None:
            await self._exchange.asked(first)
        reply = await self._exchange.asked(Ask.STATUS, at_most_tries=OPENING_TRIES)
        await self._switch(known)
        return reply

    async def _searched(self, ways: tuple[Way, ...]) -> Reply:
        limit_s = self._clock.monotonic_s() + SEARCH_LIMIT_S
        for way in ways * ROUNDS:
            if self._clock.monotonic_s() >= limit_s:
                break
            await self._take(way)
            if (reply := await self._answer_in(way.dialect)) is None:
                continue
            self._found, self._failures = way, 0
            _log.info("id_card_reader_found", device=self._exchange.device, baud=way.baud, dialect=way.dialect.value)
            await self._switch(way)
            return reply
        tried = ", ".join(f"{way.baud or 'the line as it is'} in {way.dialect}" for way in ways)
        raise DeadlineError(self._exchange.device, f"no reader answered: tried {tried}", deadline_s=SEARCH_LIMIT_S)

    async def _answer_in(self, dialect: Dialect) -> Reply | None:
        """The status of a reader that understands this dialect at the line's present speed; None when there is none."""
        begins_with = HABITS[dialect].begins_with
        try:
            if begins_with is not None and (await self._probed(begins_with)).meaning is Meaning.MISUSE:
                return None
            status = await self._probed(Ask.STATUS)
            # Dialects share the bytes of "SAM status"; only a reader of this one knows its search for cards.
            if len(self._dialects) > 1 and (await self._probed(Ask.FIND)).meaning is Meaning.MISUSE:
                return None
        except (DeadlineError, ProtocolError):
            return None
        return None if status.meaning in (Meaning.MISUSE, Meaning.LINE_NOISE) else status

    async def _probed(self, ask: Ask) -> Reply:
        deadline_s = self._settings.probe_deadline_s
        return await self._exchange.once(ask, deadline_s=deadline_s, at_most_s=2 * deadline_s)

    async def _switch(self, way: Way) -> None:
        """Switch a reader that was found to the speed the configuration asks for; back if it does not follow."""
        self._switched_to = None
        wanted = self._settings.line_baud
        if wanted is None or way.baud is None or wanted == way.baud:
            return
        faster = Way(baud=wanted, dialect=way.dialect)
        try:
            reply = await self._exchange.asked(Ask.BAUD, data=bytes((BAUD_PARAMETERS[wanted],)))
            if reply.meaning is Meaning.OK:
                await self._take(faster)
                await self._exchange.asked(Ask.STATUS)
                self._switched_to = faster
                return
        except (DeadlineError, ProtocolError) as error:
            _log.warning("id_card_reader_kept_its_speed", device=self._exchange.device, baud=way.baud, reason=str(error))
        await self._take(way)

    async def _take(self, way: Way) -> None:
        if way.baud is not None and isinstance(self._wire, SpeedWire):
            await self._wire.set_speed(way.baud)
        self._exchange.begin(way.dialect)
