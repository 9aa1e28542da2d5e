"""The driver for power supplies on a serial line that speak the Megatec protocol (``Q1``)."""

import asyncio

import structlog
from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from drivers.cabinet.megatec_codec import STATUS, WHO, LineDecoder, StatusDecoder, parse_identity
from drivers.cabinet.question import NoAnswerError, Questioner
from drivers.cabinet.ups_health import UpsLimits, UpsReading, condition_of, measurements_of, symptoms_of
from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import ProtocolError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.wire import Wire

_LIMITS = UpsLimits(low_charge_percent=0, low_runtime_s=0)
"""The protocol tells neither charge nor time left: the supply's own word decides."""

_log = structlog.get_logger()


class MegatecUpsSettings(BaseModel):
    """Nothing to set: the protocol has one dialect, and the port has the speed (2400 baud)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MegatecUps(CabinetPart):
    """One supply on its serial line. Reads, and never switches anything."""

    def __init__(self, *, name: str, wire: Wire, settings: MegatecUpsSettings, clock: Clock) -> None:  # noqa: ARG002
        """Describe the line; ``open`` takes hold of it."""
        self._name = name
        self._wire = wire
        self._clock = clock
        self._questioner = Questioner(wire=wire, device=name, clock=clock)
        self._conversation = asyncio.Lock()  # guards the wire: one question and its answer at a time
        self._is_lost = False

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.CABINET

    @override
    async def open(self) -> None:
        await self._wire.close()
        async with self._conversation:
            is_answering = False
            try:
                await self._wire.open()
                await self._reading()
                is_answering = True
            finally:
                if not is_answering:
                    await self._wire.close()
        if self._is_lost:
            self._is_lost = False
            _log.info("ups_back", device=self._name, port=self._wire.port)

    @override
    async def close(self) -> None:
        await self._wire.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            reading = await self._reading()
        symptoms = symptoms_of(reading, _LIMITS)
        return DeviceStatus(
            device=self._name,
            condition=condition_of(symptoms),
            read_at=self._clock.now(),
            symptoms=symptoms,
            measurements=measurements_of(reading),
            evidence=f"Q1: on {'battery' if reading.is_on_battery else 'mains'}, {reading.battery_v:g} V",
        )

    @override
    async def reset(self) -> None:
        """Open the line anew. The supply itself is left alone: everything hangs on it."""
        await self.open()

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            line = await self._questioner.ask(WHO, lambda: LineDecoder("#"), what="I")
        try:
            who = parse_identity(line)
        except NoAnswerError as error:
            raise ProtocolError(self._name, str(error), evidence=b"") from None
        return Identity(model=f"{who.maker} {who.model}".strip(), serial="", firmware=who.version)

    async def _reading(self) -> UpsReading:
        try:
            return await self._questioner.ask(STATUS, StatusDecoder, what="Q1")
        except UnreachableError as error:
            if not self._is_lost:
                self._is_lost = True
                _log.warning("ups_lost", device=self._name, reason=str(error))
            raise
