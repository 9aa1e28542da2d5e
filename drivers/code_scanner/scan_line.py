"""The conversation with one scan engine: questions and answers, the light, and the next code, over a wire that may lie."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.code_codec import CodeCollector, Collected, ScanStream
from drivers.code_scanner.models import Ending, Language, ScannerModel
from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.transport.wire import Wire

WRITE_DEADLINE_S = 1.0
"""Seconds for the nine bytes of a command: 10 ms at 9600 baud; the rest is for a USB adapter that has fallen asleep."""

CHUNK = 1024
"""Bytes taken from the wire at a time."""

SILENCES = 2
"""Unanswered commands in a row after which an engine counts as silent: one may have been lost on the line."""

LOOK_S = 0.02
"""Seconds to listen at an engine that cannot be asked, for the wire to say whether it is still there."""

CODE_LIMIT_S = 20.0
"""Seconds after which a code must have ended: 300 characters at 50 ms each, and some."""

SETUP = ((b"$$$$", b"@@@@"), (b"%%%%", b"^^^^"))
"""Into the setup of a Newland engine, and out of it: command and answer."""


@dataclass(slots=True, kw_only=True)
class ScanLine:
    """Speaks for the driver, one thing at a time. Raises UnreachableError, DeadlineError and ProtocolError.

    Attributes:
        device: The device's name, for messages.
        ending: What ends a code.
        gap_s: Silence between two bytes that ends a code.
        reply_deadline_s: Until an answer must have come.
        owed: Answers to commands that nobody waited for.
        owed_until_s: Until when they may still come.
    """

    wire: Wire
    device: str
    model: ScannerModel
    clock: Clock
    ending: Ending
    gap_s: float
    reply_deadline_s: float
    owed: int = 0
    owed_until_s: float = 0.0

    async def find(self, *, at_most_s: float) -> str:
        """Make sure that the engine is there, as far as it can be asked, and say how that is known.

        Raises:
            DeadlineError: It can be asked and does not answer.
            ProtocolError: Something answers, and not as this engine would.
        """
        until_s = self.clock.monotonic_s() + at_most_s
        match self.model.language:
            case Language.GM65:
                data = await self.ask(gm65_codec.read(gm65_codec.BAUD, 2), size=2, until_s=until_s)
                return f"baud register {data.hex(' ').upper()} ({gm65_codec.baud_of(data)})"
            case Language.NEWLAND:
                for command, answer in SETUP:
                    await self._dialogue(command, answer, until_s=until_s)
                return "setup entered and left"
            case Language.NONE:
                await self.wire.discard_input()
                await self._read_until(self.clock.monotonic_s() + LOOK_S)
                return "cannot be asked; the port is open"

    async def set_registers(self, *, until_s: float) -> bool:
        """Set what the driver needs set; returns whether anything had to be changed."""
        has_changed = False
        for register in self.model.registers:
            [now] = await self.ask(gm65_codec.read(register.address, 1), size=1, until_s=until_s)
            if now & register.mask != register.value:
                wanted = bytes((now & ~register.mask & 0xFF | register.value,))
                await self.ask(gm65_codec.write(register.address, wanted), size=1, until_s=until_s)
                has_changed = True
        return has_changed

    async def ask(self, command: bytes, *, size: int, until_s: float) -> bytes:
        """Send a command and return the ``size`` bytes of its answer; asks once more where that can help."""
        for _ in range(SILENCES):
            await self._settle()
            await self.wire.discard_input()
            stream = self._stream()
            await self._send(command, answers=1)
            by_s = min(self.owed_until_s, until_s)
            has_come = False
            while chunk := await self._read_until(by_s):
                has_come = True
                stream.feed(chunk)
                for data in stream.answers:
                    self.owed = 0
                    if len(data) == size:
                        return data
                stream.answers.clear()
            if self.clock.monotonic_s() >= until_s:
                break
        if has_come:
            raise ProtocolError(
                self.device, f"no answer of {size} bytes in what came, {stream.broken} damaged answers", evidence=b""
            )
        raise self._silent()

    async def light_off(self) -> None:
        """End reading; its answer is not waited for."""
        if self.model.light_off:
            await self._send(self.model.light_off, answers=1 if self.model.language is Language.GM65 else 0)

    async def forget_the_past(self, *, until_s: float) -> None:
        """Discard what has come, and what is still on its way of it: half an old code must not pass for a new one.

        Raises:
            ProtocolError: The line never fell silent.
        """
        await self.wire.discard_input()
        while self.clock.monotonic_s() < until_s:
            if not await self._read_until(self.clock.monotonic_s() + self.gap_s):
                return
        raise ProtocolError(self.device, "the line never fell silent", evidence=b"")

    async def next_code(self, *, until_s: float, unfinished: Callable[[], None]) -> Collected:
        """Keep the light on and wait for a code.

        A code that has begun in time is waited for to its end. One that is too long already is handed over at once.

        Args:
            until_s: Until when a code must have begun.
            unfinished: Called for each code that stopped in its midst.

        Raises:
            DeadlineError: Nobody showed a code, or the engine does not answer to its commands.
            ProtocolError: It answers with nonsense, or a code does not end.
        """
        began_s = code_began_s = self.clock.monotonic_s()
        stream, light = self._stream(), self._light()
        while True:
            now_s = self.clock.monotonic_s()
            if stream.answers:
                stream.answers.clear()
                light.answered()
            if stream.silence_s is None:
                if now_s >= until_s:
                    raise DeadlineError(self.device, "nobody showed a code in time", deadline_s=until_s - began_s)
                if now_s >= light.due_s:
                    await self._light_on(light, stream)
                code_began_s = now_s
            elif now_s - code_began_s > CODE_LIMIT_S:
                raise ProtocolError(self.device, f"a code did not end within {CODE_LIMIT_S:g} s", evidence=b"")
            silence_s = stream.silence_s
            chunk = await self._read_until(min(until_s, light.due_s) if silence_s is None else now_s + silence_s)
            stream.feed(chunk)
            if not stream.collector.is_too_much and (chunk or silence_s is None):
                continue
            collected = stream.quiet()
            if collected is not None and (collected.is_finished or not collected.is_one):
                return collected
            if collected is not None:
                unfinished()
                light.due_s = now_s  # the engine took it for read and went dark

    async def _dialogue(self, command: bytes, answer: bytes, *, until_s: float) -> None:
        came = bytearray()
        for _ in range(SILENCES):
            await self.wire.discard_input()
            await self._send(command, answers=0)
            by_s = min(self.clock.monotonic_s() + self.reply_deadline_s, until_s)
            while chunk := await self._read_until(by_s):
                came += bytes(byte for byte in chunk if byte not in self.model.chatter)
                if answer in came:
                    return
                del came[: -len(answer)]
        if came:
            raise ProtocolError(self.device, f"no {answer.decode()} in what came", evidence=b"")
        raise self._silent()

    async def _settle(self) -> None:
        """Let answers that nobody waited for come, so that none is taken for the next one."""
        stream = self._stream()
        while self.owed > 0 and (chunk := await self._read_until(self.owed_until_s)):
            stream.feed(chunk)
            self.owed -= len(stream.answers)
            stream.answers.clear()
        self.owed = 0

    async def _send(self, command: bytes, *, answers: int) -> None:
        self.owed += answers
        self.owed_until_s = self.clock.monotonic_s() + self.reply_deadline_s
        await self.wire.write(command, deadline_s=WRITE_DEADLINE_S)

    async def _read_until(self, until_s: float) -> bytes:
        """Return what comes, or nothing when nothing came in time."""
        left_s = until_s - self.clock.monotonic_s()
        if left_s <= 0:
            return b""
        try:
            return await self.wire.read(at_most=CHUNK, deadline_s=left_s)
        except DeadlineError:
            return b""

    def _stream(self) -> ScanStream:
        collector = CodeCollector(ending=self.ending, gap_s=self.gap_s, chatter=self.model.chatter)
        return ScanStream(collector=collector, has_answers=self.model.language is Language.GM65)

    def _light(self) -> "_Light":
        has_answers = self.model.language is Language.GM65
        return _Light(
            again_s=self.model.light_on_again_s,
            answer_s=self.reply_deadline_s if has_answers else None,
            due_s=self.clock.monotonic_s() if self.model.light_on else float("inf"),
        )

    async def _light_on(self, light: "_Light", stream: ScanStream) -> None:
        if light.unanswered >= SILENCES:
            if stream.broken:
                raise ProtocolError(self.device, f"{stream.broken} damaged answers and no other", evidence=b"")
            raise self._silent()
        await self._send(self.model.light_on, answers=0 if light.answer_s is None else 1)
        light.switched_on(now_s=self.clock.monotonic_s())

    def _silent(self) -> DeadlineError:
        return DeadlineError(
            self.device, f"no answer within {self.reply_deadline_s:g} s, asked {SILENCES} times", deadline_s=self.reply_deadline_s
        )


@dataclass(slots=True, kw_only=True)
class _Light:
    """When the light is to be switched on next, and how often that went unanswered. Knows no bytes and no time of its own.

    Attributes:
        again_s: The engine gives up by itself: from one switching on to the next.
        answer_s: Until an answer must have come; None where there is none.
        due_s: When something is to be done.
        unanswered: Commands in a row that were not answered.
    """

    again_s: float
    answer_s: float | None
    due_s: float
    unanswered: int = 0

    def switched_on(self, *, now_s: float) -> None:
        """The command was sent."""
        self.unanswered += 0 if self.answer_s is None else 1
        self.due_s = now_s + (self.again_s if self.answer_s is None else self.answer_s)

    def answered(self) -> None:
        """An answer came: the engine is alive and at work."""
        if self.unanswered and self.answer_s is not None:
            self.due_s += self.again_s - self.answer_s
        self.unanswered = 0
