"""The driver for an I/O board on a serial line (Modbus RTU): the door switch, and the temperature in the cabinet."""

import asyncio

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.cabinet.boards import MAPS, BoardModel
from drivers.cabinet.modbus_codec import Function, ResponseDecoder, inputs, request, signed_register
from drivers.cabinet.question import LIMIT_S, Questioner
from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import UnreachableError
from drivers.contract.status import Condition, DeviceStatus, Measurement, Symptom
from drivers.transport.wire import Wire

COLDEST_C, HOTTEST_C = -40.0, 125.0
"""What a sensor can honestly tell; beyond, it is broken or not connected."""

QUESTIONS = 2
"""Questions of one status, which share its second."""

_log = structlog.get_logger()


class BoardSettings(BaseModel):
    """Which board, and what is too hot and too cold for this cabinet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: BoardModel = Field(default=BoardModel.GENERIC, description="Which board: its map of registers.")
    unit: int = Field(default=1, ge=1, le=247, description="Address on the line.")
    door_is_open_when: bool = Field(default=True, description="State of the input while the door stands open.")
    has_temperature: bool = Field(default=True, description="Whether a sensor is connected.")
    hot_from_c: float = Field(default=55, ge=30, le=90, description="Temperature in the cabinet.")
    cold_below_c: float = Field(default=-5, ge=-40, le=20, description="Temperature in the cabinet.")


class Board(CabinetPart):
    """One board. Reads, and never switches anything."""

    def __init__(self, *, name: str, wire: Wire, settings: BoardSettings, clock: Clock) -> None:
        """Describe the line; ``open`` takes hold of it."""
        self._name = name
        self._wire = wire
        self._settings = settings
        self._map = MAPS[settings.model]
        self._clock = clock
        self._questioner = Questioner(wire=wire, device=name, clock=clock, limit_s=LIMIT_S / QUESTIONS)
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
                await self._door_is_open()
                is_answering = True
            finally:
                if not is_answering:
                    await self._wire.close()
        if self._is_lost:
            self._is_lost = False
            _log.info("cabinet_board_back", device=self._name, port=self._wire.port)

    @override
    async def close(self) -> None:
        await self._wire.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            is_open = await self._door_is_open()
            celsius = await self._temperature_c() if self._settings.has_temperature else None
        symptoms = self._symptoms(is_open=is_open, celsius=celsius)
        is_sensible = celsius is not None and COLDEST_C <= celsius <= HOTTEST_C
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms else Condition.READY,
            read_at=self._clock.now(),
            symptoms=symptoms,
            measurements=(Measurement(name="temperature", value=celsius, unit="°C"),)
            if celsius is not None and is_sensible
            else (),
            evidence=f"door {'open' if is_open else 'closed'}" + ("" if celsius is None else f", {celsius:.1f} °C"),
        )

    @override
    async def reset(self) -> None:
        """Open the line anew; a board of this kind has nothing to reset."""
        await self.open()

    @override
    async def identify(self) -> Identity:
        """The protocol of these boards has no question for this; the configuration knows the model."""
        return Identity(model=f"{self._settings.model} board, unit {self._settings.unit}", serial="", firmware="")

    async def _door_is_open(self) -> bool:
        data = await self._asked(Function.DISCRETE_INPUTS, count=self._map.inputs)
        return inputs(data, count=self._map.inputs)[self._map.door_input] is self._settings.door_is_open_when

    async def _temperature_c(self) -> float:
        data = await self._asked(Function.INPUT_REGISTERS, count=self._map.registers)
        return signed_register(data, self._map.temperature_register) * self._map.tenths / 10

    async def _asked(self, function: Function, *, count: int) -> bytes:
        unit = self._settings.unit
        question = request(function, unit=unit, start=0, count=count)
        try:
            return await self._questioner.ask(
                question, lambda: ResponseDecoder(function, unit=unit, count=count), what=function.name.lower().replace("_", " ")
            )
        except UnreachableError as error:
            if not self._is_lost:
                self._is_lost = True
                _log.warning("cabinet_board_lost", device=self._name, reason=str(error))
            raise

    def _symptoms(self, *, is_open: bool, celsius: float | None) -> tuple[Symptom, ...]:
        found: list[Symptom] = []
        if is_open:
            found.append(Symptom(code="cabinet.door_open", detail=f"input {self._map.door_input} says open"))
        if celsius is None:
            return tuple(found)
        if not COLDEST_C <= celsius <= HOTTEST_C:
            found.append(Symptom(code="cabinet.sensor_failed", detail=f"the sensor tells {celsius:.1f} °C"))
        elif celsius >= self._settings.hot_from_c:
            found.append(Symptom(code="cabinet.too_hot", detail=f"{celsius:.1f} °C, too hot from {self._settings.hot_from_c:g}"))
        elif celsius < self._settings.cold_below_c:
            found.append(
                Symptom(code="cabinet.too_cold", detail=f"{celsius:.1f} °C, too cold below {self._settings.cold_below_c:g}")
            )
        return tuple(found)
