"""Questions to a SAM reader asked until there is a clean answer, with a count kept of how the line does."""

from dataclasses import dataclass, field

import structlog

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.id_card_reader.reader_health import ReaderHealth
from drivers.id_card_reader.sam_codec import Ask, Dialect, Meaning, Reply
from drivers.id_card_reader.sam_line import SamLine
from drivers.id_card_reader.sam_settings import SamSettings
from drivers.transport.wire import Wire

STATUS_LIMIT_S = 0.9
"""Seconds one status reading may take; the contract allows one."""

SHORT_ANSWER_LIMIT_S = 3.0
"""Seconds after which a short answer must have ended: 19 bytes at 50 ms each, and what a try may wait before it."""

SILENCES = 2
"""Unanswered tries after which a reader counts as silent: one question may have been lost on the line."""

_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class SamExchange:
    """Asks one reader. Callers serialise."""

    device: str
    wire: Wire
    settings: SamSettings
    clock: Clock
    health: ReaderHealth
    dialect: Dialect = Dialect.STANDARD
    is_lost: bool = False
    line: SamLine = field(init=False)

    def __post_init__(self) -> None:
        self.begin(self.dialect)

    def begin(self, dialect: Dialect) -> None:
        """Forget what was owed on the line: it was opened, or its speed or the dialect is another."""
        self.dialect = dialect
        self.line = SamLine(wire=self.wire, device=self.device, dialect=dialect, gap_s=self.settings.gap_s, clock=self.clock)

    async def asked(
        self, ask: Ask, *, data: bytes = b"", deadline_s: float | None = None, at_most_tries: int | None = None
    ) -> Reply:
        """Ask until there is a clean answer, within the tries allowed."""
        begins_within_s = self.settings.reply_deadline_s if deadline_s is None else deadline_s
        silences = 0
        tries = 1 + self.settings.retries
        for _ in range(tries if at_most_tries is None else min(tries, at_most_tries)):
            try:
                reply = await self.once(
                    ask, data=data, deadline_s=begins_within_s, at_most_s=begins_within_s + SHORT_ANSWER_LIMIT_S
                )
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
            trouble = ProtocolError(self.device, f"'{ask}' was answered {reply.words}", evidence=b"")
        raise trouble

    async def status_reply(self) -> Reply:
        """Ask for the status as often as a second, and the tries allowed, permit."""
        limit_s = self.clock.monotonic_s() + STATUS_LIMIT_S
        for tries_left in range(self.settings.retries, -1, -1):
            left_s = limit_s - self.clock.monotonic_s()
            try:
                reply = await self.once(Ask.STATUS, deadline_s=left_s, at_most_s=left_s)
            except ProtocolError:
                if not tries_left or limit_s - self.clock.monotonic_s() < 2 * self.settings.gap_s:
                    raise
                continue
            if reply.meaning is not Meaning.LINE_NOISE:
                break
        return reply

    async def once(self, ask: Ask, *, data: bytes = b"", deadline_s: float, at_most_s: float) -> Reply:
        """Ask once, and keep count of what came of it."""
        try:
            reply = await self.line.ask(ask, data=data, deadline_s=deadline_s, at_most_s=at_most_s)
        except ProtocolError:
            self.health.answer_was_damaged()
            raise
        except UnreachableError as error:
            if not self.is_lost:
                self.is_lost = True
                _log.warning("id_card_reader_lost", device=self.device, reason=str(error))
            raise
        if reply.meaning is Meaning.LINE_NOISE:
            self.health.answer_was_damaged()
        else:
            self.health.answer_was_clean()
        return reply

    def not_understood(self, ask: Ask, reply: Reply) -> ProtocolError:
        """The error for an answer that is none to this question."""
        evidence = bytes((reply.sw1, reply.sw2, reply.sw3))
        return ProtocolError(self.device, f"'{ask}' was answered {reply.words}", evidence=evidence)
