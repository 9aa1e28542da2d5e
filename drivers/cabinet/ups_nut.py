"""The driver for power supplies that Network UPS Tools looks after: it asks upsd, on this machine or another."""

import asyncio
from collections.abc import Mapping

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.cabinet.nut_codec import UpsdSaysError, VariablesDecoder, list_variables, reading_of
from drivers.cabinet.question import NoAnswerError, Questioner
from drivers.cabinet.ups_health import UpsLimits, condition_of, measurements_of, symptoms_of
from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import ProtocolError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.wire import Wire

_log = structlog.get_logger()


class NutUpsSettings(BaseModel):
    """Which supply, and from where on its battery counts as nearly empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ups: str = Field(default="ups", pattern=r"^[A-Za-z0-9_.-]{1,40}$", description="Its name in ups.conf.")
    low_charge_percent: float = Field(default=20, ge=1, le=90, description="Battery, while the mains are gone.")
    low_runtime_s: float = Field(default=180, ge=10, le=3600, description="Time left, while the mains are gone.")


class NutUps(CabinetPart):
    """One supply through upsd. Reads, and never switches anything."""

    def __init__(self, *, name: str, wire: Wire, settings: NutUpsSettings, clock: Clock) -> None:
        """Describe the way to upsd; ``open`` connects."""
        self._name = name
        self._wire = wire
        self._settings = settings
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
                await self._variables()
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
            variables = await self._variables()
        try:
            reading = reading_of(variables)
        except NoAnswerError as error:
            raise ProtocolError(self._name, str(error), evidence=b"") from None
        limits = UpsLimits(low_charge_percent=self._settings.low_charge_percent, low_runtime_s=self._settings.low_runtime_s)
        symptoms = symptoms_of(reading, limits)
        return DeviceStatus(
            device=self._name,
            condition=condition_of(symptoms),
            read_at=self._clock.now(),
            symptoms=symptoms,
            measurements=measurements_of(reading),
            evidence=f"ups.status {variables['ups.status'][:60]}",
        )

    @override
    async def reset(self) -> None:
        """Connect anew. The supply itself is left alone: everything hangs on it."""
        await self.open()

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            variables = await self._variables()
        model = " ".join(filter(None, (variables.get("device.mfr", ""), variables.get("device.model", ""))))
        return Identity(model=model, serial=variables.get("device.serial", ""), firmware=variables.get("ups.firmware", ""))

    async def _variables(self) -> Mapping[str, str]:
        ups = self._settings.ups
        try:
            return await self._questioner.ask(list_variables(ups), lambda: VariablesDecoder(ups), what=f"LIST VAR {ups}")
        except UpsdSaysError as error:
            self._lost(f"{error} about {ups!r}")
            raise UnreachableError(self._name, f"{error} about {ups!r}: there is no way to the supply") from None
        except UnreachableError as error:
            self._lost(str(error))
            raise

    def _lost(self, reason: str) -> None:
        if not self._is_lost:
            self._is_lost = True
            _log.warning("ups_lost", device=self._name, reason=reason)
