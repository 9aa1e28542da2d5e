"""The driver for scan engines on a serial line, whatever their make."""

import asyncio

import structlog
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import override

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.code_codec import Charset, CodeTextError, text_of
from drivers.code_scanner.models import MODELS, Ending
from drivers.code_scanner.scan_line import ScanLine
from drivers.code_scanner.scanner_health import ScannerHealth
from drivers.contract.clock import Clock
from drivers.contract.code_scanner import CodeRefusal, CodeScanner, ScannedCode
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.wire import Wire

STATUS_LIMIT_S = 0.9
"""Seconds one status reading may take; the contract allows one."""

OPEN_LIMIT_S = 2.0
"""Seconds the questions at opening may take; they take 0.1 on a healthy line."""

_log = structlog.get_logger()


class SerialEngineSettings(BaseModel):
    """How to talk to one scan engine. What is not set is as the model's makers deliver it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(default="gm65", description="A word of models.py.")
    ending: Ending | None = Field(default=None, description="What ends a code; None takes the model's.")
    charset: Charset = Field(default=Charset.AUTO, description="How the engine writes what it read.")
    reply_deadline_s: float = Field(default=0.4, ge=0.1, le=2, description="Until an answer must have come.")
    gap_s: float = Field(default=0.05, ge=0.02, le=0.5, description="Silence between bytes that ends a code.")
    does_save: bool = Field(default=False, description="Have the engine keep what was set in it; its memory wears.")

    @field_validator("model")
    @classmethod
    def _is_known(cls, model: str) -> str:
        if model not in MODELS:
            raise ValueError(f"there is no model {model!r}; there are: {', '.join(MODELS)}")
        return model


class SerialEngine(CodeScanner):
    """Reads one code at a time, when it is asked to. Keeps nothing of a code once it has been handed over."""

    def __init__(self, *, name: str, wire: Wire, settings: SerialEngineSettings, clock: Clock) -> None:
        """Describe the engine; ``open`` takes hold of it."""
        self._name = name
        self._wire = wire
        self._settings = settings
        self._clock = clock
        self._model = MODELS[settings.model]
        self._health = ScannerHealth()
        self._line = self._fresh_line()
        self._may_set = True
        self._conversation = asyncio.Lock()  # guards the line: one question, or one wait for a code, at a time
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
                self._line = self._fresh_line()
                self._may_set = True
                evidence = await self._begin_anew()
                is_answering = True
            finally:
                if not is_answering:
                    await self._wire.close()
        if self._is_lost:
            self._is_lost = False
            _log.info("code_scanner_back", device=self._name, port=self._wire.port, answer=evidence)

    @override
    async def close(self) -> None:
        await self._wire.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            until_s = self._clock.monotonic_s() + STATUS_LIMIT_S
            evidence = await self._found(at_most_s=STATUS_LIMIT_S)
            await self._set_registers(until_s=until_s)  # an engine that lost its power for a moment has forgotten them
        symptoms = self._health.symptoms()
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms else Condition.READY,
            read_at=self._clock.now(),
            symptoms=symptoms,
            evidence=evidence,
        )

    @override
    async def reset(self) -> None:
        async with self._conversation:
            self._may_set = True
            await self._begin_anew()

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            await self._found(at_most_s=STATUS_LIMIT_S)
        return Identity(model=self._model.title, serial="", firmware="")

    @override
    async def read_code(self, *, deadline_s: float) -> ScannedCode:
        if not 0.1 <= deadline_s <= 300:
            raise ValueError(f"deadline_s is {deadline_s:g}; allowed is 0.1 to 300")
        async with self._conversation:
            began_s = self._clock.monotonic_s()
            try:
                code = await self._read(until_s=began_s + deadline_s)
            except UnreachableError as error:
                self._note_loss(error)
                raise
        _log.info("code_read", device=self._name, took_s=round(self._clock.monotonic_s() - began_s, 3))
        return code

    async def _read(self, *, until_s: float) -> ScannedCode:
        await self._line.forget_the_past(until_s=until_s)
        is_gone = False
        try:
            collected = await self._line.next_code(until_s=until_s, unfinished=self._health.code_was_damaged)
        except DeadlineError:
            self._health.nothing_was_read()
            raise
        except UnreachableError:
            is_gone = True
            raise
        finally:
            if not is_gone:
                await self._light_off()
        try:
            text = text_of(collected, charset=self._settings.charset)
        except CodeTextError as error:
            self._health.code_was_damaged()
            _log.info("code_refused", device=self._name, why=str(error))
            raise RefusedError(self._name, f"a code is not acceptable: {error}", reason=CodeRefusal.NOT_ACCEPTABLE) from None
        self._health.code_was_read()
        return ScannedCode(content=text)

    async def _light_off(self) -> None:
        """The code counts, not the light: what goes wrong here is seen by the next question."""
        try:
            await self._line.light_off()
        except DriverError as error:
            _log.debug("code_scanner_light_not_off", device=self._name, reason=str(error))

    async def _begin_anew(self) -> str:
        until_s = self._clock.monotonic_s() + OPEN_LIMIT_S
        evidence = await self._found(at_most_s=OPEN_LIMIT_S)
        await self._light_off()  # whoever held it before may have left it on
        if await self._set_registers(until_s=until_s) and self._settings.does_save:
            await self._line.ask(gm65_codec.save(), size=1, until_s=until_s)
        self._health.begin_anew()
        return evidence

    async def _found(self, *, at_most_s: float) -> str:
        try:
            return await self._line.find(at_most_s=at_most_s)
        except UnreachableError as error:
            self._note_loss(error)
            raise

    async def _set_registers(self, *, until_s: float) -> bool:
        """Set what the driver needs set; an engine of the family that lacks a register is used as it is."""
        if not self._may_set:
            return False
        try:
            return await self._line.set_registers(until_s=until_s)
        except (DeadlineError, ProtocolError) as error:
            self._may_set = False
            _log.info("code_scanner_not_set", device=self._name, reason=str(error))
            return False

    def _fresh_line(self) -> ScanLine:
        return ScanLine(
            wire=self._wire,
            device=self._name,
            model=self._model,
            clock=self._clock,
            ending=self._settings.ending or self._model.ending,
            gap_s=self._settings.gap_s,
            reply_deadline_s=self._settings.reply_deadline_s,
        )

    def _note_loss(self, error: UnreachableError) -> None:
        if not self._is_lost:
            self._is_lost = True
            _log.warning("code_scanner_lost", device=self._name, reason=str(error))
