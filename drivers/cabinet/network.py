"""The driver for the way from the cabinet to the network: cable, route, gateway. It sends nothing itself."""

import asyncio

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.cabinet.network_health import NetworkFacts, facts_of, symptoms_of
from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.machine import Machine

STATUS_LIMIT_S = 0.9
"""Seconds one status reading may take; the contract allows one."""

_log = structlog.get_logger()


class NetworkSettings(BaseModel):
    """Which way out counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interface: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]{0,15}$", description="The one that counts; empty for any.")


class NetworkWatch(CabinetPart):
    """Reads the kernel's tables. Whether the platform answers is the gateway's business; this tells why it may not."""

    def __init__(self, *, name: str, machine: Machine, settings: NetworkSettings, clock: Clock) -> None:
        """Describe it; ``open`` looks whether it is there."""
        self._name = name
        self._machine = machine
        self._settings = settings
        self._clock = clock
        self._conversation = asyncio.Lock()  # guards the machine: one look at a time
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
        async with self._conversation:
            await self._machine.open()
        if self._is_lost:
            self._is_lost = False
            _log.info("network_watch_back", device=self._name, port=self._machine.port)

    @override
    async def close(self) -> None:
        await self._machine.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            facts = await self._facts()
        symptoms = symptoms_of(facts)
        way = f"default via {facts.gateway or 'the line itself'} on {facts.interface}" if facts.interface else "no way out"
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms else Condition.READY,
            read_at=self._clock.now(),
            symptoms=symptoms,
            evidence=way,
        )

    @override
    async def reset(self) -> None:
        """There is nothing here that could begin anew: the next status looks afresh as it is."""

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            facts = await self._facts()
        return Identity(model=f"network by {facts.interface}" if facts.interface else "", serial="", firmware="")

    async def _facts(self) -> NetworkFacts:
        try:
            return await self._machine.look(lambda view: facts_of(view, only=self._settings.interface), deadline_s=STATUS_LIMIT_S)
        except UnreachableError as error:
            if not self._is_lost:
                self._is_lost = True
                _log.warning("network_watch_lost", device=self._name, reason=str(error))
            raise
