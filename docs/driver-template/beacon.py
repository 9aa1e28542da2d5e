"""The driver for the Beacon scan engine."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.code_scanner.beacon_codec import (
    DARK,
    LIGHT_ON,
    WHO,
    WINDOW_DIRTY,
    AnswerError,
    Kind,
    Message,
    MessageDecoder,
    Who,
    who,
)
from drivers.code_scanner.code_codec import UNFINISHED_S, Charset, CodeTextError, Collected, text_of
from drivers.code_scanner.scanner_health import ScannerHealth
from drivers.contract.clock import Clock
from drivers.contract.code_scanner import CodeRefusal, CodeScanner, ScannedCode
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus, Symptom
from drivers.transport.wire import Wire

WRITE_DEADLINE_S = 1.0
"""Seconds for the two bytes of a command: 2 ms at 9600 baud; the rest is for a USB adapter that has fallen asleep."""

ASKINGS = 2
"""Times a question is asked: one may have been lost on the line. Two must fit into the second a status may take."""

LIGHT_AGAIN_S = 3.0
"""Seconds from one "light on" to the next: the engine gives up by itself after five."""

CODE_LIMIT_S = 20.0
"""Seconds by which a code that has begun in time must have ended."""

CHUNK = 1024
"""Bytes taken from the wire at a time."""

_log = structlog.get_logger()

Answer = TypeVar("Answer")


class BeaconSettings(BaseModel):
    """How to talk to one engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reply_deadline_s: float = Field(default=0.4, ge=0.1, le=0.45, description="Until an answer must have come.")
    gap_s: float = Field(default=0.05, ge=0.02, le=0.5, description="Silence after which an old code has ended.")


class BeaconScanner(CodeScanner):
    """Reads one code at a time, when it is asked to. Keeps nothing of a code once it has been handed over."""

    def __init__(self, *, name: str, wire: Wire, settings: BeaconSettings, clock: Clock) -> None:
        """Describe the engine; ``open`` takes hold of it."""
        self._name = name
        self._wire = wire
        self._settings = settings
        self._clock = clock
        self._health = ScannerHealth()
        self._conversation = asyncio.Lock()  # guards the wire: one question, or one wait for a code, at a time
        self._is_lost = False

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.CODE_SCANNER

    @override
    async def open(self) -> None:
        await self._wire.close()  # ends a call that still waits on the old opening
        async with self._conversation:
            is_answering = False
            try:
                await self._wire.open()
                engine = await self._ask()
                await self._dark()  # whoever held it before may have left the light on
                is_answering = True
            finally:
                if not is_answering:
                    await self._wire.close()
            self._health.begin_anew()
        if self._is_lost:
            self._is_lost = False
            _log.info("code_scanner_back", device=self._name, port=self._wire.port, model=engine.model)

    @override
    async def close(self) -> None:
        await self._wire.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            engine = await self._noting_loss(self._ask())
        symptoms = self._health.symptoms()
        if engine.state == WINDOW_DIRTY:
            symptoms += (Symptom(code="scanner.window_dirty", detail=f"the engine says '{engine.state}'"),)
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms else Condition.READY,
            read_at=self._clock.now(),
            symptoms=symptoms,
            evidence=f"answers {engine.model} {engine.firmware}, {engine.state}",
        )

    @override
    async def reset(self) -> None:
        async with self._conversation:
            await self._noting_loss(self._ask())
            await self._dark()
            self._health.begin_anew()

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            engine = await self._noting_loss(self._ask())
        return Identity(model=engine.model, serial=engine.serial, firmware=engine.firmware)

    @override
    async def read_code(self, *, deadline_s: float) -> ScannedCode:
        if not 0.1 <= deadline_s <= 300:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 0.1 to 300")
        async with self._conversation:
            began_s = self._clock.monotonic_s()
            code = await self._noting_loss(self._lit(until_s=began_s + deadline_s))
        _log.info("code_read", device=self._name, took_s=round(self._clock.monotonic_s() - began_s, 3))
        return code

    async def _lit(self, *, until_s: float) -> ScannedCode:
        """Read with the light on, and leave it off, however this ends."""
        await self._forget_the_past(until_s=until_s)
        is_gone = False
        try:
            return self._accepted(await self._next_code(until_s=until_s))
        except UnreachableError:
            is_gone = True
            raise
        finally:
            if not is_gone:
                await self._dark()

    def _accepted(self, code: Message) -> ScannedCode:
        collected = Collected(content=code.content, is_finished=True, is_one=not code.is_too_long)
        try:
            text = text_of(collected, charset=Charset.UTF_8)
        except CodeTextError as error:
            self._health.code_was_damaged()
            _log.info("code_refused", device=self._name, why=str(error))
            raise RefusedError(self._name, f"a code is not acceptable: {error}", reason=CodeRefusal.NOT_ACCEPTABLE) from None
        self._health.code_was_read()
        return ScannedCode(content=text)

    async def _next_code(self, *, until_s: float) -> Message:
        """Keep the light on and wait for a code; one that has begun in time is waited for to its end."""
        began_s = light_due_s = self._clock.monotonic_s()
        decoder = MessageDecoder()
        while True:
            now_s = self._clock.monotonic_s()
            if decoder.held and now_s > until_s + CODE_LIMIT_S:
                raise ProtocolError(self._name, f"a code did not end within {CODE_LIMIT_S:g} s", evidence=b"")
            if not decoder.held and now_s >= until_s:
                self._health.nothing_was_read()
                raise DeadlineError(self._name, "nobody showed a code in time", deadline_s=until_s - began_s)
            if not decoder.held and now_s >= light_due_s:
                await self._wire.write(LIGHT_ON, deadline_s=WRITE_DEADLINE_S)
                light_due_s = now_s + LIGHT_AGAIN_S
            had_begun = decoder.held > 0
            chunk = await self._read_until(now_s + UNFINISHED_S if had_begun else min(until_s, light_due_s))
            for message in decoder.feed(chunk) if chunk else decoder.quiet():
                if message.kind is Kind.CODE:
                    return message
            if had_begun and not chunk:
                self._health.code_was_damaged()
                light_due_s = now_s  # the engine took it for read and went dark

    async def _ask(self) -> Who:
        """Ask who is there, as often as allowed."""
        has_come = False
        for _ in range(ASKINGS):
            await self._wire.discard_input()
            await self._wire.write(WHO, deadline_s=WRITE_DEADLINE_S)
            by_s = self._clock.monotonic_s() + self._settings.reply_deadline_s
            decoder = MessageDecoder()
            while chunk := await self._read_until(by_s):
                has_come = True
                for message in decoder.feed(chunk):
                    if message.kind is Kind.ANSWER and (engine := _understood(message)) is not None:
                        return engine
        if has_come:
            raise ProtocolError(self._name, "no answer in what came", evidence=b"")  # it may hold a piece of a code
        raise DeadlineError(
            self._name,
            f"no answer within {self._settings.reply_deadline_s:g} s, asked {ASKINGS} times",
            deadline_s=self._settings.reply_deadline_s,
        )

    async def _forget_the_past(self, *, until_s: float) -> None:
        """Discard what has come, and what is still on its way of it: half an old code must not pass for a new one."""
        await self._wire.discard_input()
        while self._clock.monotonic_s() < until_s:
            if not await self._read_until(self._clock.monotonic_s() + self._settings.gap_s):
                return
        raise ProtocolError(self._name, "the line never fell silent", evidence=b"")

    async def _dark(self) -> None:
        """Switch the light off. The code counts, not the light: what goes wrong here is seen by the next question."""
        try:
            await self._wire.write(DARK, deadline_s=WRITE_DEADLINE_S)
        except DriverError as error:
            _log.debug("code_scanner_light_not_off", device=self._name, reason=str(error))

    async def _read_until(self, until_s: float) -> bytes:
        """Return what comes, or nothing when nothing came in time."""
        left_s = until_s - self._clock.monotonic_s()
        if left_s <= 0:
            return b""
        try:
            return await self._wire.read(at_most=CHUNK, deadline_s=left_s)
        except DeadlineError:
            return b""

    async def _noting_loss(self, call: Awaitable[Answer]) -> Answer:
        """Await a call, and log once when the engine goes away."""
        try:
            return await call
        except UnreachableError as error:
            if not self._is_lost:
                self._is_lost = True
                _log.warning("code_scanner_lost", device=self._name, reason=str(error))
            raise


def _understood(message: Message) -> Who | None:
    try:
        return who(message.content)
    except AnswerError:
        return None
