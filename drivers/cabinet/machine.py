"""The driver for the machine in the cabinet: its disk, its clock, its memory and its heat."""

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import override

from drivers.cabinet.machine_health import MachineFacts, MachineLimits, facts_of, measurements_of, symptoms_of
from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.machine import Machine, MachineView

STATUS_LIMIT_S = 0.9
"""Seconds one status reading may take; the contract allows one."""

Answer = TypeVar("Answer")

_log = structlog.get_logger()


class MachineSettings(BaseModel):
    """Which folder matters, and from where on something counts as wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    watched_folder: str = Field(default="/var/lib/zhizhu", pattern=r"^/", max_length=400, description="The state folder.")
    low_mb: float = Field(default=1000, ge=1, le=1_000_000, description="Free space that is little.")
    full_mb: float = Field(default=100, ge=0.1, le=100_000, description="Free space with which nothing irreversible is begun.")
    low_inodes_percent: float = Field(default=5, ge=0, le=50, description="Free inodes that are few.")
    hot_from_c: float = Field(default=90, ge=50, le=120, description="Temperature of the processor.")
    low_memory_percent: float = Field(default=5, ge=1, le=50, description="Memory left.")
    write_every_s: float = Field(default=60, ge=1, le=3600, description="From one attempt to write to the next.")

    @model_validator(mode="after")
    def _full_is_less_than_low(self) -> Self:
        if self.full_mb > self.low_mb:
            message = f"full_mb is {self.full_mb:g} and low_mb {self.low_mb:g}; full_mb must not be the larger"
            raise ValueError(message)
        return self


class MachineWatch(CabinetPart):
    """Looks at the machine, and now and then writes a little to its disk, because a disk that fails says so only then."""

    def __init__(self, *, name: str, machine: Machine, settings: MachineSettings, clock: Clock) -> None:
        """Describe it; ``open`` looks whether it is there."""
        self._name = name
        self._machine = machine
        self._settings = settings
        self._limits = MachineLimits(
            low_mb=settings.low_mb,
            full_mb=settings.full_mb,
            low_inodes_percent=settings.low_inodes_percent,
            hot_from_c=settings.hot_from_c,
            low_memory_percent=settings.low_memory_percent,
        )
        self._clock = clock
        self._conversation = asyncio.Lock()  # guards the machine: one look at a time
        self._write_problem = 0
        self._written_at_s = float("-inf")
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
            self._written_at_s = float("-inf")
        if self._is_lost:
            self._is_lost = False
            _log.info("machine_back", device=self._name, port=self._machine.port)

    @override
    async def close(self) -> None:
        await self._machine.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._conversation.locked():
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=self._clock.now())
        async with self._conversation:
            facts = await self._facts()
        symptoms = symptoms_of(facts, self._limits)
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms else Condition.READY,
            read_at=self._clock.now(),
            symptoms=symptoms,
            measurements=measurements_of(facts),
            evidence=f"{self._settings.watched_folder}: {_words(facts)}",
        )

    @override
    async def reset(self) -> None:
        """Write to the disk anew with the next status; there is nothing else that could begin anew."""
        self._written_at_s = float("-inf")

    @override
    async def identify(self) -> Identity:
        async with self._conversation:
            return await self._look(_identity)

    async def _facts(self) -> MachineFacts:
        folder = self._settings.watched_folder
        now_s = self._clock.monotonic_s()
        # A disk that has failed is tried each time, so that its recovery is seen at once.
        is_due = bool(self._write_problem) or now_s - self._written_at_s >= self._settings.write_every_s

        def looked(view: MachineView) -> MachineFacts:
            problem = view.write_problem(folder) if is_due else self._write_problem
            return facts_of(view, folder=folder, write_problem=problem)

        facts = await self._look(looked)
        if is_due:
            self._written_at_s = now_s
            self._write_problem = facts.write_problem
        return facts

    async def _look(self, fn: Callable[[MachineView], Answer]) -> Answer:
        try:
            return await self._machine.look(fn, deadline_s=STATUS_LIMIT_S)
        except UnreachableError as error:
            if not self._is_lost:
                self._is_lost = True
                _log.warning("machine_lost", device=self._name, reason=str(error))
            raise


def _identity(view: MachineView) -> Identity:
    board = view.text("/proc/device-tree/model") or " ".join(
        view.text(f"/sys/class/dmi/id/{name}").strip() for name in ("sys_vendor", "product_name")
    )
    return Identity(
        model=board.strip("\0 \n"),
        # Not /etc/machine-id, which is to be kept confidential: machine-id(5).
        serial=(view.text("/proc/device-tree/serial-number") or view.text("/sys/class/dmi/id/product_serial")).strip("\0 \n"),
        firmware=view.text("/proc/sys/kernel/osrelease").strip(),
    )


def _words(facts: MachineFacts) -> str:
    disk = "unknown" if facts.disk is None else f"{facts.disk.free_bytes / 1_000_000:.0f} MB free"
    return f"{disk}, clock {_CLOCK[facts.clock_is_synchronised]}"


_CLOCK = {True: "synchronised", False: "not synchronised", None: "unknown"}
